"""A project of the server under a change of labels, and back: its labelling page and every result in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import StudioError
from workbench.core.progress import Progress, silent
from workbench.core.relabelling import Relabelling
from workbench.core.schema import Schema
from workbench.keep.journal import Journal, Plan, ProjectChange
from workbench.keep.results import Results
from workbench.studio.client import Studio
from workbench.studio.guide import instructions
from workbench.studio.labeling import Controls
from workbench.studio.project import Project
from workbench.studio.relabelling import relabel_config, relabel_result
from workbench.studio.stored import (
    ANNOTATION,
    PREDICTION,
    Result,
    TaskResults,
    count_labels_anew,
    project_values,
    put_back,
    read_results,
    set_values,
)

# Passes over the project until nothing changes any more: while one runs, people may go on with the old labels.
_PASSES = 10
_Restore = Callable[[Result, str], Any]


@dataclass(frozen=True)
class Survey:
    """What a change would do to a project: regions by old and new label, ("review", old) for those to look at;
    results by kind; who has unsubmitted changes to annotations that it would touch, by task."""

    regions: Counter[tuple[str, str]]
    results: Counter[str]
    tasks: int
    open_work: Mapping[int, str]


def plan_project(studio: Studio, project: Project, change: Relabelling, before: Schema, after: Schema) -> ProjectChange:
    """What becomes of the project's settings. Raises StudioError for a page that cannot be changed."""
    values = project_values(studio, project)
    config = str(values["label_config"])
    old = {"label_config": config, "expert_instruction": str(values.get("expert_instruction") or "")}
    new = dict(old, label_config=relabel_config(config, change, after, where=project.where))
    # Instructions of somebody's own are left alone.
    if _plain(old["expert_instruction"]) == _plain(instructions(before)):
        new["expert_instruction"] = instructions(after)
    return ProjectChange(studio.url, project.id, project.title, str(values["created_at"]), old, new)


def survey(studio: Studio, project: Project, change: Relabelling, *, progress: Progress = silent) -> Survey:
    """Reads the whole project and changes nothing."""
    regions: Counter[tuple[str, str]] = Counter()
    results: Counter[str] = Counter()
    touched: set[int] = set()
    open_work: dict[int, str] = {}
    control = project.controls
    for task in _tasks(studio, project, progress, "reading the project"):
        text = _text(task, control)
        values = [relabel_result(text, r.result, change, control=control.labels, counts=regions) for r in task.all]
        for result, value in zip(task.all, values, strict=True):
            if value != result.result:
                results[result.kind] += 1
                touched.add(task.number)
        for draft in _in_the_way(task, to_send(task, values)[0]):
            open_work[task.number] = draft.author
    return Survey(regions, results, len(touched), open_work)


def migrate_project(studio: Studio, plan: Plan, after: Schema, journal: Journal, *, progress: Progress = silent) -> int:
    """Carries the change out, or completes it; returns how many results it changed in this run.

    Raises StudioError where somebody has unsubmitted changes to an annotation, which changing it would delete.
    """
    assert plan.project is not None  # noqa: S101 - the caller asked
    project, results = studio.project_by_id(plan.project.number), journal.results()
    change, control = plan.change, project.controls
    both = relabel_config(str(plan.project.before["label_config"]), change, after, where=project.where, keep_old=True)
    set_values(studio, project, {"label_config": both})

    def made(result: Result, text: str) -> Any:
        return relabel_result(text, result.result, change, control=control.labels)

    total = 0
    for _ in range(_PASSES):
        sent = _pass(studio, project, made, results, progress, "changing labels", note=True)
        total += sent
        if not sent:
            break
    count_labels_anew(studio, project)
    set_values(studio, project, dict(plan.project.after))
    return total


def undo_project(
    studio: Studio,
    plan: Plan,
    after: Schema,
    journal: Journal,
    *,
    begin: Callable[[], None],
    progress: Progress = silent,
) -> int:
    """Puts every result back that the change has changed, exactly where nobody worked on it since; what was made
    since gets the old labels too. Returns how many results were put back. `begin` is called before anything is touched;
    nothing is where StudioError says that a newer region's label could have been one of several.
    """
    assert plan.project is not None  # noqa: S101 - the caller asked
    project, results = studio.project_by_id(plan.project.number), journal.results()
    control, doubts = project.controls, list[str]()

    def made(result: Result, text: str) -> Any:
        return _restored(result, results.before(result), text, plan, control, doubts)

    for task in _tasks(studio, project, progress, "checking the project"):
        for result in task.all:
            made(result, _text(task, control))
    if doubts:
        raise StudioError(
            f"{len(doubts)} regions of {project.where} were made after the change of labels, and it cannot be known "
            f"which label they would have had before ({'; '.join(doubts[:5])}); delete them there or give them a label "
            "that is in no merge, then run this again"
        )
    begin()
    both = relabel_config(
        str(plan.project.before["label_config"]), plan.change, after, where=project.where, keep_old=True
    )
    set_values(studio, project, {"label_config": both})
    total = 0
    for _ in range(_PASSES):
        sent = _pass(studio, project, made, results, progress, "putting labels back", note=False)
        total += sent
        if not sent:
            break
    count_labels_anew(studio, project)
    set_values(studio, project, dict(plan.project.before))
    return total


