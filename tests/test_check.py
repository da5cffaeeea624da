"""A check names every problem of a corpus, with its place, and never stops at the first."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from workbench.check import KINDS, Checked, check_corpus
from workbench.cli.app import workbench
from workbench.core.corpus import entry_from_row
from workbench.core.errors import CorpusError
from workbench.core.schema import schema_of_labels

DATA = Path(__file__).parents[2] / "shared/data"
SCHEMA = schema_of_labels(["ACTOR", "TARGET", "EVENT_ATTACK", "LOCATION"])
TEXT = "Gunmen attacked a post in Kabul"


def put(path: Path, *rows: Any) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def bulletin(name: str, *spans: Any, text: str = TEXT, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": text, "spans": list(spans), **more}


def check(*paths: Path, near: float = 0.8) -> Checked:
    return check_corpus(paths, schema=SCHEMA, near=near)


def found(checked: Checked, *, without: tuple[str, ...] = ("rare-label", "same-text")) -> list[tuple[Any, ...]]:
    return [(f.kind, f.place, f.document, f.start, f.end) for f in checked.findings if f.kind not in without]


def test_every_error_of_a_file_at_once(tmp_path: Path) -> None:
    path = put(
        tmp_path / "bad.jsonl",
        bulletin("fine", [0, 6, "ACTOR"], [7, 15, "EVENT_ATTACK"]),
        "{broken",
        "[1, 2]",
        {"id": 17, "text": "x"},
        bulletin("fine", [0, 6, "ACTOR"]),
        bulletin(
            "spans",
            [0, 600, "ACTOR"],
            [5, 3, "ACTOR"],
            [6, 7, "ACTOR"],
            "?",
            [0, 6, "NEW"],
            [7, 16, "TARGET"],
            [18, 22],
        ),
        bulletin("lap", [0, 15, "ACTOR"], [7, 15, "EVENT_ATTACK"], [26, 31, "LOCATION"]),
        bulletin("link", [0, 6, "ACTOR"], relations=[{"from": 0, "to": 5, "type": "x"}]),
        bulletin("cr", [0, 1, "ACTOR"], text="a\r\nb"),
        "[" * 100_000,
    )
    checked = check(path)
    assert found(checked) == [
        ("broken-row", "line 2", None, None, None),
        ("broken-row", "line 3", None, None, None),
        ("broken-row", "line 4", None, None, None),
        ("broken-row", "line 8", "link", None, None),
        ("broken-row", "line 9", "cr", None, None),
        ("broken-row", "line 10", None, None, None),
        ("id-twice", "line 5", "fine", None, None),
        ("broken-span", "line 6", "spans", None, None),
        ("broken-span", "line 6", "spans", None, None),
        ("broken-span", "line 6", "spans", 18, 22),
        ("span-outside", "line 6", "spans", 0, 600),
        ("span-spaces", "line 6", "spans", 6, 7),
        ("span-spaces", "line 6", "spans", 7, 16),
        ("unknown-label", "line 6", "spans", 0, 6),
        ("overlap", "line 7", "lap", 7, 15),
    ]
    messages = {(f.kind, f.place): (f.message, f.excerpt) for f in checked.findings}
    assert messages["overlap", "line 7"] == (
        "EVENT_ATTACK 7-15 overlaps ACTOR 0-15",
        "Gunmen [attacked] a post in Kabul",
    )
    assert messages["span-spaces", "line 6"][0] == "TARGET should run from 7 to 15"
    assert (checked.documents, checked.of("error")) == (5, 15)


def test_warnings_of_one_bulletin(tmp_path: Path) -> None:
    path = put(
        tmp_path / "w.jsonl",
        bulletin("cut", [0, 3, "ACTOR"], [8, 13, "EVENT_ATTACK"]),
        {"id": "bare", "text": "nobody labelled this"},
        bulletin("long", text="word " * 513),
        bulletin("blank", text=" "),
        bulletin("thai", [0, 3, "ACTOR"], text="กลุ่มติดอาวุธ"),
    )
    assert found(check(path)) == [
        ("cut-word", "line 1", "cut", 0, 3),
        ("cut-word", "line 1", "cut", 8, 13),
        ("unlabelled", "line 2", "bare", None, None),
        ("no-text", "line 4", "blank", None, None),
        ("long", "line 3", "long", None, None),
    ]
    assert check(path).of("error") == 0


def test_texts_that_come_again(tmp_path: Path) -> None:
    words = " ".join(f"word{n}" for n in range(60))
    train = put(
        tmp_path / "train.jsonl",
        bulletin("a", text=words),
        bulletin("b", text=words),
        bulletin("n", text=words + " end"),
    )
    dev = put(
        tmp_path / "dev.jsonl", bulletin("a", text=words), bulletin("c", text="quite another thing"), bulletin("n")
    )
    checked = check(train, dev)
    told = [(f.kind, Path(f.file).stem, f.document, f.message.replace(f"{tmp_path}/", "")) for f in checked.findings]
    assert [x for x in told if x[0] != "rare-label"] == [
        ("id-twice", "dev", "n", "the id of another text, train.jsonl line 3; give each its own"),
        ("split-leak", "dev", "a", "the text of a (train.jsonl line 1)"),
        ("same-text", "train", "b", "the text of a (line 1)"),
        ("near-duplicate", "train", "n", "nearly the text of a (line 1)"),
    ]
    assert "near-duplicate" not in check(train, near=0).groups()


def test_labels_that_break_a_habit(tmp_path: Path) -> None:
    usual = [bulletin(f"u{n}", [0, 6, "ACTOR"], [7, 15, "EVENT_ATTACK"], text=f"{TEXT} {n}") for n in range(9)]
    path = put(
        tmp_path / "h.jsonl",
        *usual,
        bulletin("role", [0, 6, "TARGET"], text="Gunmen fled the scene"),
        bulletin("odd", [4, 10, "LOCATION"], text="The gunmen left"),
        bulletin("miss", text="They attacked at dawn"),
        {"id": "unlabelled", "text": "Someone attacked"},
    )
    told = [
        (f.kind, f.document, f.start, f.end, f.message)
        for f in check(path, near=0).findings
        if f.kind.startswith("label-")
    ]
    assert told == [
        ("label-differs", "odd", 4, 10, "LOCATION here, ACTOR in 9 of 11 places"),
        ("label-missing", "miss", 5, 13, "no label here, mostly EVENT_ATTACK in 9 of 10 places"),
    ]


def test_rare_labels_count_all_files(tmp_path: Path) -> None:
    paths = [
        put(
            tmp_path / f"{part}.jsonl",
            *(bulletin(f"{part}{n}", [0, 6, "ACTOR"], text=f"{TEXT} {part} {n}") for n in range(15)),
        )
        for part in ("x", "y")
    ]
    rare = [f.message.split()[0:3] for f in check(*paths, near=0).groups()["rare-label"]]
    assert rare == [["EVENT_ATTACK", "has", "0"], ["LOCATION", "has", "0"], ["TARGET", "has", "0"]]


def test_a_file_that_cannot_be_read_is_a_finding_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "b.txt").write_bytes(b"")
    put(tmp_path / "c.jsonl", bulletin("c"))
    checked = check(tmp_path)
    assert [(Path(f.file).name, f.kind) for f in checked.findings if f.severity == "error"] == [
        ("a.parquet", "unreadable"),
        ("b.txt", "unreadable"),
    ]
    assert checked.documents == 1


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 40)
    | st.floats()
    | st.sampled_from(["", "ACTOR", "x", TEXT, "a\r\nb", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["start", "end", "label", "score", "from", "to", "type"]), inner, max_size=4)
    ),
    max_leaves=12,
)
names = st.sampled_from(["id", "text", "spans", "relations", "origin", "author", "published", "assisted", "x"])
spans = st.tuples(st.integers(-2, 40), st.integers(-2, 40), st.sampled_from(["ACTOR", "NEW", ""])).map(list)
near_rows = st.fixed_dictionaries(
    {
        "id": st.sampled_from("abc"),
        "text": st.sampled_from([TEXT, "", " \n", "a\r\nb"]),
        "spans": st.lists(spans | anything, max_size=5),
    },
    optional={"relations": anything, "origin": anything},
)


# A string is written as a line as it is, and UTF-8 has no lone surrogate.
lines = anything.filter(lambda value: value != "\ud800")


@given(rows=st.lists(near_rows | st.dictionaries(names, anything, max_size=6) | lines, max_size=4))
def test_no_row_breaks_it_and_every_refused_row_is_an_error(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    path = put(tmp_path_factory.mktemp("any") / "x.jsonl", {"id": "first", "text": "x"}, *rows)
    checked = check(path)
    wrong = {f.place for f in checked.findings if f.severity == "error"}
    for number, row in enumerate(rows, start=2):
        if isinstance(row, str) and not row.strip():
            continue  # strings are written as they are, and a blank line is no row
        try:
            entry_from_row(json.loads(json.dumps(row)))
        except CorpusError:
            assert f"line {number}" in wrong


def test_the_gold_corpus_has_no_errors() -> None:
    if not DATA.is_dir():
        pytest.skip("the shared data are not there")
    gold = DATA / "gold"
    labels = {
        span["label"] if isinstance(span, dict) else span[2]
        for line in (gold / "train.jsonl").open()
        for span in json.loads(line)["spans"]
    }
    checked = check_corpus([gold / "train.jsonl"], schema=schema_of_labels(labels))
    assert (checked.documents, checked.spans, checked.of("error")) == (78, 1531, 0)
    both = check_corpus([gold / "annotator-a.jsonl", gold / "annotator-b.jsonl"], schema=schema_of_labels(labels))
    assert len(both.groups()["split-leak"]) == 78


def run(*arguments: str) -> Any:
    return CliRunner().invoke(workbench, ["check", *arguments])


def test_the_command_groups_and_limits(tmp_path: Path) -> None:
    path = put(tmp_path / "c.jsonl", *(bulletin(f"b{n}", [0, 6, "NOPE"], text=f"{TEXT} {n}") for n in range(7)))
    answer = run(str(path), "--near", "0", "--limit", "2")
    assert answer.exit_code == 1
    assert "error: labels that the schema does not have (unknown-label): 7" in answer.stdout
    assert "and 5 more; --limit 0 shows all" in answer.stdout
    assert answer.stdout.count("b1") == 1
    assert "b2" not in answer.stdout
    assert "7 bulletins in 1 file, 7 labelled, 7 spans: 7 errors" in answer.stdout


def test_the_command_in_json_holds_everything(tmp_path: Path) -> None:
    path = put(tmp_path / "c.jsonl", bulletin("ok", [0, 6, "ACTOR"]), bulletin("no", [0, 99, "ACTOR"]))
    answer = run(str(path), "--json", "--limit", "0")
    value = json.loads(answer.stdout)
    assert answer.exit_code == 1
    assert (value["documents"], value["errors"]) == (2, 1)
    assert value["kinds"]["span-outside"]["findings"][0] | {"message": ""} == {
        "file": str(path),
        "place": "line 2",
        "document": "no",
        "start": 0,
        "end": 99,
        "message": "",
    }
    assert set(value["kinds"]) <= set(KINDS)


def test_the_command_shows_each_kind_of_trouble_before_the_second_of_one(tmp_path: Path) -> None:
    labels = ["NOPE", "NOPE", "NOPE", "NONE"]
    path = put(tmp_path / "c.jsonl", *(bulletin(f"b{n}", [0, 6, x], text=f"{TEXT} {n}") for n, x in enumerate(labels)))
    answer = run(str(path), "--near", "0", "--limit", "2")
    assert [word for word in ("NOPE is not", "NONE is not") if word in answer.stdout] == ["NOPE is not", "NONE is not"]


def test_warnings_alone_end_in_0(tmp_path: Path) -> None:
    assert run(str(put(tmp_path / "c.jsonl", bulletin("ok", [0, 6, "ACTOR"])))).exit_code == 0
