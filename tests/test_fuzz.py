"""The short form of the fuzzing (`python -m tests.fuzz`): some dozens of damaged inputs for every target; and what the
long form has found."""

import json
import random
from datetime import date
from pathlib import Path

import pytest
from fuzz.mutate import damaged, damaged_json
from fuzz.run import Target, limited, outcome, smaller, try_block
from fuzz.table import table
from fuzz.targets import all_targets

from workbench.assist.answer import AnswerError, read_answer
from workbench.core.corpus import entry_from_row
from workbench.core.errors import CorpusError, InputError, ModelError, SchemaError, StudioError, WorkbenchError
from workbench.core.schema import load_schema
from workbench.core.workspace import packaged
from workbench.figure import normal_form
from workbench.record.dates import read_date
from workbench.record.edits import load_edits
from workbench.record.run import country_words
from workbench.record.scorer import load_scorer
from workbench.report.records import read_records
from workbench.studio.export import entries_from_export
from workbench.studio.forms import read_regions
from workbench.studio.protocol import read_page
from workbench.tag.model import read_manifest

TARGETS = list(all_targets())
# Of processor time; what starts a model or builds the gazetteer is for the long form.
FEW = {"requests": 10, "events": 20, "records": 20, "html": 20, "places": 20}


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_every_input_is_read_or_refused_in_a_sentence(target: Target, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    attempt = target.begin(tmp_path / "own")
    tally = try_block(target, attempt, range(FEW.get(target.name, 60)), seed=1, kept=None)
    assert not tally.failures
    assert tally.accepted + tally.refused == tally.inputs


def test_an_input_is_the_same_again_and_others_are_others() -> None:
    for target in TARGETS:
        inputs = [target.input(0, number) for number in range(20)]
        assert inputs == [target.input(0, number) for number in range(20)]
        assert len(set(inputs)) > 5
        assert inputs != [target.input(1, number) for number in range(20)]


def test_damage_keeps_to_its_kind() -> None:
    rng = random.Random(1)  # noqa: S311 - to be repeated, not to hide
    assert {type(damaged(rng, [b"abc", b""])) for _ in range(200)} == {bytes}
    changed = [damaged_json(rng, ['{"a": [1, "x"], "b": null}']) for _ in range(200)]
    assert sum(_is_json(text) for text in changed) > 100


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _fussy(data: bytes) -> None:
    if b"x" in data:
        raise KeyError("x")
    if b"y" in data:
        raise InputError("there is a y; take it out")
    if b"z" in data:
        while True:
            pass


def test_outcomes_are_told_apart_and_failures_made_small() -> None:
    assert outcome(_fussy, b"a") == (None, False)
    assert outcome(_fussy, b"y") == (None, True)
    problem, refused = outcome(_fussy, b"abxc")
    assert (str(problem).partition(" (")[0], refused) == ("KeyError: 'x'", False)
    assert outcome(_fussy, b"z") == ("no end after 1 s", False)
    assert smaller(_fussy, b"a" * 50 + b"x" + b"b" * 50, str(problem)) == b"x"
    with limited():
        _fussy(b"a")


def test_the_table_adds_up() -> None:
    target = Target("t", 1, lambda rng: rng.choice((b"a", b"y", b"x")), lambda _: _fussy)
    tally = try_block(target, _fussy, range(90), seed=0, kept=None)
    assert tally.accepted + tally.refused + len(tally.failures) == 90
    assert min(tally.accepted, tally.refused, len(tally.failures)) > 10
    lines = table({"t": tally}).splitlines()
    cells = f"90 | {tally.accepted} | {tally.refused} | {len(tally.failures)} |"
    assert [cells in line for line in lines] == [False, False, True, True]


# What the long form has found.


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_an_infinite_place_is_refused_wherever_one_is_read(number: str) -> None:
    relations = [{"from": float(number), "to": 0, "type": "t"}]
    with pytest.raises(CorpusError, match="found the relation"):
        entry_from_row({"id": "a", "text": "six", "spans": [[0, 3, "X"]], "relations": relations})
    with pytest.raises(AnswerError, match='no "from"'):
        read_answer(json.dumps({"spans": [], "relations": relations}))


def test_a_number_that_no_float_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "linking.json"
    table = json.loads(packaged("annotations/linking.json").read_text(encoding="utf-8"))
    path.write_text(json.dumps(table | {"threshold": 10**400}), encoding="utf-8")
    with pytest.raises(InputError, match=r"is no linking model \(int too large"):
        load_scorer(path)


def test_a_message_is_a_sentence_however_long_what_was_found_is() -> None:
    row = {"id": "i" * 50_000, "text": "six", "spans": [["9" * 50_000, 3, "X"]]}
    with pytest.raises(CorpusError) as raised:
        entry_from_row(row)
    assert len(str(raised.value)) < 2000
    assert str(raised.value).startswith("bulletin iii")
    assert str(raised.value).endswith("expected a whole number of code points")
    assert str(WorkbenchError("short")) == "short"


@pytest.mark.parametrize(
    ("phrase", "published"),
    [
        ("yesterday", date.min), ("tomorrow", date.max), ("last Friday", date.min), ("next Friday", date.max),
        ("9 years ago", date.min), ("last month", date.min), ("May 0000", None), ("May 0000", date(2024, 5, 8)),
        ("next year", date.max), ("past 24 hours", date.min),
    ],
)  # fmt: skip
def test_a_day_outside_of_the_calendar_is_no_day(phrase: str, published: date | None) -> None:
    assert read_date(phrase, published=published) is None


def test_a_fraction_behind_a_number_is_no_group_of_thousands() -> None:
    with pytest.raises(InputError, match="stand side by side"):
        normal_form("500 2.5 killed")
    assert normal_form("12 000 killed").value == 12_000


def test_one_incident_named_twice_is_not_kept_apart_from_itself(tmp_path: Path) -> None:
    path = tmp_path / "edits.toml"
    path.write_text('[[apart]]\nincidents = ["i-1", "i-2", "i-1"]\n', encoding="utf-8")
    assert load_edits(path).kept_apart == {frozenset({"i-1", "i-2"})}


@pytest.mark.parametrize("value", [7, "x", {"a": 1}])
def test_an_export_whose_lists_are_none_is_refused(value: object) -> None:
    data = {"text": "six killed"}
    with pytest.raises(CorpusError, match=r"task 1 has .* as annotations; expected a list"):
        list(entries_from_export([{"id": 1, "data": data, "annotations": value}]))
    with pytest.raises(StudioError, match=r"its result is .*; expected a list of regions"):
        list(entries_from_export([{"id": 1, "data": data, "annotations": [{"id": 2, "result": value}]}]))
    assert not list(entries_from_export([{"id": 1, "data": data, "drafts": value}]))


def test_half_a_character_in_a_page_is_refused() -> None:
    with pytest.raises(StudioError, match="that is not XML"):
        read_page("<View>\udfff</View>", where="project 7")


@pytest.mark.parametrize(
    "change",
    [
        {"name": 7}, {"files": {"model.onnx": 7}}, {"temperature": 0}, {"temperature": "nan"},
        {"reading": {"width": "510", "overlap": 64, "start_id": 1, "end_id": 2, "pad_id": 0}},
        {"reading": {"width": 64, "overlap": 64, "start_id": 1, "end_id": 2, "pad_id": 0}},
        {"shape": {"before": [1]}}, {"shape": {"joined": [[1]]}},
    ],
)  # fmt: skip
def test_a_manifest_with_parts_of_another_type_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    table = json.loads(packaged("models/starter/workbench.json").read_text(encoding="utf-8"))
    (tmp_path / "workbench.json").write_text(json.dumps(table | change), encoding="utf-8")
    with pytest.raises(ModelError, match="is damaged"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("labels", [7, 1.5, True, {"a": 1}, "DATE"])
def test_labels_that_are_no_list_are_a_problem(labels: object) -> None:
    region = {"id": "r", "type": "labels", "value": {"start": 0, "end": 3, "labels": labels}}
    link = {"type": "relation", "from_id": "r", "to_id": "r", "labels": labels}
    reading = read_regions("six killed", [region, link])
    assert (reading.spans, reading.relations) == ((), ())
    assert "it has no label" in reading.problems[0]


def test_controls_without_a_name_are_none() -> None:
    for config in (
        '<View><Labels toName="t"><Label value="DATE"/></Labels><Text name="t" value="$text"/></View>',
        '<View><Labels name="l"><Label value="DATE"/></Labels><Text value="$text"/></View>',
    ):
        with pytest.raises(StudioError, match="has no <Labels> over a <Text>"):
            read_page(config, where="project 7")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("description = 3", "label A has description = 3; expected a text"),
        ("hotkey = [1]", r"label A has hotkey = \[1\]; expected a text"),
        ("color = 7", "label A has color = 7; expected a text"),
        ('[[relations]]\nname = "r"\nfrom = 7', r"the relation r has \[7, \[\]\] as from and to"),
        ('[[choices]]\nname = "c"\nof = ["A"]\nvalues = ["x"]\ndescription = 1', "choice c has description = 1"),
    ],
)
def test_a_schema_whose_texts_are_none_is_refused(table: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.toml"
    path.write_text(f'[[labels]]\nname = "A"\n{table}\n', encoding="utf-8")
    with pytest.raises(SchemaError, match=said):
        load_schema(path)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"format": 1, "schema": {"relations": ["x"]}}', "[]"])
def test_a_damaged_manifest_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "workbench.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"is damaged|has the model format"):
        read_manifest(tmp_path)


def test_countries_without_words_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "places.toml"
    for content in ("countries = 3", "[countries]\nAF = 3", '[countries]\nAF = "Afghan"'):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match="countries that are no lists of words"):
            country_words(path)


def test_a_record_at_no_number_on_earth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text('{"figures": {"killed": {"min": 1e999}}}\n', encoding="utf-8")
    with pytest.raises(InputError, match="found no event record"):
        read_records(path)
