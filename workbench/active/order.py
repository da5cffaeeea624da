"""A project's unlabelled tasks in the order of a strategy, as its view and its sampling hand them out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.active.diverse import near_copies, ranking
from workbench.active.strategies import COMMITTEE, COUNTING, signals_of, strategy_named
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent
from workbench.studio.calls import CallError
from workbench.studio.client import CHUNK, Studio
from workbench.studio.export import Tally, entries_from_export
from workbench.studio.project import Project
from workbench.studio.protocol import Asked, Page, answer, read_page, read_task
from workbench.studio.tasks import task_score
from workbench.studio.wiring import show, view_by_score
from workbench.tag.model import Model
from workbench.tag.prelabel import predict
from workbench.tag.rules import Joiner


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was ordered: tasks in their new order, how many were near-copies set back, predictions added and changed."""

    tasks: tuple[int, ...]
    set_back: int
    added: int
    changed: int


@dataclass(frozen=True, slots=True)
class _Task:
    """An unlabelled task and, where there is one, its prediction of the model's version: number, result, score."""

    asked: Asked
    prediction: tuple[int, list[Any], float | None] | None


def order_project(
    studio: Studio,
    title: str,
    *,
    model: Model,
    joiner: Joiner | None = None,
    strategy: str,
    others: Sequence[Model] = (),
    corpora: Iterable[Entry] = (),
    diverse: bool = True,
    limit: int | None = None,
    progress: Progress = silent,
) -> Ordered:
    """Puts the tasks that nobody has labelled into the order of the strategy, near-copies behind the first of them.

    The order is written as the scores of the model's predictions, the first lowest: that is what the tab and
    "Uncertainty sampling" go by. Predictions that the backend makes later bear the model's own confidence again, so
    it is to be run anew after training. `others` make a committee with the model, whose predictions are shown.
    With `limit`, only so many tasks are read and labelled: those that come first by the scores that the predictions of
    this version have now. They change places among themselves, so all others stay behind them.
    Raises StudioError, and InputError for an unknown strategy, one that needs a committee where there is none, or a
    limit where the project has no prediction of the version.
    """
    value_of = strategy_named(strategy)
    if strategy in COMMITTEE and not others:
        raise InputError(
            f"the strategy {strategy} asks how far models differ, but there is one; name two or more, trained with "
            "different seeds or on different parts: --model A --model B"
        )
    version = joiner.version(model.version) if joiner else model.version
    project = studio.project(title)
    page = read_page(project.config, where=project.where)
    if limit is None:
        annotated = set(studio.task_ids(project, annotated=True))
        ids = [number for number in studio.task_ids(project) if number not in annotated]
    else:
        ids = _first(studio, project, version, limit)
    tasks = list(progress(_tasks(studio, project, page, ids, version), what="reading tasks", total=len(ids)))
    documents = [task.asked.document for task in tasks if task.asked.document is not None]
    seen = _seen(studio, project, corpora) if strategy in COUNTING else {}
    values = [value_of(each, seen) for each in signals_of(model, documents, others=others)]
    clusters = near_copies(documents) if diverse else []
    order = ranking(values, clusters)
    labels = _Labels(model, joiner, version)
    counts = _write(studio, project, page, labels, [tasks[place] for place in order], progress, own=limit is not None)
    show(studio, project, version)
    view_by_score(studio, project)
    numbers = tuple(tasks[place].asked.number or 0 for place in order)
    return Ordered(numbers, sum(len(cluster) - 1 for cluster in clusters), *counts)


def _first(studio: Studio, project: Project, version: str, limit: int) -> list[int]:
    """The tasks that come first by that version's scores; it is shown from now on, since the server goes by what is."""
    try:
        show(studio, project, version)
    except CallError as error:
        if error.status != 400:
            raise
        raise InputError(
            f"{project.where} has no predictions by {version}, whose scores --limit goes by (it shows those by "
            f"{project.model_version or 'all'}); send them with `workbench import --model`, or order without --limit"
        ) from None
    return studio.first_tasks(project, limit)


@dataclass(frozen=True, slots=True)
class _Labels:
    """What the page is to show: the model's labels, with the rules joined where there are some."""

    model: Model
    joiner: Joiner | None
    version: str

    def __call__(self, documents: Sequence[Document]) -> list[Annotation]:
        said = predict(self.model, documents)
        if self.joiner is None:
            return said
        return [self.joiner(one, document) for one, document in zip(said, documents, strict=True)]


def _tasks(studio: Studio, project: Project, page: Page, ids: list[int], version: str) -> Iterable[_Task]:
    """The tasks that hold a text, a chunk of requests at a time."""
    for start in range(0, len(ids), CHUNK):
        for number, data, found in studio.task_predictions(project, ids=ids[start : start + CHUNK]):
            asked = read_task(number, data, page, longest=1_000_000)
            mine = [
                (int(each["id"]), each["result"], each.get("score"))
                for each in found
                if each.get("model_version") == version
            ]
            if asked.document is not None:
                yield _Task(asked, mine[-1] if mine else None)


def _seen(studio: Studio, project: Project, corpora: Iterable[Entry]) -> Mapping[str, int]:
    """How often each label was given so far, in the project and in the corpora."""
    annotated = studio.task_ids(project, annotated=True)
    exported = studio.export(project, annotated) if annotated else ()
    own = entries_from_export(
        exported, controls=project.controls, people=studio.people(), leave_out=True, tally=Tally()
    )
    return Counter(span.label for entry in (*own, *corpora) for span in entry.spans)


def _write(
    studio: Studio,
    project: Project,
    page: Page,
    labels: "_Labels",
    ordered: list[_Task],
    progress: Progress,
    *,
    own: bool,
) -> tuple[int, int]:
    """Writes the order as scores; returns how many predictions were added and changed.

    The scores are evenly spread from 0 to 1, or with `own` those that the predictions have, dealt anew.
    """
    bare = [task for task in ordered if task.prediction is None]
    said = labels([task.asked.document for task in bare if task.asked.document is not None])
    new = {task.asked.number: made for task, made in zip(bare, said, strict=True)}
    scores = _own_scores(ordered, said) if own else [round((n + 0.5) / len(ordered), 6) for n in range(len(ordered))]
    added: list[dict[str, Any]] = []
    changed = 0
    for task, score in zip(progress(ordered, what="ordering", total=len(ordered)), scores, strict=True):
        if task.prediction is not None:
            number, result, before = task.prediction
            if before != score:
                studio.replace_prediction(number, {"result": result, "score": score})
                changed += 1
            continue
        made, _ = answer(task.asked, new[task.asked.number], page, version=labels.version)
        if isinstance(made, dict):
            added.append({"task": task.asked.number, **made, "score": score})
    for start in range(0, len(added), CHUNK):
        studio.add_predictions(project, added[start : start + CHUNK])
    return len(added), changed


def _own_scores(ordered: list[_Task], said: Sequence[Annotation]) -> list[float]:
    """The scores of the tasks' predictions, those just made among them, the lowest first; 1 where there is none."""
    there = [task.prediction[2] for task in ordered if task.prediction is not None]
    return sorted(1.0 if score is None else score for score in (*there, *map(task_score, said)))
