"""Where annotators of a project differ: a project of just those tasks, and its decisions back as ground truth.

Nobody's work is changed: a decision is a further annotation, of the person who decided, marked as the ground truth.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.core.corpus import Annotation, Document, Entry, sorted_annotation, write_corpus
from workbench.core.errors import StudioError
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.studio.client import Studio
from workbench.studio.export import Tally, Task, Work, best, complaint, own, read_tasks
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.labeling import Controls, require_labels
from workbench.studio.project import Project
from workbench.studio.pushing import push
from workbench.studio.tasks import content_hash, meaning

SUFFIX = ": adjudication"
# The field of a decision's row that keeps what each annotator said, as [start, end, label].
SAID = "annotators"


@dataclass(frozen=True)
class Dispute:
    """A bulletin, and the own work of each annotator where they differ."""

    document: Document
    works: tuple[Work, ...]

    @property
    def assisted(self) -> Work | None:
        """The first work that started from a model's suggestions, if any did: the decision then started there too."""
        return next((work for work in self.works if work.annotation.assisted), None)


@dataclass(frozen=True)
class Adjudication:
    """What was set out for adjudication: disputes of the project, those new in the adjudication project, tasks that
    several annotators see alike, tasks that are decided (they have a ground truth), and tasks of one annotator.
    `project` is None where there was never anything to decide."""

    title: str
    project: int | None
    disputes: int
    new: int
    alike: int
    decided: int
    single: int


@dataclass(frozen=True)
class TakenBack:
    """What came of the decisions: marked as ground truth anew, changed since, and there already; tasks still open;
    rows written to the corpus file; decisions about bulletins that the project no longer holds, by id."""

    new: int
    changed: int
    same: int
    open: int
    rows: int
    missing: tuple[str, ...]


def name_of(title: str) -> str:
    """The title of a project's adjudication. Raises StudioError where it would be longer than the server takes."""
    if len(title) + len(SUFFIX) > 50:
        raise StudioError(
            f"the title {title!r} is too long: with {SUFFIX!r} it would pass the 50 characters that Label Studio "
            "takes; rename the project, or name the adjudication with --into"
        )
    return title + SUFFIX


def adjudicate(
    studio: Studio, title: str, schema: Schema, *, into: str | None = None, progress: Progress = silent
) -> Adjudication:
    """Makes or completes the adjudication project of `title`: a task for each dispute, with each annotator's spans as
    predictions under the annotator's name. Running it again adds new disputes and takes over changed work.

    Raises StudioError for a project that is not there, or annotations that do not match their text.
    """
    studio.version()
    project, target = studio.project(title), into or name_of(title)
    found, new = _sorted_out(_read(studio, project, progress)), 0
    if found.disputes:
        new = import_entries(studio, [Entry(dispute.document) for dispute in found.disputes], target, schema).tasks
        push(studio, _as_predictions(found.disputes), target, schema, progress=progress, show=False)
        # With no version chosen the page shows the predictions of all of them, side by side.
        studio.show_model(studio.project(target), "")
    made = studio.find_project(target)
    number = made.id if made else None
    return Adjudication(target, number, len(found.disputes), new, found.alike, found.decided, found.single)


def take_back(
    studio: Studio,
    title: str,
    schema: Schema,
    *,
    into: str | None = None,
    path: Path | None = None,
    progress: Progress = silent,
) -> TakenBack:
    """Takes the decisions of the adjudication project back to `title` as ground truth, in the name of who decided.

    With `path` they are also written as a corpus whose rows keep what each annotator said. Running it again changes
    nothing but what was decided otherwise since. Raises StudioError where there is no adjudication project.
    """
    studio.version()
    project, source = studio.project(title), studio.project(into or name_of(title))
    controls = require_labels(project.config, schema, where=project.where)
    decisions = [(task.document, work) for task in _read(studio, source, progress) if (work := best(task.works))]
    numbers, there = _numbers(studio, project, controls), {t.document.hash: t for t in _read(studio, project, silent)}
    ids = {email: number for number, email in studio.people().items()}
    counts, rows, missing = dict.fromkeys(("new", "changed", "same"), 0), [], []
    for document, work in decisions:
        task, number = there.get(document.hash), numbers.get(document.hash)
        if task is None or number is None:
            missing.append(document.id)
            continue
        entry = decided(task, work, schema)
        counts[_store(studio, task, number, entry, controls, ids.get(work.annotator))] += 1
        rows.append(entry)
    if path is not None:
        write_corpus(path, rows)
    return TakenBack(
        **counts, open=source.tasks - len(decisions), rows=len(rows) if path else 0, missing=tuple(missing)
    )