def _pass(
    studio: Studio,
    project: Project,
    made: _Restore,
    results: Results,
    progress: Progress,
    what: str,
    *,
    note: bool,
) -> int:
    """Sends what is to be changed, task by task, with `note` keeping each first; returns how many results changed."""
    sent, control = 0, project.controls
    for task in _tasks(studio, project, progress, what):
        values = [made(result, _text(task, control)) for result in task.all]
        changes, order = to_send(task, values, results.order(task.number))
        for draft in _in_the_way(task, changes):
            raise StudioError(
                f"{draft.author} has unsubmitted changes to an annotation of task {task.number} of {project.where}, "
                "which would be lost; let them be submitted or discarded, then run the same command again"
            )
        several = len([result for result, _ in changes if result.kind == ANNOTATION]) > 1
        if several:
            results.note_order(task.number, order)
        for result, value in changes:
            if value != result.result:
                sent += 1
                if note:
                    results.note(result)
            put_back(studio, result, value)
        if results.order(task.number):
            results.note_order(task.number, None)
    return sent


def to_send(
    task: TaskResults, values: Iterable[Any], order: Sequence[int] = ()
) -> tuple[list[tuple[Result, Any]], list[int]]:
    """The results to send with their new values, and the order in time that the annotations then have.

    Of annotations also the later ones are sent, unchanged: which of several was changed last tells which counts, so
    their order has to stay. `order` is the one that a stopped run was about to bring about.
    """
    pairs = list(zip(task.all, values, strict=True))
    changes = [(result, value) for result, value in pairs if value != result.result and result.kind != ANNOTATION]
    there = [(result, value) for result, value in pairs if result.kind == ANNOTATION]
    annotations = _in_order(there, order)
    places = [there.index(pair) for pair in annotations]
    # What is sent goes to the end; so it starts with the first that changes or does not come behind the one before it.
    first = next(
        (
            place
            for place, (result, value) in enumerate(annotations)
            if value != result.result or (place and places[place] < places[place - 1])
        ),
        len(annotations),
    )
    return changes + annotations[first:], [result.number for result, _ in annotations]


def _in_order(pairs: list[tuple[Result, Any]], order: Sequence[int]) -> list[tuple[Result, Any]]:
    """Annotations in the order that a stopped run was about to bring about; those made since stay behind them."""
    return sorted(pairs, key=lambda pair: order.index(pair[0].number) if pair[0].number in order else len(order))


def _in_the_way(task: TaskResults, changes: list[tuple[Result, Any]]) -> Iterator[Result]:
    """The drafts of annotations that would be changed: the server deletes them then."""
    numbers = {result.number for result, _ in changes if result.kind == ANNOTATION}
    return (draft for draft in task.drafts if draft.of in numbers)


def _restored(result: Result, before: Any, text: str, plan: Plan, control: Controls, doubts: list[str]) -> Any:
    """The result as it would be without the change of labels; what cannot be known goes to `doubts`."""
    if before is not None:
        if result.result == before:
            return before
        if relabel_result(text, before, plan.change, control=control.labels) == result.result:
            return before
    if not isinstance(result.result, list):
        return result.result
    known = {item.get("id"): item for item in before or () if isinstance(item, dict) and "value" in item}
    return [_restored_region(item, known, result, text, plan, control, doubts) for item in result.result]


def _restored_region(
    item: Any, known: dict[Any, Any], result: Result, text: str, plan: Plan, control: Controls, doubts: list[str]
) -> Any:
    labels = item.get("value", {}).get("labels") if isinstance(item, dict) else None
    if not isinstance(labels, list) or item.get("from_name") != control.labels:
        return item
    old = known.get(item.get("id"))
    if old is not None:
        (new,) = relabel_result(text, [old], plan.change, control=control.labels)
        if new["value"]["labels"] == labels:
            return {**item, "value": {**item["value"], "labels": old["value"]["labels"]}}
    found = []
    for label in labels:
        sources = (label,) if label in plan.old_labels else plan.change.sources(label, plan.old_labels)
        # A model's guess stands in nobody's way.
        if len(sources) > 1 and result.kind != PREDICTION:
            doubts.append(f"task {result.task}: {label} at {item['value'].get('start')}")
        found.append(sources[0] if sources else label)
    return item if found == labels else {**item, "value": {**item["value"], "labels": found}}


def _tasks(studio: Studio, project: Project, progress: Progress, what: str) -> Iterator[TaskResults]:
    ids = studio.task_ids(project)
    yield from progress(read_results(studio, project, ids), what=what, total=len(ids))


def _text(task: TaskResults, control: Controls) -> str:
    return str(task.data.get(control.value, ""))


def _plain(html: str) -> str:
    """Letters alone: the server cleans the HTML that it is given."""
    return "".join(character for character in html if character.isalpha())
