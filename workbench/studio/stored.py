"""What a project holds, as the server keeps it: read in whole, and single results put back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.studio.client import CHUNK, Studio
from workbench.studio.project import Project

ANNOTATION, PREDICTION, DRAFT = "annotation", "prediction", "draft"


@dataclass(frozen=True, slots=True)
class Result:
    """One list of regions on the server: its kind, its number, its task, and what it says.

    `updated` orders the results of a task in time; `author` is who it belongs to, where a person does; `of` is the
    annotation that a draft changes.
    """

    kind: str
    number: int
    task: int
    result: Any
    updated: str = ""
    author: str = ""
    of: int | None = None


@dataclass(frozen=True, slots=True)
class TaskResults:
    """A task's number and data, and all results that it holds, each kind oldest first."""

    number: int
    data: dict[str, Any]
    annotations: tuple[Result, ...]
    predictions: tuple[Result, ...]
    drafts: tuple[Result, ...]

    @property
    def all(self) -> tuple[Result, ...]:
        """Predictions first: what a person said is never older than what it was made from."""
        return (*self.predictions, *self.annotations, *self.drafts)


def read_results(studio: Studio, project: Project, ids: Sequence[int]) -> Iterator[TaskResults]:
    """The tasks of those numbers with their results, a chunk at a time; a task deleted meanwhile is passed over."""
    people = studio.people()
    for raw, predictions in read_raw(studio, project, ids):
        number = int(raw["id"])
        annotations = [_result(ANNOTATION, each, number, people) for each in raw.get("annotations") or []]
        drafts = [_result(DRAFT, each, number, people) for each in raw.get("drafts") or []]
        said = [_result(PREDICTION, each, number, people) for each in predictions]
        yield TaskResults(number, raw["data"], *(tuple(sorted(x, key=_age)) for x in (annotations, said, drafts)))


def read_raw(
    studio: Studio, project: Project, ids: Sequence[int]
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each task in the form of the JSON export, and its predictions in full, a chunk at a time."""
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        predictions = {number: said for number, _, said in studio.task_predictions(project, ids=chunk)}
        for raw in studio.export(project, chunk):
            yield raw, predictions.get(int(raw["id"]), [])


def put_back(studio: Studio, result: Result, value: Any) -> None:
    """Puts a value in the place of that result's; who made it stays, and a prediction's score too."""
    if result.kind == ANNOTATION:
        studio.replace_annotation(result.number, value)
    elif result.kind == PREDICTION:
        studio.ask("change a prediction", lambda: studio.sdk.predictions.update(result.number, result=value))
    else:
        send(studio, "change a draft", "PATCH", f"api/drafts/{result.number}/", {"result": value})


def add_draft(studio: Studio, task: int, value: Any, *, of: int | None, seconds: float | None) -> None:
    """A draft of the token's user, on a task or on an annotation of it."""
    place = f"api/tasks/{task}/drafts" if of is None else f"api/tasks/{task}/annotations/{of}/drafts"
    send(studio, "keep a draft", "POST", place, {"result": value, "lead_time": seconds}, again=False)


def project_values(studio: Studio, project: Project) -> dict[str, Any]:
    """All settings of a project as the server tells them."""
    return dict(send(studio, "read the project's settings", "GET", f"api/projects/{project.id}/", None))


def set_values(studio: Studio, project: Project, values: dict[str, Any]) -> None:
    """Gives the project those settings."""
    send(studio, "change the project's settings", "PATCH", f"api/projects/{project.id}/", values)


def count_labels_anew(studio: Studio, project: Project) -> None:
    """Lets the server count which labels its annotations have; it refuses a page without one that it counts."""
    send(studio, "count the labels", "POST", f"api/projects/{project.id}/summary/reset/", {})


def send(studio: Studio, what: str, method: str, path: str, body: Any, *, again: bool = True) -> Any:
    """One request that the SDK has no call for, or one that hides what the server says; its JSON answer."""
    from label_studio_sdk.core.api_error import ApiError

    def ask() -> Any:
        wire = studio.sdk._client_wrapper.httpx_client
        answer = wire.request(path, method=method, json=body) if body is not None else wire.request(path, method=method)
        if answer.status_code >= 400:
            raise ApiError(status_code=answer.status_code, headers=dict(answer.headers), body=_body(answer))
        return _body(answer)

    return studio.ask(what, ask, again=again)


def _result(kind: str, raw: dict[str, Any], task: int, people: dict[int, str]) -> Result:
    who = raw.get("completed_by")
    author = people.get(who, f"user-{who}") if isinstance(who, int) else str(raw.get("user") or "")
    of = raw.get("annotation")
    updated = str(raw.get("updated_at") or raw.get("created_at") or "")
    return Result(kind, int(raw["id"]), task, raw.get("result"), updated, author, of if isinstance(of, int) else None)


def _age(result: Result) -> tuple[str, int]:
    return result.updated, result.number


def _body(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text
