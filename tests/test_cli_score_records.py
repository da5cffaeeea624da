"""`workbench score --records` as a user meets it: events and fields of reports, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.errors import WorkbenchError
from workbench.core.workspace import packaged

TEXT = "A blast killed six people in Peshawar. Gunmen abducted two men in Quetta."
BLAST = [[2, 7, "EVENT_EXPLOSION"], [15, 18, "FIGURE_KILLED"], [29, 37, "LOCATION"]]
GRAB = [[46, 54, "EVENT_DETENTION"], [55, 58, "FIGURE_DETAINED"], [66, 72, "LOCATION"]]


def put(path: Path, *rows: Any) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def bulletin(name: str, *spans: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": f"{TEXT} Bulletin {name}.", "published": "2024-05-08", "spans": list(spans), **more}


def score(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(workbench, ["score", *arguments, "--records", "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def says(*arguments: str) -> str:
    with pytest.raises(WorkbenchError) as raised:
        CliRunner().invoke(workbench, ["score", *arguments, "--records"], catch_exceptions=False)
    return str(raised.value)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Gold with two events, and a prediction that lacks the second's figure and finds a third."""
    gold = put(tmp_path / "gold.jsonl", bulletin("a", *BLAST, *GRAB))
    predicted = put(tmp_path / "predicted.jsonl", bulletin("a", *BLAST, GRAB[0], GRAB[2], [39, 45, "EVENT_PROTEST"]))
    return gold, predicted


def test_events_of_labelled_bulletins(files: tuple[str, str]) -> None:
    found = score(*files)
    assert found["events"] == {"gold": 2, "predicted": 3}
    told = {name: tuple(found["fields"][name][key] for key in ("tp", "fp", "fn")) for name in ("type", "killed")}
    assert told == {"type": (2, 1, 0), "killed": (1, 0, 0)}
    assert tuple(found["record"][key] for key in ("tp", "fp", "fn")) == (1, 2, 1)
    assert found["fields"]["detained"]["recall"] == 0.0
    assert found["fields"]["injured"]["f1"] is None
    assert found["record"]["interval"] is None


def test_files_of_records_and_labels_score_alike(files: tuple[str, str], tmp_path: Path) -> None:
    made = [str(tmp_path / name) for name in ("gold-records.jsonl", "predicted-records.jsonl")]
    for path, out in zip(files, made, strict=True):
        assert CliRunner().invoke(workbench, ["records", path, "-o", out]).exit_code == 0
    whole = score(*files)
    assert [score(files[0], made[1]), score(made[0], files[1]), score(*made)] == [whole] * 3


@pytest.mark.slow
def test_the_drawn_relations_of_the_corpus_make_its_gold_records() -> None:
    corpus = str(packaged("annotations/corpus.jsonl"))
    found = score(corpus, corpus, "--resamples", "0")
    assert found["record"]["f1"] == 1.0
    assert found["events"]["gold"] > 500
    assert "interval" in found["record"]


def test_fields_of_reports(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": TEXT, "gold": {"min_killed": 6, "min_captured": 1, "province": ["khyber pakhtunkhwa"]}},
        {"id": "b", "text": TEXT, "gold": {"province": [""], "start_date": "2024-05-08", "name": "x"}},
    ]
    gold = put(tmp_path / "gold.jsonl", *rows)
    # What a corpus was labelled from stays in its rows, the gold fields too; it is a corpus all the same.
    labelled = [bulletin(row["id"], *BLAST, *GRAB) | {"gold": row["gold"]} for row in rows]
    predicted = put(tmp_path / "predicted.jsonl", *labelled)
    found = score(gold, predicted)
    told = {name: (row["right"], row["asked"], row["accuracy"]) for name, row in found["fields"].items()}
    assert told == {
        "killed": (1, 1, 1.0), "captured": (0, 1, 0.0), "province": (1, 2, 0.5), "date": (1, 1, 1.0), "all": (0, 2, 0.0)
    }  # fmt: skip
    assert found["wrong"] == {"a": ["captured"], "b": ["province"]}
    records = str(tmp_path / "records.jsonl")
    assert CliRunner().invoke(workbench, ["records", predicted, "-o", records]).exit_code == 0
    assert score(gold, records)["fields"]["killed"]["right"] == 1


def test_what_does_not_fit_is_said(files: tuple[str, str], tmp_path: Path) -> None:
    gold, predicted = files
    fields = put(tmp_path / "fields.jsonl", {"id": "z", "text": TEXT, "gold": {"min_killed": 6}})
    assert "lacks 1 of the 1 bulletins of the gold (first: 'z')" in says(fields, predicted)
    assert "holds gold fields; expected events or labels" in says(gold, fields)
    broken = put(tmp_path / "broken.jsonl", {"id": "a", "text": TEXT, "gold": {"min_killed": "six"}})
    assert "bulletin a cannot be read (min_killed is 'six', expected a whole number)" in says(broken, predicted)
    day = put(tmp_path / "day.jsonl", {"id": "a", "text": TEXT, "gold": {"start_date": "May 8"}})
    assert "the gold fields of bulletin a cannot be read" in says(day, predicted)
    bad = put(tmp_path / "bad.jsonl", {"event_id": "e-1", "documents": ["a"]})
    assert f"{bad} line 1 is no event record" in says(gold, bad)
    other = put(tmp_path / "other.jsonl", bulletin("q", *BLAST))
    assert "lacks 1 of the 1 bulletins" in says(gold, other)
    records = str(tmp_path / "q-records.jsonl")
    assert CliRunner().invoke(workbench, ["records", other, "-o", records]).exit_code == 0
    assert f"{records} tells of bulletins that {gold} does not have (first: 'q')" in says(gold, records)
    unlabelled = put(tmp_path / "raw.jsonl", {"id": "z", "text": TEXT})
    assert "bulletin z is unlabelled" in says(fields, unlabelled)
    assert "line 1 holds list; expected a JSON object" in says(put(tmp_path / "list.jsonl", [1]), predicted)


def test_assisted_gold_is_left_out_here_too(files: tuple[str, str], tmp_path: Path) -> None:
    mixed = put(tmp_path / "mixed.jsonl", bulletin("a", *BLAST), bulletin("h", *BLAST, assisted=True))
    predicted = put(tmp_path / "both.jsonl", bulletin("a", *BLAST), bulletin("h", *BLAST))
    done = CliRunner().invoke(workbench, ["score", mixed, predicted, "--records"], catch_exceptions=False)
    assert "1 bulletins, 1 gold events, 1 predicted" in done.stdout
    assert done.stderr == "left out 1 gold bulletins without labels or annotated from suggestions\n"
    assert score(mixed, predicted)["documents"] == 1
    assert score(mixed, predicted, "--include-assisted")["documents"] == 2
