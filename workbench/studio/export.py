"""Label Studio's JSON export to corpus entries, each region checked against the text and each text against its hash."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import CorpusError, StudioError
from workbench.core.files import open_text
from workbench.core.parse import json_value
from workbench.core.span import Span
from workbench.core.text import brief, shortened
from workbench.studio.forms import Reading, read_regions
from workbench.studio.labeling import Controls
from workbench.studio.tasks import TaskText, read_task_data

COUNTED = (
    "tasks", "rows", "spans", "relations", "values", "empty", "assisted", "skipped", "drafts",
    "several", "doubles", "unannotated", "unhashed", "renamed", "left_out",
)  # fmt: skip


@dataclass
class Tally:
    """What was met on the way, by the names of COUNTED, and a sentence for each thing that could not be taken.

    skipped: annotations that cancel their task; drafts: never submitted; several: tasks with more than one annotation;
    doubles: regions given twice; unannotated: tasks without a submitted annotation; unhashed: tasks of another import,
    whose text cannot be checked; renamed: rows whose id another task had; left_out: annotations with a problem.
    """

    counts: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def as_table(self) -> dict[str, int]:
        """All counts, zeros too, in the order of COUNTED."""
        return {name: self.counts[name] for name in COUNTED}


@dataclass(frozen=True)
class Work:
    """One annotator's submitted annotation of a task. `suggested` are the spans, with scores, of the prediction that
    it started from; None where it started from none, or the server did not keep that one."""

    number: int
    annotator: str
    annotation: Annotation
    extras: Mapping[str, Any]
    ground_truth: bool
    updated: datetime
    suggested: tuple[Span, ...] | None = None


@dataclass(frozen=True)
class Task:
    """A task of the export: its document, and the work on it that can be taken."""

    number: str
    document: Document
    works: tuple[Work, ...]


def entries_from_export(
    tasks: Iterable[Any],
    *,
    controls: Controls | None = None,
    people: Mapping[int, str] | None = None,
    annotator: str | None = None,
    unannotated: bool = False,
    leave_out: bool = False,
    tally: Tally | None = None,
) -> Iterator[Entry]:
    """One entry a task, in the export's order, one at a time.

    Of several annotations the ground truth is taken, else the one changed last; with `annotator` (an email), that
    annotator's last. An annotation without regions is kept as labelled with none; a skipped one is not an annotation.
    `people` names annotators by id; `unannotated` also gives the tasks without annotation, as unlabelled entries.

    Regions that do not match the text and texts edited after the import are problems: everything is read first, then
    StudioError names them; with `leave_out` they are only counted in `tally` and their annotations left out.
    Raises CorpusError for what is no export.
    """
    counted = Tally() if tally is None else tally
    ids: set[str] = set()
    for task in read_tasks(tasks, controls=controls, people=people, annotator=annotator, tally=counted):
        work = best(task.works)
        if work is None:
            counted.counts["unannotated"] += 1
            if not unannotated:
                continue
        yield _counted(counted, own_id(task, ids, counted), work)
    if counted.problems and not leave_out:
        raise StudioError(complaint(counted.problems))


def works_from_export(
    tasks: Iterable[Any],
    *,
    controls: Controls | None = None,
    people: Mapping[int, str] | None = None,
    leave_out: bool = False,
    tally: Tally | None = None,
) -> Iterator[tuple[str, Entry]]:
    """Each annotator's own entry of each task, with the annotator's name; see own and entries_from_export."""
    counted = Tally() if tally is None else tally
    ids: set[str] = set()
    for task in read_tasks(tasks, controls=controls, people=people, tally=counted):
        counted.counts["unannotated"] += not task.works
        document = own_id(task, ids, counted)
        for name in sorted({work.annotator for work in task.works}):
            yield name, _counted(counted, document, own(work for work in task.works if work.annotator == name))
    if counted.problems and not leave_out:
        raise StudioError(complaint(counted.problems))


def read_export(path: str | Path, *, leave_out: bool = False, tally: Tally | None = None) -> Iterator[Entry]:
    """The entries of an export file. Raises CorpusError where it is none; see entries_from_export."""
    with open_text(Path(path)) as file:
        try:
            tasks = json_value(file.read())
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{path} is not JSON ({error}); export it again from Label Studio as JSON") from None
    if not isinstance(tasks, list):
        raise CorpusError(f"{path} holds {type(tasks).__name__}; expected the list of Label Studio's JSON export")
    try:
        yield from entries_from_export(tasks, leave_out=leave_out, tally=tally)
    except CorpusError as error:
        raise CorpusError(f"{path}: {error}") from None


def is_export(value: Any) -> bool:
    """Whether parsed JSON looks like Label Studio's JSON export."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(task, dict) and isinstance(task.get("data"), dict) for task in value[:5])
        and any("annotations" in task or "predictions" in task for task in value[:5])
    )


