"""Label Studio's JSON export: who labelled what, which annotation is taken, and what cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core.corpus import Document, load_corpus, write_corpus
from workbench.core.errors import CorpusError, StudioError
from workbench.core.span import Relation, Span
from workbench.studio.export import Tally, entries_from_export, is_export, read_export, works_from_export
from workbench.studio.tasks import task_data

TEXT = "😀 Six\u00a0men killed\nin Quetta"
SIX = {"start": 2, "end": 5, "text": "Six", "labels": ["FIGURE_KILLED"]}
KILLED = {"start": 10, "end": 16, "text": "killed", "labels": ["EVENT_ATTACK"]}


def region(value: dict[str, Any], identity: str = "r1", **more: Any) -> dict[str, Any]:
    return {"id": identity, "from_name": "label", "to_name": "text", "type": "labels", "value": value, **more}


def annotation(number: int, result: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "completed_by": 1,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "updated_at": f"2026-01-01T00:00:{number:02}Z",
        **more,
    }


def task(number: int, *annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    document = Document(f"b-{number}", TEXT, published="2024-05-08", fields={"district": "X"})
    return {"id": number, "data": task_data(document) | data, "annotations": list(annotations), "predictions": [4]}


PEOPLE = {1: "anna@x.org", 2: "ben@x.org"}


def entries(*tasks: Any, tally: Tally | None = None, **options: Any) -> list[Any]:
    return list(entries_from_export(tasks, people=PEOPLE, tally=tally, **options))


def test_an_annotation_comes_out_as_it_was_made() -> None:
    link = {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right", "labels": ["figure_of"]}
    sure = {"id": "r2", "from_name": "sure", "type": "choices", "value": {**KILLED, "choices": ["no"]}}
    sure["value"] = {"start": 10, "end": 16, "choices": ["no"]}
    tally = Tally()
    made = annotation(1, [link, region(KILLED, "r2", score=0.3), region(SIX), sure], lead_time=12.5)
    [entry] = entries(task(1, made), tally=tally)
    assert entry.document.id == "b-1"
    assert entry.document.published == "2024-05-08"
    assert entry.document.fields == {"district": "X", "lead_time": 12.5}
    assert [span.choices for span in entry.spans] == [(), (("sure", "no"),)]
    assert entry.annotation.spans == (Span(2, 5, "FIGURE_KILLED"), Span(10, 16, "EVENT_ATTACK"))
    assert [span.score for span in entry.spans] == [None, None]
    assert entry.annotation.relations == (Relation(0, 1, "figure_of"),)
    assert (entry.annotation.origin, entry.annotation.author) == ("human", "anna@x.org")
    assert entry.annotation.assisted is False
    assert {name: n for name, n in tally.as_table().items() if n} == {
        "tasks": 1, "rows": 1, "spans": 2, "relations": 1, "values": 1,
    }  # fmt: skip


def test_an_empty_annotation_is_labelled_with_none_and_a_skipped_one_is_none() -> None:
    tally = Tally()
    skipped = annotation(1, [region(SIX)], was_cancelled=True)
    drafted = task(3) | {"drafts": [{"result": []}]}
    found = entries(task(1, annotation(1, [])), task(2, skipped), drafted, tally=tally)
    assert [(entry.document.id, entry.spans) for entry in found] == [("b-1", ())]
    assert found[0].annotation is not None
    counts = tally.counts
    assert (counts["empty"], counts["skipped"], counts["drafts"], counts["unannotated"]) == (1, 1, 1, 2)


def test_tasks_without_annotation_can_come_along() -> None:
    found = entries(task(1), task(2, annotation(1, [])), unannotated=True)
    assert [entry.annotation is None for entry in found] == [True, False]


def test_of_several_the_ground_truth_is_taken_else_the_last() -> None:
    first, last = annotation(1, [region(SIX)]), annotation(2, [region(KILLED)], completed_by=2)
    tally = Tally()
    [entry] = entries(task(1, last, first), tally=tally)
    assert (entry.spans[0].label, entry.annotation.author) == ("EVENT_ATTACK", "ben@x.org")
    assert tally.counts["several"] == 1
    [entry] = entries(task(1, first | {"ground_truth": True}, last))
    assert entry.spans[0].label == "FIGURE_KILLED"
    [entry] = entries(task(1, first, last), annotator="Anna@x.org")
    assert entry.annotation.author == "anna@x.org"


def test_each_gives_every_annotators_last_word() -> None:
    one, two, again = annotation(1, [region(SIX)]), annotation(2, [], completed_by=2), annotation(3, [region(KILLED)])
    works = list(works_from_export([task(1, one, two, again)], people=PEOPLE))
    assert [(name, [span.label for span in entry.spans]) for name, entry in works] == [
        ("anna@x.org", ["EVENT_ATTACK"]),
        ("ben@x.org", []),
    ]
    assert {entry.document.id for _, entry in works} == {"b-1"}


@pytest.mark.parametrize(
    "made",
    [annotation(1, [region(SIX, origin="prediction")]), annotation(1, [region(SIX)], parent_prediction=4)],
)
def test_assisted_work_says_by_which_model(made: dict[str, Any]) -> None:
    [entry] = entries(task(1, made | {"prediction": {"model_version": "m1"}}))
    assert (entry.annotation.assisted, entry.annotation.model_version) == (True, "m1")


def test_a_snapshot_alone_is_no_assistance() -> None:
    """The server keeps one with every annotation of a task that has predictions."""
    [entry] = entries(task(1, annotation(1, [region(SIX)], prediction={"model_version": "m1"})))
    assert (entry.annotation.assisted, entry.annotation.model_version) == (False, None)


def test_an_edited_text_stops_the_reading_with_its_task_named() -> None:
    with pytest.raises(StudioError, match=r"1 annotation cannot be taken.*--leave-out[\s\S]*task 2 \(b-2\).*edited"):
        entries(task(1, annotation(1, [])), task(2, annotation(2, [region(SIX)]), text=TEXT + "!"))


def test_a_region_that_does_not_match_stops_the_reading_too() -> None:
    wrong = annotation(7, [region(SIX | {"text": "Five"})])
    with pytest.raises(
        StudioError, match=r"task 1 \(b-1\), annotation 7 of anna@x.org: region r1 at 2-5 .*says 'Five'"
    ):
        entries(task(1, wrong))


def test_with_leave_out_the_rest_comes_and_the_problem_is_counted() -> None:
    tally = Tally()
    wrong = annotation(7, [region(SIX | {"text": "Five"})])
    found = entries(task(1, wrong), task(2, annotation(1, [region(SIX)])), leave_out=True, tally=tally)
    assert [entry.document.id for entry in found] == ["b-2"]
    assert (tally.counts["left_out"], len(tally.problems)) == (1, 1)


def test_collapsed_spaces_and_line_ends_are_no_mismatch() -> None:
    value = {"start": 6, "end": 19, "text": "men killed\\nin", "labels": ["EVENT_ATTACK"]}
    [entry] = entries(task(1, annotation(1, [region(value)])))
    assert entry.surface(entry.spans[0]) == "men killed\nin"


def test_offsets_into_carriage_returns_are_shifted() -> None:
    foreign = {"id": 9, "data": {"text": "a\r\nSix\r\nmen"}, "annotations": [annotation(1, [])]}
    foreign["annotations"][0]["result"] = [region({"start": 3, "end": 6, "text": "Six", "labels": ["A"]})]
    tally = Tally()
    [entry] = entries(foreign, tally=tally)
    assert (entry.document.text, entry.surface(entry.spans[0])) == ("a\nSix\nmen", "Six")
    assert tally.counts["unhashed"] == 1


def test_two_tasks_of_one_id_get_two_rows(tmp_path: Path) -> None:
    tally = Tally()
    found = entries(task(1, annotation(1, [])), task(1, annotation(2, [])) | {"id": 5}, tally=tally)
    assert [entry.document.id for entry in found] == ["b-1", "b-1@task-5"]
    assert tally.counts["renamed"] == 1
    write_corpus(tmp_path / "c.jsonl", found)
    assert len(load_corpus(tmp_path / "c.jsonl")) == 2


def test_a_file_is_read_and_names_people_by_number(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task(1, annotation(1, [region(SIX)]))]), encoding="utf-8")
    [entry] = read_export(path)
    assert entry.annotation is not None
    assert entry.annotation.author == "user-1"
    assert is_export(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ('{"a": 1}', "holds dict; expected the list"),
        ('[{"text": "x", "label": []}]', "entry 1 of the export is no task with data"),
        ('[{"id": 3, "data": {"image": "x"}}]', "task 3 has no text in its field 'text'"),
    ],
)
def test_what_is_no_export_is_said(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        list(read_export(path))
