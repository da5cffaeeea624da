"""People's work as Label Studio kept it: what it started from, what it came to, and how long it took."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.core.corpus import Entry
from workbench.core.progress import Progress, silent
from workbench.core.span import Span
from workbench.studio.client import Studio
from workbench.studio.export import Tally, Task, Work, own, own_id, read_tasks
from workbench.studio.tasks import BLIND


@dataclass(frozen=True)
class Started:
    """One annotation with the spans that were suggested (see export.Work), its seconds, and whether it was blind."""

    entry: Entry
    suggested: tuple[Span, ...] | None
    seconds: float | None
    blind: bool


@dataclass(frozen=True)
class PeoplesWork:
    """All annotations of a project, and a sentence for each that does not match its text."""

    work: tuple[Started, ...]
    problems: tuple[str, ...]


def read_work(studio: Studio, title: str, *, progress: Progress = silent) -> PeoplesWork:
    """The submitted annotations of a project, decisions of an adjudication left out: those were not labelled afresh.

    Raises StudioError for a project that is not there.
    """
    tally = Tally()
    work = [
        Started(
            Entry(task.document, one.annotation),
            one.suggested,
            one.extras.get("lead_time"),
            task.document.fields.get(BLIND) is True,
        )
        for task in _tasks(studio, title, tally, progress)
        for one in _afresh(task)
    ]
    return PeoplesWork(tuple(work), tuple(tally.problems))


def read_by_annotator(studio: Studio, title: str, *, progress: Progress = silent) -> dict[str, list[Entry]]:
    """Each annotator's own entries, by name; decisions of an adjudication and what does not match its text left out.

    Raises StudioError for a project that is not there.
    """
    tally, ids = Tally(), set[str]()
    found: dict[str, list[Entry]] = {}
    for task in _tasks(studio, title, tally, progress):
        document = own_id(task, ids, tally)
        works = list(_afresh(task))
        for name in sorted({work.annotator for work in works}):
            if work := own(each for each in works if each.annotator == name):
                found.setdefault(name, []).append(Entry(document, work.annotation))
    return found


def _tasks(studio: Studio, title: str, tally: Tally, progress: Progress) -> Iterator[Task]:
    """The tasks of a project that somebody worked on."""
    studio.version()
    project = studio.project(title)
    ids = studio.task_ids(project, annotated=True)
    raw = progress(studio.export(project, ids), what="reading", total=len(ids))
    yield from read_tasks(raw, controls=project.controls, people=studio.people(), tally=tally)


def _afresh(task: Task) -> Iterator[Work]:
    """The works that are no decision over the works of others."""
    return (one for one in task.works if not one.ground_truth or len(task.works) == 1)
