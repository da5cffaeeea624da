"""A kept project made again on a server: the same tasks in the same order, with all that was said of them.

It can be stopped anywhere and run again: tasks, annotations, drafts and views come in a fixed order, so what is there
says where to go on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from workbench.core.errors import StudioError
from workbench.core.progress import Progress, silent
from workbench.studio.calls import CallError
from workbench.studio.client import CHUNK, Studio
from workbench.studio.project import Project
from workbench.studio.saving import SavedAnnotation, SavedPrediction, SavedTask
from workbench.studio.stored import add_draft, read_raw, send, set_values

# A request holds at most so many tasks.
_BATCH = 200
Person = Callable[[str], Studio | None]


@dataclass(frozen=True)
class Kept:
    """A kept project: settings, views, and a way to read its tasks from the first on."""

    settings: Mapping[str, Any]
    views: Sequence[Mapping[str, Any]]
    tasks: Callable[[], Iterator[SavedTask]]

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.settings["title"])


@dataclass(frozen=True)
class Restored:
    """What a restored project holds, and what could not be restored, a sentence each."""

    project: Project
    tasks: int
    annotations: int
    predictions: int
    drafts: int
    remarks: tuple[str, ...]


def people_of(kept: Kept) -> set[str]:
    """Everybody who said something in a kept project."""
    return {name for task in kept.tasks() for name in task.people}


def begin_project(studio: Studio, kept: Kept) -> Project:
    """The empty project. Without the version that its page shows: there is no prediction of it yet."""
    values = {name: value for name, value in kept.settings.items() if name not in ("model_version", "title")}
    made = send(studio, "make a project", "POST", "api/projects/", {"title": kept.title, **values}, again=False)
    return studio.project_by_id(int(made["id"]))


def restore_project(
    studio: Studio, project: Project, kept: Kept, *, person: Person, progress: Progress = silent
) -> Restored:
    """Fills the project with what was kept, or goes on where a stopped run left it.

    `person` gives the client of a user, by email, where there is one. Raises StudioError where the project holds
    something else, or where somebody whose work was kept is no user of the server.
    """
    numbers = {email: number for number, email in studio.people().items()}
    missing = sorted(people_of(kept) - set(numbers))
    if missing:
        raise StudioError(
            f"{', '.join(missing)} annotated in {kept.title!r}, but are no users of {studio.url}; invite them there, "
            "then run the same command again"
        )
    _import(studio, project, kept, numbers, progress)
    counts = dict.fromkeys(("tasks", "annotations", "predictions", "drafts"), 0)
    remarks: list[str] = []
    ids = sorted(studio.task_ids(project))
    there = progress(_pairs(studio, project, ids, kept), what="restoring annotations", total=len(ids))
    submitter = _Submitter(studio, project, numbers)
    for (raw, predictions), task in there:
        submitter.complete(raw, predictions, task)
        counts["drafts"] += _draft(studio, raw, task, person, remarks)
        counts["tasks"] += 1
        counts["annotations"] += len(task.annotations)
        counts["predictions"] += len(task.predictions)
    _views(studio, project, kept)
    remarks += _show(studio, project, kept)
    return Restored(studio.project_by_id(project.id), **counts, remarks=tuple(dict.fromkeys(remarks)))


def _import(studio: Studio, project: Project, kept: Kept, numbers: Mapping[str, int], progress: Progress) -> None:
    """The tasks that are not there yet, with predictions, and with the annotations that need nothing else."""
    there = [data for _, data in sorted(studio.task_data(project))]
    tasks = progress(kept.tasks(), what="restoring tasks")
    for place, (data, task) in enumerate(zip(there, tasks, strict=False), start=1):
        if data != dict(task.data):
            raise StudioError(
                f"task {place} of {project.where} is not that of the backup; delete or rename the project there, "
                "then run the same command again"
            )
    rest = islice(kept.tasks(), len(there), None)
    while batch := list(islice(rest, _BATCH)):
        studio.import_tasks(project, [_task(task, numbers) for task in batch])


def _task(task: SavedTask, numbers: Mapping[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "data": dict(task.data),
        "meta": dict(task.meta),
        "predictions": [_prediction(each) for each in (*task.predictions, *_gone(task))],
    }
    if not _one_by_one(task):
        made["annotations"] = [_annotation(work, numbers) for work in task.annotations]
    return made


def _one_by_one(task: SavedTask) -> bool:
    """Whether annotations of the task started from suggestions: the server notes which ones when they are submitted."""
    return any(work.assisted for work in task.annotations)


def _gone(task: SavedTask) -> list[SavedPrediction]:
    """Predictions of versions that the task no longer has, but that annotations started from; they go again after."""
    versions = {each.model_version for each in task.predictions}
    seen = [work.seen for work in task.annotations if work.assisted and work.seen is not None]
    return list({each.model_version: each for each in seen if each.model_version not in versions}.values())


@dataclass
class _Submitter:
    """Submits what is missing of tasks' annotations, one by one."""

    studio: Studio
    project: Project
    numbers: Mapping[str, int]
    shown: str | None = None

    def complete(self, raw: dict[str, Any], predictions: list[dict[str, Any]], task: SavedTask) -> None:
        """What is missing of one task; then what was there for its annotations' sake alone goes."""
        there = sorted(predictions, key=lambda each: int(each["id"]))
        done = len(raw.get("annotations") or [])
        for work in task.annotations[done:] if _one_by_one(task) else ():
            self._show(work.seen.model_version if work.seen is not None else None)
            body = _annotation(work, self.numbers)
            if work.parent is not None:
                body["parent_prediction"] = int(there[work.parent]["id"])
            path = f"api/tasks/{raw['id']}/annotations/"
            send(self.studio, "submit an annotation", "POST", path, body, again=False)
        for extra in there[len(task.predictions) :]:
            send(self.studio, "remove a prediction", "DELETE", f"api/predictions/{extra['id']}/", None)

    def _show(self, version: str | None) -> None:
        """The server puts a copy of the task's prediction of the version that the project shows beside the work."""
        if self.shown != (version or ""):
            self.shown = version or ""
            set_values(self.studio, self.project, {"model_version": self.shown})


