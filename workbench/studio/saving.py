"""A project as values that can be kept and restored elsewhere: settings, views, and every task with all that was said.

No number of the server is in them: predictions and annotations are named by their places, people by their emails.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workbench.core.errors import CorpusError
from workbench.studio.client import Studio
from workbench.studio.project import Project
from workbench.studio.stored import project_values, read_raw

# What is kept of a project's settings. Passwords for storages, backends and webhooks are none of it.
SETTINGS = (
    "title", "description", "label_config", "expert_instruction", "show_instruction", "show_skip_button",
    "enable_empty_annotation", "show_annotation_history", "color", "maximum_annotations", "model_version",
    "show_collab_predictions", "sampling", "show_ground_truth_first", "show_overlap_first",
    "overlap_cohort_percentage", "evaluate_predictions_automatically", "skip_queue",
    "reveal_preannotations_interactively",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SavedPrediction:
    """A prediction: model version, score of the task, regions."""

    model_version: str | None
    score: float | None
    result: Any


@dataclass(frozen=True, slots=True)
class SavedAnnotation:
    """An annotation, by whom; `parent` is the place of the prediction that it started from, `seen` the one of which
    the server keeps a copy beside it."""

    by: str
    result: Any
    was_cancelled: bool
    ground_truth: bool
    lead_time: float | None
    parent: int | None
    seen: SavedPrediction | None

    @property
    def assisted(self) -> bool:
        """Whether it started from suggestions: then what was seen matters, and it is restored with it."""
        items = self.result if isinstance(self.result, list) else []
        marks = (str(item.get("origin", "")) for item in items if isinstance(item, dict))
        return self.parent is not None or any(mark.startswith("prediction") for mark in marks)


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """Unsubmitted work; `of` is the place of the annotation that it changes, None where it is new."""

    by: str
    result: Any
    lead_time: float | None
    of: int | None


@dataclass(frozen=True, slots=True)
class SavedTask:
    """A task with all that was said of it, annotations in the order in which they were last changed."""

    data: Mapping[str, Any]
    meta: Mapping[str, Any]
    predictions: tuple[SavedPrediction, ...]
    annotations: tuple[SavedAnnotation, ...]
    drafts: tuple[SavedDraft, ...]

    @property
    def people(self) -> set[str]:
        """Who said something of it."""
        return {work.by for work in self.annotations} | {draft.by for draft in self.drafts}

    def row(self) -> dict[str, Any]:
        """A JSON object; saved_task reads it."""
        return asdict(self)


def saved_settings(studio: Studio, project: Project) -> dict[str, Any]:
    """The settings named in SETTINGS, as far as the server has them."""
    values = project_values(studio, project)
    return {name: values[name] for name in SETTINGS if name in values}


def saved_views(studio: Studio, project: Project) -> list[dict[str, Any]]:
    """What each tab of the project shows and how, in order."""
    found = studio.ask("list the views", lambda: studio.sdk.views.list(project=project.id))
    return [dict(view.model_dump().get("data") or {}) for view in found]


def saved_tasks(studio: Studio, project: Project, ids: list[int]) -> Iterator[SavedTask]:
    """The tasks of those numbers, in order, a chunk at a time."""
    people = studio.people()
    for raw, predictions in read_raw(studio, project, sorted(ids)):
        yield _task(raw, sorted(predictions, key=lambda each: int(each["id"])), people)


def saved_task(row: Any) -> SavedTask:
    """A task of its JSON object. Raises CorpusError for anything else."""
    try:
        return SavedTask(
            data=dict(row["data"]),
            meta=dict(row["meta"] or {}),
            predictions=tuple(SavedPrediction(**each) for each in row["predictions"]),
            annotations=tuple(_annotation_of_row(each) for each in row["annotations"]),
            drafts=tuple(SavedDraft(**each) for each in row["drafts"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"this is no task of a backup ({type(error).__name__}: {error})") from None


def _annotation_of_row(row: dict[str, Any]) -> SavedAnnotation:
    return SavedAnnotation(**{**row, "seen": SavedPrediction(**row["seen"]) if row["seen"] else None})


def _task(raw: dict[str, Any], predictions: list[dict[str, Any]], people: Mapping[int, str]) -> SavedTask:
    places = {int(each["id"]): place for place, each in enumerate(predictions)}
    works = sorted(raw.get("annotations") or [], key=lambda each: (str(each.get("updated_at")), int(each["id"])))
    numbers = {int(work["id"]): place for place, work in enumerate(works)}
    return SavedTask(
        data=raw["data"],
        meta=raw.get("meta") or {},
        predictions=tuple(_prediction(each) for each in predictions),
        annotations=tuple(_annotation(work, places, people) for work in works),
        drafts=tuple(_drafts(raw.get("drafts") or [], numbers)),
    )


def _annotation(work: dict[str, Any], places: Mapping[int, int], people: Mapping[int, str]) -> SavedAnnotation:
    seen, parent = work.get("prediction"), work.get("parent_prediction")
    who = work.get("completed_by")
    return SavedAnnotation(
        by=people.get(who, f"user-{who}") if isinstance(who, int) else "unknown",
        result=work.get("result"),
        was_cancelled=bool(work.get("was_cancelled")),
        ground_truth=bool(work.get("ground_truth")),
        lead_time=work.get("lead_time"),
        parent=places.get(parent) if isinstance(parent, int) else None,
        seen=_prediction(seen) if isinstance(seen, dict) and "result" in seen else None,
    )


def _drafts(drafts: Iterable[dict[str, Any]], numbers: Mapping[int, int]) -> Iterator[SavedDraft]:
    for draft in sorted(drafts, key=lambda each: int(each["id"])):
        of = draft.get("annotation")
        yield SavedDraft(
            by=str(draft.get("user") or "unknown"),
            result=draft.get("result"),
            lead_time=draft.get("lead_time"),
            of=numbers.get(of) if isinstance(of, int) else None,
        )


def _prediction(raw: dict[str, Any]) -> SavedPrediction:
    return SavedPrediction(raw.get("model_version") or None, raw.get("score"), raw.get("result"))