def best(works: Iterable[Work]) -> Work | None:
    """The work to take of several: the ground truth first, then the one changed last."""
    return max(works, key=lambda work: (work.ground_truth, work.updated, work.number), default=None)


def own(works: Iterable[Work]) -> Work | None:
    """What an annotator said first-hand, of all that one's works on a task: a ground truth beside another work is a
    decision made later, when all works were seen (see studio.adjudicating)."""
    return max(works, key=lambda work: (not work.ground_truth, work.updated, work.number), default=None)


def complaint(
    problems: list[str],
    *,
    shown: int = 5,
    remedy: str = "mend them in Label Studio, or leave them out with --leave-out",
) -> str:
    """One message of all problems, the first few in full."""
    more = len(problems) - shown
    listed = "\n  ".join(problems[:shown]) + (f"\n  and {more} more" if more > 0 else "")
    return (
        f"{len(problems)} annotation{'s' if len(problems) != 1 else ''} cannot be taken as they are, so nothing was "
        f"written; {remedy}:\n  {listed}"
    )


def read_tasks(
    tasks: Iterable[Any],
    *,
    tally: Tally,
    controls: Controls | None = None,
    people: Mapping[int, str] | None = None,
    annotator: str | None = None,
) -> Iterator[Task]:
    """The tasks with all their work (or one annotator's) that has no problem, counting what was met.

    Raises CorpusError for what is no export.
    """
    names = people or {}
    for place, raw in enumerate(tasks, start=1):
        if not isinstance(raw, dict) or not isinstance(raw.get("data"), dict):
            raise CorpusError(
                f"entry {place} of the export is no task with data; expected the format JSON (not JSON-MIN or CSV)"
            )
        number = str(raw.get("id", place))
        if not isinstance(raw.get("annotations") or [], list):
            raise CorpusError(f"task {number} has {brief(raw['annotations'])} as annotations; expected a list")
        text = read_task_data(raw["data"], task=number, controls=controls)
        tally.counts["tasks"] += 1
        tally.counts["unhashed"] += not text.known
        drafts = raw.get("drafts")
        tally.counts["drafts"] += len(drafts) if isinstance(drafts, list) else 0
        given = [
            each
            for each in raw.get("annotations") or []
            if isinstance(each, dict)
            and (annotator is None or annotator_of(each.get("completed_by"), names).lower() == annotator.lower())
        ]
        submitted = [each for each in given if not each.get("was_cancelled")]
        tally.counts["skipped"] += len(given) - len(submitted)
        tally.counts["several"] += len(submitted) > 1
        works = [_work(each, text, number, names, tally) for each in submitted]
        yield Task(number, text.document, tuple(work for work in works if work is not None))


