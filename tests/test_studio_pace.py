"""How far a project is and how fast people work: the sums on made-up work, and the command on a real server."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from studio_help import RunningStudio, call, tasks_by_id

from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.schema import Label, Schema
from workbench.core.span import Span
from workbench.studio.adjudicating import adjudicate, name_of, take_back
from workbench.studio.client import Studio
from workbench.studio.connect import annotator
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.pace import DONE, DRAFT, SKIPPED, Effort, advance, efforts_of, project_pace

SCHEMA = Schema("small", (Label("EVENT_ATTACK", "event"), Label("FIGURE_KILLED", "figure")))
DOCUMENTS = [Document(f"b-{n}", f"Gunmen killed six people in town {n}.") for n in range(5)]
SIX, KILLED = Span(14, 17, "FIGURE_KILLED"), Span(7, 13, "EVENT_ATTACK")
NOON = datetime(2024, 5, 8, 12, tzinfo=UTC)


def effort(task: int, who: str, seconds: float | None, spans: int = 3, kind: str = DONE) -> Effort:
    return Effort(task, who, kind, spans, seconds, NOON)


def test_paces_and_what_is_left() -> None:
    efforts = [effort(1, "anna", 60), effort(2, "anna", 120), effort(3, "anna", None), effort(4, "anna", 9, 0, SKIPPED)]
    efforts += [effort(1, "ben", 30, 6), effort(5, "ben", 5, 2, DRAFT)]
    found = advance(efforts, tasks=10, annotators=2)
    anna, ben = found.people
    assert (anna.done, anna.skipped, anna.drafts, anna.spans, anna.timed) == (3, 1, 0, 9, 2)
    assert (anna.seconds, anna.labels_per_hour, anna.tasks_per_hour, anna.spans_per_task) == (90, 120, 40, 3)
    assert (ben.done, ben.drafts, ben.labels_per_hour) == (1, 1, 720)
    # Task 1 has both, 2 and 3 have one; twenty are asked for.
    assert (found.finished, found.left) == (1, 16)
    assert found.hours_left == pytest.approx(16 * 70 / 3600)


def test_a_task_that_stood_open_over_lunch_counts_as_ten_medians() -> None:
    efforts = [effort(n, "anna", 60) for n in range(4)] + [effort(9, "anna", 7200)]
    [anna] = advance(efforts, tasks=5, annotators=1).people
    assert (anna.seconds, anna.labels_per_hour) == (60, pytest.approx(15 * 3600 / 840))


def test_nothing_timed_and_nothing_done_are_no_numbers() -> None:
    found = advance([effort(1, "anna", None), effort(2, "ben", None, 0, SKIPPED)], tasks=2, annotators=1)
    anna, ben = found.people
    assert (anna.seconds, anna.labels_per_hour, found.hours_left, found.left) == (None, None, None, 1)
    assert (ben.done, ben.spans_per_task) == (0, None)
    assert advance([], tasks=0, annotators=1).hours_left is None


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.floats(0.1, 9e4)), max_size=40), st.integers(1, 3)
)
def test_what_is_left_and_what_was_given_make_up_the_whole(work: list[tuple[int, str, float]], annotators: int) -> None:
    found = advance([effort(*each) for each in work], tasks=10, annotators=annotators)
    given = {n: len({who for task, who, _ in work if task == n}) for n in range(10)}
    assert found.left == sum(max(0, annotators - given[n]) for n in range(10))
    assert found.finished == sum(given[n] >= annotators for n in range(10))
    for pace in found.people:
        times = [seconds for _, who, seconds in work if who == pace.annotator]
        assert pace.seconds is not None
        assert min(times) <= pace.seconds <= max(times)


def test_a_decision_over_the_works_of_others_is_no_labelling_and_an_edit_no_second_task() -> None:
    def made(person: int, **more: Any) -> dict[str, Any]:
        return {"completed_by": person, "result": [{"type": "labels"}, {"type": "relation"}], "lead_time": 4} | more

    draft = {"user": "cara@x.org", "result": [], "lead_time": 2}
    task = {"id": 7, "annotations": [made(1), made(2, was_cancelled=True), made(3, ground_truth=True)]}
    found = list(
        efforts_of(task | {"drafts": [draft, draft | {"user": "anna@x.org"}]}, {1: "anna@x.org", 2: "ben@x.org"})
    )
    assert [(each.annotator, each.kind, each.spans, each.seconds) for each in found] == [
        ("anna@x.org", DONE, 1, 4.0),
        ("ben@x.org", SKIPPED, 1, 4.0),
        ("cara@x.org", DRAFT, 0, 2.0),
    ]
    alone = {"id": 7, "annotations": [made(1, ground_truth=True)]}
    assert [each.kind for each in efforts_of(alone, {})] == [DONE]


@pytest.mark.studio
def test_the_command_tells_each_annotator_s_pace(running_studio: RunningStudio, studio: Studio, title: str) -> None:
    import_entries(studio, map(Entry, DOCUMENTS), title, SCHEMA, annotators=2)
    tasks = tasks_by_id(studio, title)
    with annotator(running_studio.workspace, running_studio.server, "anna") as anna:
        for place, spans in enumerate([(SIX, KILLED), (SIX,), ()]):
            made = regions(DOCUMENTS[place], Annotation(spans), origin="manual")
            anna.annotate(tasks[f"b-{place}"], made, seconds=30.0)
        anna.sdk.annotations.create(tasks["b-3"], result=[], was_cancelled=True)
        call(anna, "POST", f"tasks/{tasks['b-4']}/drafts", json={"result": []})
    studio.annotate(tasks["b-0"], regions(DOCUMENTS[0], Annotation((KILLED,)), origin="manual"), seconds=90.0)
    environment = {"WORKBENCH_HOME": str(running_studio.workspace.root)}
    shown = CliRunner(env=environment).invoke(workbench, ["progress", "--project", title, "--json"])
    found = json.loads(shown.stdout)
    assert {key: found[key] for key in ("tasks", "annotators_per_task", "finished", "annotations_left")} == {
        "tasks": 5,
        "annotators_per_task": 2,
        "finished": 1,
        "annotations_left": 6,
    }
    assert found["hours_left"] == pytest.approx(6 * 45 / 3600)
    keys = ("annotator", "done", "skipped", "begun", "spans", "median_seconds", "labels_per_hour", "spans_per_task")
    assert [tuple(each[key] for key in keys) for each in found["annotators"]] == [
        ("anna@localhost", 3, 1, 1, 3, 30.0, 120.0, 1.0),
        ("workbench@localhost", 1, 0, 0, 1, 90.0, 40.0, 1.0),
    ]
    lines = CliRunner(env=environment).invoke(workbench, ["progress", "--project", title]).stdout.splitlines()
    assert lines[1].split()[:8] == [
        "anna@localhost",
        "3",
        "1",
        "1",
        "30",
        "120",
        "1.0",
        found["annotators"][0]["last"][:10],
    ]
    assert lines[-1] == (
        "1 of 5 tasks are finished, by 2 annotators each; 6 annotations left, about 5 min of one person's work"
    )
    # A decision of an adjudicator is nobody's labelling.
    adjudicate(studio, title, SCHEMA)
    decision = tasks_by_id(studio, name_of(title))["b-0"]
    studio.annotate(decision, regions(DOCUMENTS[0], Annotation((SIX, KILLED)), origin="manual"))
    assert take_back(studio, title, SCHEMA).new == 1
    assert [pace.done for pace in project_pace(studio, title).people] == [3, 1]


@pytest.mark.studio
def test_an_empty_project_has_everything_left(studio: Studio, title: str) -> None:
    import_entries(studio, map(Entry, DOCUMENTS), title, SCHEMA)
    found = project_pace(studio, title)
    assert (found.finished, found.left, found.hours_left, found.people) == (0, 5, None, ())
