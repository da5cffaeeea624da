"""Filters of the data manager: which tasks the server is to list, so that a large project is not read to find a few."""

from collections.abc import Mapping
from typing import Any


def any_of(*items: Mapping[str, Any]) -> dict[str, Any]:
    """Tasks that pass one of the filters."""
    return {"filters": {"conjunction": "or", "items": list(items)}}


def number(column: str, operator: str) -> dict[str, Any]:
    """A count of a task held against 0: "equal" or "greater"."""
    return {"filter": f"filter:tasks:{column}", "operator": operator, "type": "Number", "value": 0}


UNLABELLED = number("total_annotations", "equal")
# Drafts of all people: where tasks are listed with their drafts, the server tells everybody of their own only.
BEGUN = any_of(
    number("total_annotations", "greater"),
    number("cancelled_annotations", "greater"),
    {"filter": "filter:tasks:draft_exists", "operator": "equal", "type": "Boolean", "value": True},
)
LEAST_SURE_FIRST = any_of(UNLABELLED) | {"ordering": ["tasks:predictions_score"]}
