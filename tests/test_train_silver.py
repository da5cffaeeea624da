"""Learning from bulletins that a model labelled: what is left out, what is masked, what weighs how much."""

import json
from pathlib import Path

import pytest
from train_help import workbench

from workbench.core.corpus import Annotation, Document, Entry, load_corpus, write_corpus
from workbench.core.errors import CorpusError, SchemaError
from workbench.core.schema import load_schema, schema_of_labels
from workbench.core.span import Span
from workbench.core.workspace import packaged
from workbench.train.silver import Silver, read_silver

SCHEMA = schema_of_labels(["LOCATION", "FIGURE"])
CORPUS = load_corpus(packaged("annotations/corpus.jsonl"))
TEXT = "Six people died in a blast in Quetta on Sunday, police said."


def silver_entry(*spans: Span, text: str = TEXT, origin: str = "llm", **fields: object) -> Entry:
    return Entry(Document(f"s-{hash(text)}", text, fields=fields), Annotation(spans, origin=origin))


def read(*entries: Entry, gold: tuple[Entry, ...] = (), floor: float = 0.5) -> Silver:
    return read_silver(entries, gold=gold, schema=SCHEMA, floor=floor)


def test_what_its_maker_was_not_sure_of_is_unknown() -> None:
    note = {"label": "LOCATION", "quote": "blast", "status": "ambiguous", "places": [[19, 26]]}
    low, high = Span(0, 3, "FIGURE", 0.3), Span(30, 36, "LOCATION", 0.9)
    clashing = Span(40, 46, "LOCATION"), Span(43, 46, "LOCATION")
    found = read(silver_entry(low, high, *clashing, assist={"review": [note, {"places": [["x"]]}, 7]}))
    assert found.entries[0].spans == (high,)
    assert found.unknown == (((0, 3), (19, 26), (40, 46), (43, 46)),)
    assert found.masked == {"scored under 0.5": 1, "overlapping": 2}
    assert read(silver_entry(low, high), floor=0.0).unknown == ((),)


def test_a_span_that_was_noted_for_review_is_unknown_as_a_whole() -> None:
    note = {"label": "LOCATION", "quote": "Quetta", "status": "near", "places": [[30, 33]]}
    found = read(silver_entry(Span(30, 36, "LOCATION"), assist={"review": [note]}))
    assert (found.spans, found.unknown, found.masked) == (0, (((30, 33), (30, 36)),), {"noted for review": 1})


def test_bulletins_that_are_gold_or_nearly_so_or_a_persons_are_dropped() -> None:
    gold = Entry(Document("g", TEXT), Annotation())
    long = " ".join(f"word{number}" for number in range(60))
    near_gold = Entry(Document("n", long), Annotation())
    found = read(
        silver_entry(),
        silver_entry(text=long + " more"),
        silver_entry(text="A person's own bulletin.", origin="human"),
        Entry(Document("u", "Nobody labelled this one.")),
        silver_entry(text="New bulletin."),
        silver_entry(text="New bulletin."),
        gold=(gold, near_gold),
    )
    assert [entry.document.text for entry in found.entries] == ["New bulletin."]
    assert found.dropped == {
        "labelled by a person (name them with --train)": 1,
        "without labels": 1,
        "in gold or dev as well": 1,
        "nearly the same as one of gold or dev": 1,
        "there twice": 1,
    }
    with pytest.raises(CorpusError, match=r"no silver bulletin is left .*1 in gold or dev as well"):
        read(silver_entry(), gold=(gold,))
    with pytest.raises(SchemaError, match=r"silver bulletin s-.* the label 'WEAPON'"):
        read(silver_entry(Span(0, 3, "WEAPON")))


def test_rows_weigh_what_they_are_given_and_unknown_tokens_nothing() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed (pip install 'workbench[train]')")
    from workbench.train.loss import token_loss

    logits = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [9.0, -9.0]], [[0.0, 0.0], [3.0, 0.0], [-9.0, 9.0]]])
    labels = torch.tensor([[0, 1, -100], [1, 0, -100]])
    a = [-float(torch.log_softmax(logits[row, token], -1)[labels[row, token]]) for row in (0, 1) for token in (0, 1)]
    plain = float(token_loss(logits, labels))
    assert plain == pytest.approx(sum(a) / 4)
    assert float(token_loss(logits, labels, weights=torch.tensor([1.0, 1.0]))) == pytest.approx(plain)
    lighter = float(token_loss(logits, labels, weights=torch.tensor([1.0, 0.25])))
    assert lighter == pytest.approx((a[0] + a[1] + 0.25 * (a[2] + a[3])) / 4)
    # A batch of light rows alone is light: weights are not divided out again.
    assert float(token_loss(logits, labels, weights=torch.tensor([0.5, 0.5]))) == pytest.approx(plain / 2)
    # In parts, with the tokens of the whole step, it comes to the same sum.
    parts = [token_loss(logits[i : i + 1], labels[i : i + 1], tokens=4) for i in (0, 1)]
    assert float(sum(parts)) == pytest.approx(plain)
    # Hugging Face's Trainer tells two cards in one process the number twice.
    assert float(token_loss(logits, labels, tokens=torch.tensor([[4], [4]]))) == pytest.approx(plain)
    assert float(token_loss(logits, torch.full_like(labels, -100), weights=torch.tensor([1.0, 1.0]))) == 0.0