def _annotation(work: SavedAnnotation, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "completed_by": numbers[work.by],
        "result": work.result,
        "was_cancelled": work.was_cancelled,
        "ground_truth": work.ground_truth,
        "lead_time": work.lead_time,
    }


def _prediction(prediction: SavedPrediction) -> dict[str, Any]:
    made: dict[str, Any] = {"result": prediction.result, "score": prediction.score}
    return made if prediction.model_version is None else made | {"model_version": prediction.model_version}


def _draft(studio: Studio, raw: dict[str, Any], task: SavedTask, person: Person, remarks: list[str]) -> int:
    """The drafts of a task, each as its user's own; returns how many are there. Only their users can make them."""
    there = len(raw.get("drafts") or [])
    if there >= len(task.drafts):
        return there
    # Numbers of annotations that were submitted just now are asked for again.
    (fresh,) = studio.export(studio.project_by_id(int(raw["project"])), [int(raw["id"])])
    works = sorted(fresh.get("annotations") or [], key=lambda each: (str(each.get("updated_at")), int(each["id"])))
    for draft in task.drafts[there:]:
        client = person(draft.by)
        if client is None:
            remarks.append(f"unsubmitted work of {draft.by} was not restored: only {draft.by} can put it there")
            continue
        of = int(works[draft.of]["id"]) if draft.of is not None else None
        add_draft(client, int(raw["id"]), draft.result, of=of, seconds=draft.lead_time)
        there += 1
    return there


def _pairs(
    studio: Studio, project: Project, ids: Sequence[int], kept: Kept
) -> Iterator[tuple[tuple[dict[str, Any], list[dict[str, Any]]], SavedTask]]:
    """Each task of the server beside the kept one, a chunk of requests at a time."""
    saved = kept.tasks()
    for start in range(0, len(ids), CHUNK):
        chunk = list(ids[start : start + CHUNK])
        raws = sorted(read_raw(studio, project, chunk), key=lambda pair: int(pair[0]["id"]))
        yield from zip(raws, islice(saved, len(chunk)), strict=True)


def _views(studio: Studio, project: Project, kept: Kept) -> None:
    found = studio.ask("list the views", lambda: studio.sdk.views.list(project=project.id))
    titles = [str((view.model_dump().get("data") or {}).get("title")) for view in found]
    for data in kept.views:
        if str(data.get("title")) not in titles:
            body = {"project": project.id, "data": dict(data)}
            send(studio, "make a view", "POST", "api/dm/views/", body, again=False)


def _show(studio: Studio, project: Project, kept: Kept) -> Iterable[str]:
    """Lets the page show what it showed; a version that nothing is of any more cannot be shown."""
    version = kept.settings.get("model_version") or ""
    try:
        set_values(studio, project, {"model_version": version})
    except CallError as error:
        if error.status is None or error.status >= 500:
            raise
        return [f"the page shows the predictions of all models, not of {version}: the server has none of that version"]
    return []
