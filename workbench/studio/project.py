"""What the server says of a project."""

from dataclasses import dataclass
from typing import Any

from workbench.studio.labeling import Controls, controls_of


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the server.

    The page shows the predictions of `model_version` where `shows`, and hands tasks out by `sampling`; `annotated`
    counts the tasks that somebody annotated; each task is handed out to so many `annotators`. All its tasks hold so
    many `predictions`.
    """

    id: int
    title: str
    tasks: int
    config: str
    model_version: str | None = None
    shows: bool = True
    sampling: str = ""
    annotated: int = 0
    annotators: int = 1
    predictions: int = 0

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"project {self.title!r}"

    @property
    def controls(self) -> Controls:
        """The controls of its page. Raises StudioError where it labels no text."""
        return controls_of(self.config, where=self.where)


def project_of(item: Any) -> Project:
    """The SDK's form of a project."""
    return Project(
        id=int(item.id),
        title=str(item.title),
        tasks=int(item.task_number or 0),
        config=str(item.label_config or "<View/>"),
        model_version=item.model_version or None,
        shows=bool(item.show_collab_predictions),
        sampling=str(item.sampling or ""),
        annotated=int(item.num_tasks_with_annotations or 0),
        annotators=int(item.maximum_annotations or 1),
        predictions=int(item.total_predictions_number or 0),
    )