def _work(raw: dict[str, Any], text: TaskText, task: str, people: Mapping[int, str], tally: Tally) -> Work | None:
    """The work of one annotation, or None after its problem was noted."""
    name = annotator_of(raw.get("completed_by"), people)
    where = f"task {task} ({text.document.id}), annotation {raw.get('id', '?')} of {name}"
    if text.edited:
        _refuse(tally, f"{where}: the task's text was edited after its import, so its offsets cannot be trusted")
        return None
    reading = read_regions(text.stored, raw.get("result") or [])
    tally.counts["doubles"] += reading.doubles
    if reading.problems:
        more = f" (and {len(reading.problems) - 1} more)" if len(reading.problems) > 1 else ""
        _refuse(tally, f"{where}: {reading.problems[0]}{more}")
        return None
    return Work(
        number=raw["id"] if isinstance(raw.get("id"), int) else 0,
        annotator=name,
        annotation=_annotation(raw, reading, text, name),
        extras=_extras(raw, reading),
        ground_truth=bool(raw.get("ground_truth")),
        updated=moment(raw.get("updated_at") or raw.get("created_at")),
        suggested=_suggested(raw, reading, text),
    )


def _annotation(raw: dict[str, Any], reading: Reading, text: TaskText, name: str) -> Annotation:
    assisted = reading.assisted or raw.get("parent_prediction") is not None
    # The server keeps a snapshot of some prediction with every annotation; it tells something only of an assisted one.
    snapshot = raw.get("prediction")
    version = snapshot.get("model_version") if assisted and isinstance(snapshot, dict) else None
    return Annotation(
        # A score is the model's; what a person has confirmed has none.
        spans=tuple(Span(text.place(s.start), text.place(s.end), s.label, None, s.choices) for s in reading.spans),
        relations=reading.relations,
        origin="human",
        author=name,
        model_version=str(version) if version else None,
        assisted=assisted,
    )


def _suggested(raw: dict[str, Any], reading: Reading, text: TaskText) -> tuple[Span, ...] | None:
    parent, snapshot = raw.get("parent_prediction"), raw.get("prediction")
    if not (reading.assisted or parent is not None) or not isinstance(snapshot, dict) or "result" not in snapshot:
        return None
    # The snapshot is of the version that the project shows, which need not be the one that was started from.
    if parent is not None and snapshot.get("id") != parent:
        return None
    found = read_regions(text.stored, snapshot["result"] or [])
    if found.problems:
        return None
    return tuple(Span(text.place(s.start), text.place(s.end), s.label, s.score) for s in found.spans)


def _extras(raw: dict[str, Any], reading: Reading) -> dict[str, Any]:
    extras: dict[str, Any] = {
        "region_values": [dict(value) for value in reading.values],
        "answers": dict(reading.answers or {}),
        "lead_time": raw.get("lead_time"),
    }
    return {name: value for name, value in extras.items() if value}


def _refuse(tally: Tally, problem: str) -> None:
    tally.problems.append(shortened(problem))
    tally.counts["left_out"] += 1


def own_id(task: Task, ids: set[str], tally: Tally) -> Document:
    """The document under an id that no task before it had: a corpus file needs each to have its own."""
    document = task.document
    if document.id in ids:
        document = replace(document, id=f"{document.id}@task-{task.number}")
        tally.counts["renamed"] += 1
    ids.add(document.id)
    return document


def _counted(tally: Tally, document: Document, work: Work | None) -> Entry:
    tally.counts["rows"] += 1
    if work is None:
        return Entry(document)
    tally.counts["spans"] += len(work.annotation.spans)
    tally.counts["relations"] += len(work.annotation.relations)
    tally.counts["values"] += len(work.extras.get("region_values", ())) + len(work.extras.get("answers", ()))
    tally.counts["values"] += sum(len(span.choices) for span in work.annotation.spans)
    tally.counts["empty"] += not work.annotation.spans
    tally.counts["assisted"] += work.annotation.assisted
    tally.labels.update(span.label for span in work.annotation.spans)
    return Entry(replace(document, fields={**document.fields, **work.extras}), work.annotation)


def annotator_of(value: Any, people: Mapping[int, str]) -> str:
    """The email of who completed it: from the export, else from `people`, else a name made of the number."""
    if isinstance(value, dict):
        return str(value.get("email") or f"user-{value.get('id', '?')}")
    return people.get(value, f"user-{value}") if isinstance(value, int) else "unknown"


def moment(value: Any) -> datetime:
    """A time as the export writes it; the earliest there is for what is none."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