def test_unknown_stretches_are_masked_token_by_token(small_encoder: Path) -> None:
    from workbench.tag.tagger import Reading, Tagger
    from workbench.train.examples import IGNORED, make_examples
    from workbench.train.network import load_tokenizer

    reading = Reading(100, 20, start_id=2, end_id=3, pad_id=0)
    tagger = Tagger(
        lambda work: iter(()), tokenizer=load_tokenizer(str(small_encoder)), labels=SCHEMA.names, reading=reading
    )
    entry = Entry(Document("a", "ab cd ef"), Annotation((Span(0, 2, "FIGURE"),)))
    b_figure = SCHEMA.tags.index("B-FIGURE")
    for unknown, expected in (
        ((), [b_figure, 0, 0]),
        (((3, 5),), [b_figure, IGNORED, 0]),
        (((4, 8),), [b_figure, IGNORED, IGNORED]),
        (((2, 3),), [b_figure, 0, 0]),
    ):
        [row] = (
            make_examples([entry], schema=SCHEMA, tagger=tagger, reading=tagger.reading, unknown=[unknown])
            .weighted(0.5)
            .rows
        )
        assert row["labels"] == [IGNORED, expected[0], IGNORED, expected[1], IGNORED, expected[2], IGNORED, IGNORED]
        assert row["weight"] == 0.5


def test_a_report_without_silver_is_wrong_usage(tmp_path: Path) -> None:
    done = workbench("train", "--train", "gold.jsonl", "--silver-report", "-o", "m", cwd=tmp_path)
    assert (done.returncode, "needs --silver FILE" in done.stderr) == (2, True)


@pytest.mark.slow
def test_a_run_with_silver_and_a_learning_curve_says_what_each_was_worth(small_encoder: Path, tmp_path: Path) -> None:
    """The mechanics of one command from end to end; the tiny encoder learns next to nothing."""
    from workbench.report.contents import read_curve

    schema = load_schema(packaged("annotations/schema.toml"))
    assert "ACTOR" in schema
    write_corpus(tmp_path / "gold.jsonl", CORPUS[:16])
    labelled = [Entry(e.document, Annotation(e.spans, origin="llm", model_version="m")) for e in CORPUS[14:24]]
    write_corpus(tmp_path / "silver.jsonl", labelled)
    changes = [f"--set={setting}" for setting in ("start=none", "epochs=1", "window=100", "refit_below=0")]
    command = ["train", "--train", "gold.jsonl", "-o", "m", "--encoder", str(small_encoder), *changes]
    command += [
        "--silver",
        "silver.jsonl",
        "--silver-weight",
        "0.4",
        "--silver-report",
        "--curve",
        "--curve-repeats",
        "1",
    ]
    done = workbench(*command, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "with silver bulletins" not in done.stderr
    assert "8 silver bulletins" in done.stderr
    assert "2 bulletins are dropped: 2 in gold or dev as well" in done.stderr
    said = json.loads(done.stdout)
    assert said["dev"]["silver"]["weight"] == 0.4
    assert said["dev"]["silver"]["without"]["micro"]["support"] == said["dev"]["micro"]["support"]
    assert [point["documents"] for point in said["curve"]["points"]] == [
        point.documents for point in read_curve(tmp_path / "m")
    ]
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert "| silver | 8 |" in card
    assert "| label | gold spans | without silver | with silver | difference |" in card
    # More repeats add to the runs that are there, and the model is not trained again.
    again = workbench(*command[:-1], "2", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "epoch 1" not in again.stderr
    assert again.stderr.count("learning curve, run") == len(said["curve"]["points"])
    assert "Learning curve: strict F1 on dev by bulletins learned from" in again.stdout
