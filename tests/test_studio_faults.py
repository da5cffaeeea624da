"""What a server that goes away, and a second hand at the same work, do to imports and pushes: nothing is doubled."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from serve_help import documents
from studio_help import Line, RunningStudio, tasks_by_id

from workbench.core.corpus import Annotation, Entry
from workbench.core.errors import StudioError
from workbench.core.schema import Label, Schema
from workbench.core.span import Span
from workbench.studio.client import Studio
from workbench.studio.connect import annotator, connect
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.pushing import push
from workbench.studio.settling import open_project, take_out_doubles
from workbench.studio.tasks import task_data

pytestmark = pytest.mark.studio

SCHEMA = Schema("small", (Label("EVENT_ATTACK", "event"), Label("TARGET", "party")))
DOCUMENTS = documents(12)
SPAN = Span(0, 3, "TARGET")


@pytest.fixture
def line(running_studio: RunningStudio) -> Iterator[Line]:
    with closing(Line(running_studio.server.url)) as made:
        yield made


@pytest.fixture
def far(running_studio: RunningStudio, line: Line) -> Iterator[Studio]:
    """The client at the other end of the line."""
    with Studio(line.url, str(running_studio.server.administrator.token), waits=()) as client:
        yield client


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.studio.importing.BATCH_TASKS", 3)
    monkeypatch.setattr("workbench.studio.pushing.BATCH", 3)


def predicted(version: str = "m1") -> list[Entry]:
    said = Annotation((replace(SPAN, score=0.5),), origin="model", model_version=version)
    return [Entry(document, said) for document in DOCUMENTS]


def counts(studio: Studio, title: str) -> tuple[int, list[int]]:
    """How many tasks there are, and how many predictions each has."""
    found = list(studio.task_predictions(studio.project(title)))
    return len(found), [len(predictions) for _, _, predictions in found]


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("fault", ["the line is cut", "an answer is lost"])
def test_an_import_whose_server_goes_away_is_taken_up_without_doubles(
    studio: Studio, far: Studio, line: Line, title: str, fault: str
) -> None:
    def entries() -> Iterator[Entry]:
        for place, entry in enumerate(predicted()):
            if place == 7:
                line.cut() if fault == "the line is cut" else line.swallow_answer_to(b"/import")
            yield entry

    with pytest.raises(StudioError, match=r"run the same command again|does not answer|broke"):
        import_entries(far, entries(), title, SCHEMA)
    stored = studio.project(title).tasks
    # Where only the answer was lost, the server has stored what it was sent.
    assert stored == (6 if fault == "the line is cut" else 9)
    line.mend()
    done = import_entries(far, predicted(), title, SCHEMA)
    assert (done.tasks, done.known) == (12 - stored, stored)
    assert counts(studio, title) == (12, [1] * 12)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("fault", ["the line is cut", "an answer is lost"])
def test_a_push_whose_server_goes_away_is_taken_up_without_doubles(
    studio: Studio, far: Studio, line: Line, title: str, fault: str
) -> None:
    import_entries(studio, map(Entry, DOCUMENTS), title, SCHEMA)

    def entries() -> Iterator[Entry]:
        for place, entry in enumerate(predicted()):
            if place == 7:
                line.cut() if fault == "the line is cut" else line.swallow_answer_to(b"/import/predictions")
            yield entry

    with pytest.raises(StudioError, match=r"run the same command again|does not answer|broke"):
        push(far, entries(), title, SCHEMA)
    stored = sum(counts(studio, title)[1])
    assert stored == (6 if fault == "the line is cut" else 9)
    line.mend()
    done = push(far, predicted(), title, SCHEMA)
    assert (done.added, done.same, done.replaced) == (12 - stored, stored, 0)
    assert counts(studio, title) == (12, [1] * 12)


@pytest.mark.usefixtures("small_batches")
def test_two_imports_at_once_make_one_project_of_one_task_a_bulletin(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    done, start = [], threading.Barrier(2)

    def run(entries: list[Entry]) -> None:
        with connect(running_studio.workspace) as client:
            client.version()
            start.wait()
            done.append(import_entries(client, entries, title, SCHEMA))

    both = [threading.Thread(target=run, args=(each,)) for each in (predicted(), predicted()[::-1])]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(studio.projects_named(title)) == 1
    assert {each.project for each in done} == {studio.project(title).id}
    assert counts(studio, title) == (12, [1] * 12)
    # Who reads the tasks while the other writes them sends some again, and takes them out.
    assert sum(each.tasks for each in done) >= 12


def test_of_doubles_the_one_that_was_worked_on_stays(running_studio: RunningStudio, studio: Studio, title: str) -> None:
    project, _ = open_project(studio, title, SCHEMA)
    alike, worked, both, twice = (Entry(document) for document in DOCUMENTS[:4])
    made = regions(both.document, Annotation((SPAN,)), origin="manual")
    entries = [alike, worked, both, twice] * 2
    studio.import_tasks(project, [{"data": task_data(entry.document)} for entry in entries])
    numbers = studio.task_ids(project)
    studio.annotate(numbers[5], [])  # the younger of `worked`
    for number in (numbers[2], numbers[6]):  # both of `both`, and they say the same
        studio.annotate(number, made)
    studio.annotate(numbers[3], made)
    with annotator(running_studio.workspace, running_studio.server, "anna") as anna:
        anna.annotate(numbers[7], made)  # both of `twice`, by two people
    hashes = {entry.document.hash for entry in entries}
    assert take_out_doubles(studio, project, hashes, expected=8) == 0
    assert take_out_doubles(studio, project, {alike.document.hash}, expected=4) == 1
    assert take_out_doubles(studio, project, hashes, expected=4) == 2
    assert studio.task_ids(project) == [numbers[place] for place in (0, 2, 3, 5, 7)]


def test_a_project_gets_the_annotators_and_guidelines_that_are_asked_for_later(studio: Studio, title: str) -> None:
    first, made = open_project(studio, title, SCHEMA)
    assert (made, first.annotators) == (True, 1)
    import_entries(studio, map(Entry, DOCUMENTS[:1]), title, SCHEMA, annotators=2, guidelines="# House rules")
    assert studio.project(title).annotators == 2
    found: Any = studio.sdk.projects.get(first.id)
    assert found.expert_instruction.strip() == "<h1>House rules</h1>"
    import_entries(studio, map(Entry, DOCUMENTS[:2]), title, SCHEMA)
    assert studio.project(title).annotators == 2
    assert len(tasks_by_id(studio, title)) == 2


class Late:
    """A request that the server gets only when everybody thinks that it was lost."""

    def __init__(self, send: Callable[..., Any]) -> None:
        self._send, self._kept = send, list[tuple[Any, ...]]()

    def lose(self, *given: Any) -> None:
        self._kept.append(given)
        raise StudioError("took too long; run the same command again")

    def arrive(self) -> None:
        for given in self._kept:
            self._send(*given)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("when", ["while the same command runs again", "after it"])
def test_a_request_that_is_carried_out_late_doubles_nothing(
    studio: Studio, title: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def again(command: Callable[[Iterator[Entry]], object], late: Late) -> None:
        def entries() -> Iterator[Entry]:
            yield predicted()[0]
            if when == "while the same command runs again":
                late.arrive()
            yield from predicted()[1:]

        with monkeypatch.context() as patch:
            patch.setattr(studio, name, late.lose)
            with pytest.raises(StudioError):
                command(iter(predicted()))
        command(entries())
        if when == "after it":
            late.arrive()
            command(iter(predicted()))

    import_entries(studio, map(Entry, DOCUMENTS[:1]), title, SCHEMA)
    name = "add_predictions"
    again(lambda entries: push(studio, entries, title, SCHEMA), Late(studio.add_predictions))
    assert counts(studio, title) == (1, [1])
    name = "import_tasks"
    again(lambda entries: import_entries(studio, entries, title, SCHEMA), Late(studio.import_tasks))
    assert counts(studio, title) == (12, [1] * 12)


@pytest.mark.parametrize("what", ["predictions", "annotations"])
def test_tasks_that_the_server_stored_without_what_was_said_of_them_are_sent_anew(
    studio: Studio, title: str, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """As Label Studio 1.23 does where it answers other requests at the same moment."""
    real, sent = studio.sdk.projects.import_tasks, list[int]()

    def forgetful(number: int, *, request: Any, **how: Any) -> Any:
        sent.append(len(request))
        kept = [{name: value for name, value in task.items() if name != what} for task in request]
        return real(number, request=kept if len(sent) == 1 else request, **how)

    monkeypatch.setattr(studio.sdk.projects, "import_tasks", forgetful)
    people = [Entry(document, Annotation((SPAN,))) for document in DOCUMENTS]
    entries = predicted() if what == "predictions" else people
    import_entries(studio, entries, title, SCHEMA, with_annotations=True)
    assert sent == [12, 12]
    project = studio.project(title)
    found = list(studio.export(project, studio.task_ids(project)))
    assert [len(task["annotations"]) for task in found] == [int(what == "annotations")] * 12
    assert counts(studio, title) == (12, [int(what == "predictions")] * 12)
