"""Events in Label Studio: sheets sent to a project for people to confirm, merge and split, and decisions taken back."""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.corpus import Entry
from workbench.core.errors import StudioError
from workbench.core.progress import Progress, silent
from workbench.record.decisions import Decisions, decide
from workbench.record.edits import Edits
from workbench.record.incident import Tools
from workbench.record.sheets import sheets, tell
from workbench.studio.client import Studio
from workbench.studio.export import Tally, best, complaint, read_tasks
from workbench.studio.importing import import_entries
from workbench.studio.pushing import push


@dataclass(frozen=True)
class Sent:
    """What was sent: sheets in all, those new in the project, those whose links were drawn anew, and bulletins on
    them; `project` is its number."""

    project: int
    sheets: int
    new: int
    redrawn: int
    bulletins: int


@dataclass(frozen=True)
class Taken:
    """What came back: sheets that somebody submitted, those still open, and the decisions."""

    submitted: int
    open: int
    decisions: Decisions


def send(
    studio: Studio,
    entries: Iterable[Entry],
    tools: Tools,
    title: str,
    *,
    edits: Edits | None = None,
    limit: int | None = None,
    progress: Progress = silent,
) -> Sent:
    """Sends the first `limit` sheets of labelled bulletins to the project of that title, made where there is none.

    Running it again adds new sheets and draws the links of the others anew; what was submitted stays.
    Raises StudioError where the server or its project cannot take them.
    """
    told = [tell(entry, tools) for entry in progress(entries, what="linking") if entry.annotation is not None]
    made = sheets(told, tools.schema, edits=edits)[:limit]
    if not made:
        raise StudioError("no bulletin has an event to confirm; label some first, or pre-label with a model")
    done = import_entries(studio, made, title, tools.schema)
    redrawn = push(studio, made, title, tools.schema, progress=progress)
    return Sent(
        done.project, len(made), done.tasks, redrawn.replaced, sum(len(x.document.fields["bulletins"]) for x in made)
    )


def take_back(
    studio: Studio,
    entries: Iterable[Entry],
    tools: Tools,
    title: str,
    *,
    edits: Edits | None = None,
    progress: Progress = silent,
) -> Taken:
    """The decisions of a project's sheets about the bulletins of a corpus; nothing on the server changes.

    Raises StudioError for a project that is not there, holds no submitted sheet, or whose regions do not fit.
    """
    studio.version()
    project = studio.project(title)
    ids, tally = studio.task_ids(project, annotated=True), Tally()
    raw = progress(studio.export(project, ids), what=f"reading {title}", total=len(ids))
    tasks = list(read_tasks(raw, controls=project.controls, people=studio.people(), tally=tally))
    if tally.problems:
        raise StudioError(complaint(tally.problems, remedy="mend them in Label Studio, then run this again"))
    works = [(work.updated, Entry(task.document, work.annotation)) for task in tasks if (work := best(task.works))]
    if not works:
        raise StudioError(f"{project.where} has no submitted sheet yet ({project.tasks} open); confirm some first")
    submitted = [entry for _, entry in sorted(works, key=lambda pair: pair[0])]
    decisions = decide(submitted, entries, tools, edits=edits or Edits())
    return Taken(len(submitted), project.tasks - len(submitted), decisions)
