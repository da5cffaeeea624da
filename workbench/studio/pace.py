"""How far a project is and how fast its annotators work, from what Label Studio notes of each annotation."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Any

from workbench.core.progress import Progress, silent
from workbench.studio.client import Studio
from workbench.studio.export import annotator_of, moment

# A task that stood open over lunch would drown all others: none counts as more than so many times the median.
LONGEST = 10.0


@dataclass(frozen=True, slots=True)
class Effort:
    """What one person did with one task. `seconds` is how long it was open, None where nobody measured (an import)."""

    task: int
    annotator: str
    kind: str
    spans: int
    seconds: float | None
    when: datetime


DONE, SKIPPED, DRAFT = "done", "skipped", "draft"


@dataclass(frozen=True, slots=True)
class Pace:
    """One annotator: tasks done, skipped and begun but not submitted, and the pace of those that were timed.

    `seconds` is the median time of a task; `labels_per_hour` and `tasks_per_hour` count each timed task with at most
    LONGEST medians. None where nothing was timed. `last` is the last moment of work.
    """

    annotator: str
    done: int
    skipped: int
    drafts: int
    spans: int
    timed: int
    seconds: float | None
    labels_per_hour: float | None
    tasks_per_hour: float | None
    last: datetime

    @property
    def spans_per_task(self) -> float | None:
        """Mean number of spans of the tasks done."""
        return self.spans / self.done if self.done else None


@dataclass(frozen=True)
class Advance:
    """A project: its tasks, how many people are to label each, how many tasks have all of them, annotations left.

    `hours_left` is the work of one person at the mean pace so far; None where nothing was timed.
    """

    tasks: int
    annotators: int
    finished: int
    left: int
    hours_left: float | None
    people: tuple[Pace, ...]


def project_pace(studio: Studio, title: str, *, progress: Progress = silent) -> Advance:
    """Reads the work on a project. Raises StudioError for a project that is not there."""
    studio.version()
    project, people = studio.project(title), studio.people()
    ids = studio.task_ids(project, annotated=True)
    raw = progress(studio.export(project, ids), what="reading", total=len(ids))
    efforts = [effort for task in raw for effort in efforts_of(task, people)]
    return advance(efforts, tasks=project.tasks, annotators=project.annotators)


def efforts_of(task: Mapping[str, Any], people: Mapping[int, str]) -> Iterator[Effort]:
    """The efforts in one task of the JSON export; a decision made over the works of others is none."""
    number = int(task["id"])
    annotations = [each for each in task.get("annotations") or () if isinstance(each, dict)]
    for each in annotations:
        if not (each.get("ground_truth") and len(annotations) > 1):
            yield _effort(number, each, SKIPPED if each.get("was_cancelled") else DONE, people)
    submitted = {effort.annotator for effort in (_effort(number, each, DONE, people) for each in annotations)}
    for each in task.get("drafts") or ():
        if isinstance(each, dict) and (draft := _effort(number, each, DRAFT, people)).annotator not in submitted:
            yield draft


def advance(efforts: Iterable[Effort], *, tasks: int, annotators: int) -> Advance:
    """Sums efforts up: by person, and what is left until `annotators` people have labelled each of `tasks`."""
    by_person: dict[str, list[Effort]] = defaultdict(list)
    for effort in efforts:
        by_person[effort.annotator].append(effort)
    by_task: dict[int, set[str]] = defaultdict(set)
    for name, some in by_person.items():
        for effort in some:
            if effort.kind == DONE:
                by_task[effort.task].add(name)
    given = [min(len(names), annotators) for names in by_task.values()]
    left = tasks * annotators - sum(given)
    times = [seconds for some in by_person.values() for seconds in _bounded(some)]
    return Advance(
        tasks=tasks,
        annotators=annotators,
        finished=given.count(annotators),
        left=left,
        hours_left=left * fmean(times) / 3600 if times else None,
        people=tuple(_pace(name, some) for name, some in sorted(by_person.items())),
    )


def _pace(name: str, efforts: Sequence[Effort]) -> Pace:
    done = [effort for effort in efforts if effort.kind == DONE]
    timed = [effort for effort in done if effort.seconds]
    hours = sum(_bounded(efforts)) / 3600
    return Pace(
        annotator=name,
        done=len({effort.task for effort in done}),
        skipped=sum(effort.kind == SKIPPED for effort in efforts),
        drafts=sum(effort.kind == DRAFT for effort in efforts),
        spans=sum(effort.spans for effort in done),
        timed=len(timed),
        seconds=median(effort.seconds or 0.0 for effort in timed) if timed else None,
        labels_per_hour=sum(effort.spans for effort in timed) / hours if hours else None,
        tasks_per_hour=len(timed) / hours if hours else None,
        last=max(effort.when for effort in efforts),
    )


def _bounded(efforts: Iterable[Effort]) -> list[float]:
    """The times of one person's timed tasks, none longer than LONGEST medians."""
    times = [effort.seconds for effort in efforts if effort.kind == DONE and effort.seconds]
    return [min(seconds, LONGEST * median(times)) for seconds in times]


def _effort(task: int, raw: Mapping[str, Any], kind: str, people: Mapping[int, str]) -> Effort:
    regions = raw.get("result") or []
    seconds = raw.get("lead_time")
    return Effort(
        task=task,
        # A draft names its person in another field, and the server gives that as an email.
        annotator=annotator_of(raw.get("completed_by"), people) if kind != DRAFT else str(raw.get("user") or "unknown"),
        kind=kind,
        spans=sum(isinstance(each, dict) and each.get("type") == "labels" for each in regions),
        seconds=float(seconds) if isinstance(seconds, int | float) and seconds > 0 else None,
        when=moment(raw.get("updated_at") or raw.get("created_at")),
    )
