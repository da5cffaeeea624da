"""A project's unlabelled tasks in the order of a strategy, as its view and its sampling hand them out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.active.diverse import near_copies, ranking
from workbench.active.strategies import COMMITTEE, signals_of, strategy_named
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent
from workbench.studio.client import CHUNK, Project, Studio
from workbench.studio.export import Tally, entries_from_export
from workbench.studio.protocol import Asked, Page, answer, read_page, read_task
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
    """An unlabelled task and, where there is one, its prediction of the model's version: number and result."""

    asked: Asked
    prediction: tuple[int, list[Any]] | None


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
    progress: Progress = silent,
) -> Ordered:
    """Puts the tasks that nobody has labelled into the order of the strategy, near-copies behind the first of them.

    The order is written as the scores of the model's predictions, the first lowest: that is what the tab and
    "Uncertainty sampling" go by. Predictions that the backend makes later bear the model's own confidence again, so
    it is to be run anew after training. `others` make a committee with the model, whose predictions are shown.
    Raises StudioError, and InputError for an unknown strategy, or one that needs a committee where there is none.
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
    annotated = set(studio.task_ids(project, annotated=True))
    ids = [number for number in studio.task_ids(project) if number not in annotated]
    tasks = list(progress(_tasks(studio, project, page, ids, version), what="reading tasks", total=len(ids)))
    documents = [task.asked.document for task in tasks if task.asked.document is not None]
    seen = _seen(studio, project, sorted(annotated), corpora)
    values = [value_of(each, seen) for each in signals_of(model, documents, others=others)]
    clusters = near_copies(documents) if diverse else []
    order = ranking(values, clusters)
    labels = _Labels(model, joiner, version)
    counts = _write(studio, project, page, labels, [tasks[place] for place in order], progress)
    show(studio, project, version)
    view_by_score(studio, project)
    numbers = tuple(tasks[place].asked.number or 0 for place in order)
    return Ordered(numbers, sum(len(cluster) - 1 for cluster in clusters), *counts)


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
            mine = [(int(each["id"]), each["result"]) for each in found if each.get("model_version") == version]
            if asked.document is not None:
                yield _Task(asked, mine[-1] if mine else None)


def _seen(studio: Studio, project: Project, annotated: list[int], corpora: Iterable[Entry]) -> Mapping[str, int]:
    """How often each label was given so far, in the project and in the corpora."""
    exported = studio.export(project, annotated) if annotated else ()
    own = entries_from_export(
        exported, controls=project.controls, people=studio.people(), leave_out=True, tally=Tally()
    )
    return Counter(span.label for entry in (*own, *corpora) for span in entry.spans)


def _write(
    studio: Studio, project: Project, page: Page, labels: "_Labels", ordered: list[_Task], progress: Progress
) -> tuple[int, int]:
    """Writes the order as scores; returns how many predictions were added and changed."""
    bare = [task for task in ordered if task.prediction is None]
    said = labels([task.asked.document for task in bare if task.asked.document is not None])
    new = {task.asked.number: made for task, made in zip(bare, said, strict=True)}
    added: list[dict[str, Any]] = []
    changed = 0
    for place, task in enumerate(progress(ordered, what="ordering", total=len(ordered))):
        score = round((place + 0.5) / len(ordered), 6)
        if task.prediction is not None:
            number, result = task.prediction
            studio.replace_prediction(number, {"result": result, "score": score})
            changed += 1
            continue
        made, _ = answer(task.asked, new[task.asked.number], page, version=labels.version)
        if isinstance(made, dict):
            added.append({"task": task.asked.number, **made, "score": score})
    for start in range(0, len(added), CHUNK):
        studio.add_predictions(project, added[start : start + CHUNK])
    return len(added), changed
