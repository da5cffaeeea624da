"""The report: what it says, that nothing of a bulletin can run in it, and what the command refuses."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_help import entries, span_sets

from workbench.cli.app import main
from workbench.core.corpus import Annotation, Document, Entry, write_corpus
from workbench.core.errors import InputError
from workbench.core.schema import Label, Schema
from workbench.core.span import Span
from workbench.report.charts import curve_chart, history_charts
from workbench.report.contents import Point, Report, compare_annotators, read_curve, score
from workbench.report.context import cards, pieces, stretch
from workbench.report.page import render
from workbench.score.evaluation import evaluate_entries
from workbench.score.history import History
from workbench.score.mismatch import mismatches
from workbench.score.pairs import pair_up
from workbench.score.record import record_run

SCHEMA = Schema("small", (Label("KILLED", "figure", "#b30000"), Label("PLACE", "place", "#0072b2")))
TEXT = "Six died in Quetta\n& <b>two</b> in Kabul."
GOLD = (Span(0, 3, "KILLED"), Span(12, 18, "PLACE"), Span(34, 39, "PLACE"))
FOUND = (Span(0, 3, "KILLED", 0.9), Span(9, 18, "PLACE", 0.7), Span(24, 27, "KILLED", 0.4))
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class Elements(HTMLParser):
    """Names and attributes of all elements, and the text outside of style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.inside):
            self.text += f" {data}"


def entry(spans: tuple[Span, ...], *, name: str = "b-1", text: str = TEXT, **said: object) -> Entry:
    return Entry(Document(name, text), Annotation(spans, **said))  # type: ignore[arg-type]


def scored(gold: Entry, predicted: Entry, schema: Schema = SCHEMA, **names: str) -> Report:
    pairs = pair_up([gold], [predicted], schema=schema)
    title = {"gold_name": "gold.jsonl", "predicted_name": "predicted.jsonl"} | names
    return Report(schema, scored=score(pairs, schema, resamples=50, **title))


def test_it_says_what_was_found_and_what_was_not() -> None:
    found = Elements(render(scored(entry(GOLD), entry(FOUND))))
    text = " ".join(found.text.split())
    assert "Strict F1 0.333" in text
    assert "1 bulletins, 3 gold spans, 3 predicted" in text
    assert "Expected calibration error: 0.400" in text  # (0.1 + 0.7 + 0.4) / 3
    assert "3 places" in text
    kinds = [attributes["data-kind"] for tag, attributes in found.tags if tag == "article"]
    assert kinds == ["boundary", "only second", "only first"]
    assert "wrong boundary PLACE" in text
    assert "spurious KILLED" in text
    assert "missed PLACE" in text


