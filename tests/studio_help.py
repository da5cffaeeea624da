"""What the tests on a real Label Studio share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.workspace import Workspace
from workbench.studio.server import Server

if TYPE_CHECKING:
    from workbench.studio.client import Project, Studio


@dataclass(frozen=True)
class RunningStudio:
    """A real Label Studio in a workspace of the tests' own."""

    workspace: Workspace
    server: Server


def call(studio: "Studio", method: str, path: str, **body: Any) -> Any:
    """What a browser asks of the server, beside the calls that the client has."""
    import httpx

    headers = studio.sdk._client_wrapper.get_headers()
    url = f"{studio.url}/api/{path}"
    answer = httpx.request(method, url, headers=headers, timeout=120, trust_env=False, **body)
    return answer.raise_for_status().json() if answer.content else None


def opened(studio: "Studio", project: "Project", task: int) -> list[str]:
    """The versions of the predictions that the page gets when somebody opens the task."""
    found = call(studio, "GET", f"tasks/{task}?project={project.id}")
    return [each["model_version"] for each in found["predictions"]]


def retrieve(studio: "Studio", project: "Project") -> None:
    """The action "Retrieve predictions" on all tasks."""
    chosen = {"selectedItems": {"all": True, "excluded": []}}
    call(studio, "POST", f"dm/actions?id=retrieve_tasks_predictions&project={project.id}", json=chosen)


def versions(studio: "Studio", project: "Project") -> list[list[str]]:
    """The versions of each task's predictions, in the order of tasks."""
    return [[each["model_version"] for each in predictions] for _, _, predictions in studio.task_predictions(project)]


def tasks_by_id(studio: "Studio", title: str) -> dict[str, int]:
    """The number of each task, by its bulletin's id."""
    return {data["id"]: number for number, data in studio.task_data(studio.project(title))}
