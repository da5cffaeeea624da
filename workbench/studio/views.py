"""Tabs of a project's data manager."""

from collections.abc import Mapping
from typing import Any

from workbench.studio.client import Studio
from workbench.studio.project import Project


def make_view(studio: Studio, project: Project, title: str, *, only: Mapping[str, Any]) -> bool:
    """Makes a tab of the tasks that pass a filter, the lowest scored first; false where it is there."""
    found = studio.ask("list the views", lambda: studio.sdk.views.list(project=project.id))
    if any((view.model_dump().get("data") or {}).get("title") == title for view in found):
        return False
    data: Any = {
        "title": title,
        "type": "list",
        "target": "tasks",
        "filters": {"conjunction": "and", "items": [dict(only)]},
        "ordering": ["tasks:predictions_score"],
    }
    studio.ask("make a view", lambda: studio.sdk.views.create(project=project.id, data=data), again=False)
    return True