def test_it_fetches_nothing() -> None:
    page = render(scored(entry(GOLD), entry(FOUND)))
    found = Elements(page)
    assert not [tag for tag, _ in found.tags if tag in ("link", "img", "iframe", "object", "base")]
    assert not [value for _, attributes in found.tags for name, value in attributes.items() if name == "src"]
    assert all(str(a["href"]).startswith("#") for _, a in found.tags if "href" in a)
    assert "http://" not in page
    assert "https://" not in page
    assert "url(" not in page
    assert "@import" not in page
    policy = next(a["content"] for _, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'")


@pytest.mark.parametrize("where", ["text", "id", "gold", "predicted", "run", "code", "annotator"])
def test_nothing_that_is_given_becomes_markup(where: str, tmp_path: Path) -> None:
    text = f"Six {EVIL} died" if where == "text" else "Six people died today."
    name = EVIL if where == "id" else "b-1"
    end = len(text)
    gold, found = (
        entry((Span(0, 3, "KILLED"),), name=name, text=text),
        entry((Span(0, end, "PLACE"),), name=name, text=text),
    )
    report = scored(
        gold, found, gold_name=EVIL if where == "gold" else "g", predicted_name=EVIL if where == "predicted" else "p"
    )
    history = History(tmp_path / "history.sqlite3")
    for _ in range(2):
        evaluation = evaluate_entries([gold], [found], SCHEMA)
        model = EVIL if where == "run" else "m"
        record_run(
            history,
            evaluation,
            name=model,
            code=EVIL if where == "code" else "1",
            recorded=EVIL if where == "run" else None,
        )
    annotators = {EVIL if where == "annotator" else "anna": [gold], "bert": [found]}
    agreement, spans = compare_annotators(annotators, SCHEMA)
    page = render(Report(SCHEMA, tuple(history.runs()), report.scored, agreement, spans))
    parsed = Elements(page)
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    assert page.count("</script>") == 1
    assert not [tag for tag, _ in parsed.tags if tag == "img"]
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert "alert(1)" in parsed.text + "".join(str(v) for _, a in parsed.tags for v in a.values())


def test_a_label_cannot_carry_markup_at_all() -> None:
    from workbench.core.errors import SchemaError

    for name, color in ((EVIL, "#000000"), ("A", "red;background:url(//x)")):
        with pytest.raises(SchemaError):
            Label(name, "other", color)


def test_the_same_report_gives_the_same_characters() -> None:
    assert render(scored(entry(GOLD), entry(FOUND))) == render(scored(entry(GOLD), entry(FOUND)))


def test_a_lone_surrogate_is_replaced() -> None:
    text = "Six \ud83d died"
    page = render(scored(entry((Span(0, 3, "KILLED"),), text=text), entry((), text=text)))
    assert "Six" in page
    page.encode("utf-8")


@given(span_sets(length=60, most=8), st.data())
def test_the_pieces_give_the_text_back(triples: list[tuple[int, int, str]], data: st.DataObject) -> None:
    text = data.draw(st.text(min_size=60, max_size=60))
    low, high = sorted(data.draw(st.tuples(st.integers(0, 29), st.integers(30, 60))))
    spans = [Span(*triple) for triple in triples]
    focus = spans[0] if spans else None
    cut = pieces(text, low, high, spans, focus)
    inner = cut[low > 0 : len(cut) - (high < len(text))]
    assert "".join(piece.text for piece in inner) == text[low:high]
    met = {span for span in spans if span.start < high and span.end > low}
    assert {span for piece in cut for span in piece.ending} == met
    assert sum(len(piece.ending) for piece in cut) == len(met)
    assert any(piece.focus for piece in cut) == (focus in met)


def test_the_context_is_cut_between_words() -> None:
    text = "word " * 100
    gold = entry((Span(250, 254, "PLACE"),), text=text)
    pairs = pair_up([gold], [entry((), text=text)], schema=SCHEMA)
    [one] = mismatches(pairs)
    low, high = stretch(one)
    assert text[low:high].split() == ["word"] * ((high - low + 1) // 5)
    [card] = cards([one], [{"b-1": gold.spans}, {"b-1": ()}], ("gold", "predicted"))
    assert (card.kind, card.first, card.second, card.labels) == ("only first", "PLACE", None, ("PLACE",))
    assert [piece.text for piece in card.sides[0].pieces if piece.focus] == ["word"]
    assert (card.sides[0].pieces[0].text, card.sides[0].pieces[-1].text) == ("…", "…")


def test_only_runs_on_the_same_data_share_a_chart(tmp_path: Path) -> None:
    history = History(tmp_path / "history.sqlite3")
    for gold, found in ((GOLD, FOUND), (GOLD[:1], FOUND), (GOLD, GOLD)):
        evaluation = evaluate_entries([entry(gold)], [entry(found)], SCHEMA)
        record_run(history, evaluation, name="m", recorded="2024-05-08T10:00:00+00:00")
    [chart] = history_charts(history.runs())
    assert [tick.text for tick in chart.x_ticks] == ["1", "3"]
    assert chart.marks[0].y > chart.marks[1].y  # 0.333, then 1.000: higher is nearer the top
    assert "F1 0.333 in run 1 of 2024-05-08, 1.000 in run 3" in chart.description
    text = " ".join(Elements(render(Report(SCHEMA, tuple(history.runs())))).text.split())
    assert "All 3 recorded runs" in text
    assert "too little gold" in text


def test_without_runs_it_says_how_to_get_one() -> None:
    text = " ".join(Elements(render(Report(SCHEMA))).text.split())
    assert "No run is recorded yet: workbench evaluate records one." in text


def test_a_learning_curve_is_read_and_drawn(tmp_path: Path) -> None:
    assert read_curve(tmp_path) == ()
    rows = [{"documents": 100, "f1": 0.7, "low": 0.6, "high": 0.8}, {"documents": 50, "f1": 0.5}]
    (tmp_path / "curve.json").write_text(json.dumps({"points": rows}))
    curve = read_curve(tmp_path)
    assert curve == (Point(50, 0.5), Point(100, 0.7, 0.6, 0.8))
    chart = curve_chart(curve)
    assert chart.marks[0].x < chart.marks[1].x
    assert "From 50 bulletins with F1 0.500 to 100 with 0.700" in render(Report(SCHEMA, curve=curve))


@pytest.mark.parametrize("text", ["{", "[]", '{"points": [{"f1": 1}]}', '{"points": [{"documents": 5, "f1": 7}]}'])
def test_a_broken_curve_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / "curve.json").write_text(text)
    with pytest.raises(InputError, match="is no learning curve"):
        read_curve(tmp_path)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a command in a workspace of its own; gives exit status, stdout and stderr."""
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "schema.toml").write_text("".join(f'[[labels]]\nname = "{n}"\n' for n in "ABC"))
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    gold = [[(3 * i, 3 * i + 2, "AB"[i % 2]) for i in range(10)] for _ in range(8)]
    write_corpus("gold.jsonl", entries(gold))
    write_corpus("seven.jsonl", entries([spans[:7] for spans in gold]))

    def command(*arguments):
        try:
            main(list(arguments))
            status = 0
        except SystemExit as left:
            status = left.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


def test_the_command_writes_it(run) -> None:
    status, out, err = run(
        "report", "--gold", "gold.jsonl", "--predicted", "seven.jsonl",
        "--annotators", "gold.jsonl", "seven.jsonl", "--errors", "5", "-o", "out/report.html", "--json",
    )  # fmt: skip
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found["f1"] == found["agreement_f1"] == pytest.approx(2 * 0.7 / 1.7)
    assert (found["errors"], found["calibration_error"], found["runs"]) == (24, None, 0)
    page = Path("out/report.html").read_text(encoding="utf-8")
    assert len(re.findall("<article", page)) == 10
    assert "5 of 24 places" in page
    assert "No predicted span carries a score" in page
    assert "<bdi>seven</bdi>" in page


def test_the_command_without_files_shows_the_history(run) -> None:
    status, out, _ = run("report", "-o", "report.html")
    assert (status, out) == (0, "the report is in report.html; open it in any browser\n")
    assert "No run is recorded yet" in Path("report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--gold", "gold.jsonl"), "--gold and --predicted go together"),
        (("--annotators", "gold.jsonl"), "--annotators takes two different files"),
        (("--annotators", "gold.jsonl", "gold.jsonl"), "--annotators takes two different files"),
        (("gold.jsonl",), "what is gold.jsonl for?"),
    ],
)
def test_wrong_usage_is_said(run, arguments: tuple[str, ...], words: str) -> None:
    status, _, err = run("report", "-o", "r.html", *arguments)
    assert status == 2
    assert words in err
    assert not Path("r.html").exists()


def test_wrong_files_are_one_sentence_and_the_old_report_stays(run) -> None:
    Path("r.html").write_text("old")
    status, _, err = run("report", "--gold", "gold.jsonl", "--predicted", "nowhere.jsonl", "-o", "r.html")
    assert (status, err) == (1, "workbench: nowhere.jsonl is not there; check the path\n")
    status, _, err = run("report", "--model", "nowhere", "-o", "r.html")
    assert status == 1
    assert "nowhere is no model folder" in err
    assert Path("r.html").read_text() == "old"
