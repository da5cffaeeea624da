"""Whether an import was stored whole. Label Studio 1.23 on SQLite stores tasks without their predictions or annotations
where it answers other requests at the same moment, and says so only in the counts of its answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.errors import StudioError

TRIES = 4


def stored_whole(answer: Any, tasks: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the server's answer counts as many predictions and annotations as were sent, or counts none of them."""
    # The SDK knows the first of these by another name than the server gives it.
    predictions = getattr(answer, "prediction_count", getattr(answer, "predictions_count", None))
    given = predictions, getattr(answer, "annotation_count", None)
    for name, counted in zip(("predictions", "annotations"), given, strict=True):
        sent = sum(len(task.get(name) or ()) for task in tasks)
        if counted is not None and int(counted) < sent:
            return False
    return True


def not_stored(url: str, where: str) -> StudioError:
    """What is said in the end."""
    return StudioError(
        f"Label Studio at {url} stored bulletins of {where} without their predictions or annotations, {TRIES} times; "
        "they were taken out again: wait until it is less busy, and run the same command again"
    )
