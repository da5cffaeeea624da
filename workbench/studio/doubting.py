"""Labels in doubt as a tab of a project: each of their tasks with the likely labels as a prediction beside its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.core.corpus import Annotation, Entry
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.core.span import Span
from workbench.studio.client import Studio
from workbench.studio.importing import import_entries
from workbench.studio.project import Project
from workbench.studio.pushing import push
from workbench.studio.tasks import content_hash
from workbench.studio.views import make_view

VIEW = "Labels in doubt"
# The name under which the likely labels stand beside the annotators'.
VERSION = "label check"


@dataclass(frozen=True)
class Doubted:
    """A labelled bulletin, the spans that are likely instead, and the probability of its most doubted label."""

    entry: Entry
    likely: tuple[Span, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Shown:
    """The project's number; tasks in the tab; bulletins that were not in the project and went in with their labels;
    tasks of an earlier check that are not in doubt any more; bulletins that get no suggestions, and so no tab."""

    project: int
    tasks: int
    imported: int
    settled: int
    blind: int


def show_doubts(
    studio: Studio, doubted: Sequence[Doubted], title: str, schema: Schema, *, progress: Progress = silent
) -> Shown:
    """Opens the doubted bulletins as a tab of the project of that title, the most doubtful first.

    Nobody's annotation is touched. A bulletin that the project does not hold is imported with its labels, the project
    made where there is none. Run again, the tab shows the new findings only. Raises StudioError, and SchemaError.
    """
    imported = import_entries(studio, (each.entry for each in doubted), title, schema, with_annotations=True)
    project = studio.project(title)
    settled = _settle(studio, project, {each.entry.document.hash for each in doubted})
    pushed = push(studio, map(_prediction, doubted), title, schema, progress=progress) if doubted else None
    with_likely = {
        "filter": "filter:tasks:predictions_model_versions", "operator": "contains", "type": "List", "value": [VERSION]
    }  # fmt: skip
    make_view(studio, project, VIEW, only=with_likely)
    sent = pushed.added + pushed.replaced + pushed.same if pushed else 0
    return Shown(project.id, sent, imported.tasks, settled, pushed.blind if pushed else 0)


def _prediction(each: Doubted) -> Entry:
    """The likely spans as a prediction, with a score that puts the task in its place in the tab."""
    spans = tuple(replace(span, score=each.score) for span in each.likely)
    return Entry(each.entry.document, Annotation(spans, origin="model", model_version=VERSION))


def _settle(studio: Studio, project: Project, doubted: set[str]) -> int:
    """Takes the likely labels of an earlier check away from tasks that are not in doubt any more."""
    controls, count = project.controls, 0
    for _, data, predictions in list(studio.task_predictions(project)):
        mine = [each for each in predictions if each.get("model_version") == VERSION]
        if mine and content_hash(data, controls=controls) not in doubted:
            count += 1
            for each in mine:
                studio.remove_prediction(int(each["id"]))
    return count