def disputes(tasks: Iterable[Task]) -> Iterator[Dispute]:
    """The tasks without a ground truth whose annotators' own works differ in spans or relations."""
    for task in tasks:
        works = own_works(task)
        said = {meaning(work.annotation.spans, work.annotation.relations) for work in works}
        if len(said) > 1 and not any(work.ground_truth for work in task.works):
            yield Dispute(task.document, works)


def own_works(task: Task) -> tuple[Work, ...]:
    """The own work of each annotator of a task, by name."""
    names = sorted({work.annotator for work in task.works})
    found = (own(work for work in task.works if work.annotator == name) for name in names)
    return tuple(work for work in found if work is not None)


def decided(task: Task, decision: Work, schema: Schema) -> Entry:
    """A decision as an entry of the original's document, with what each annotator said in the field SAID.

    It counts as assisted where an annotator's work was, not because it started from the annotators' spans.
    """
    dispute = Dispute(task.document, own_works(task))
    model = dispute.assisted.annotation if dispute.assisted else None
    annotation = replace(
        sorted_annotation(decision.annotation),
        assisted=model is not None,
        model_version=model.model_version if model else None,
    )
    schema.check(annotation.spans, where=f"the decision on bulletin {task.document.id}")
    said = {work.annotator: [[s.start, s.end, s.label] for s in work.annotation.spans] for work in dispute.works}
    return Entry(replace(task.document, fields={**task.document.fields, SAID: said}), annotation)


@dataclass(frozen=True)
class _Found:
    disputes: tuple[Dispute, ...]
    alike: int
    decided: int
    single: int


def _sorted_out(tasks: list[Task]) -> _Found:
    found = tuple(disputes(tasks))
    closed = sum(any(work.ground_truth for work in task.works) for task in tasks)
    single = sum(len(own_works(task)) < 2 and not any(w.ground_truth for w in task.works) for task in tasks)
    return _Found(found, len(tasks) - len(found) - closed - single, closed, single)


def _as_predictions(found: Iterable[Dispute]) -> Iterator[Entry]:
    for dispute in found:
        for work in dispute.works:
            yield Entry(dispute.document, replace(work.annotation, model_version=work.annotator))


def _read(studio: Studio, project: Project, progress: Progress) -> list[Task]:
    """The tasks that hold submitted work. Raises StudioError where some of it does not match its text."""
    ids, tally = studio.task_ids(project, annotated=True), Tally()
    raw = progress(studio.export(project, ids), what=f"reading {project.title}", total=len(ids))
    tasks = list(read_tasks(raw, controls=project.controls, people=studio.people(), tally=tally))
    if tally.problems:
        raise StudioError(complaint(tally.problems, remedy="mend them in Label Studio, then run this again"))
    return [task for task in tasks if task.works]


def _numbers(studio: Studio, project: Project, controls: Controls) -> Mapping[str | None, int]:
    """Numbers of the project's tasks by content; those with carriage returns, whose offsets differ, are left out."""
    return {
        content_hash(data, controls=controls): number
        for number, data in studio.task_data(project)
        if "\r" not in str(data.get(controls.value, ""))
    }


def _store(studio: Studio, task: Task, number: int, entry: Entry, controls: Controls, person: int | None) -> str:
    """Makes the decision the task's ground truth; says whether it was new, changed or the same."""
    annotation = entry.annotation or Annotation()
    truth = next((work for work in task.works if work.ground_truth), None)
    made = regions(
        entry.document, annotation, controls=controls, origin="prediction" if annotation.assisted else "manual"
    )
    if truth is None or truth.annotator != annotation.author:
        studio.annotate(number, made, ground_truth=True, by=person)
        return "new"
    if meaning(truth.annotation.spans, truth.annotation.relations) == meaning(annotation.spans, annotation.relations):
        return "same"
    studio.replace_annotation(truth.number, made)
    return "changed"
