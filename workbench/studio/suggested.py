"""People's work as Label Studio kept it: what it started from, what it came to, and how long it took."""

from dataclasses import dataclass

from workbench.core.corpus import Entry
from workbench.core.progress import Progress, silent
from workbench.core.span import Span
from workbench.studio.client import Studio
from workbench.studio.export import Tally, read_tasks
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
    studio.version()
    project, tally = studio.project(title), Tally()
    ids = studio.task_ids(project, annotated=True)
    raw = progress(studio.export(project, ids), what="reading", total=len(ids))
    tasks = list(read_tasks(raw, controls=project.controls, people=studio.people(), tally=tally))
    work = [
        Started(
            Entry(task.document, one.annotation),
            one.suggested,
            one.extras.get("lead_time"),
            task.document.fields.get(BLIND) is True,
        )
        for task in tasks
        for one in task.works
        if not one.ground_truth or len(task.works) == 1
    ]
    return PeoplesWork(tuple(work), tuple(tally.problems))
