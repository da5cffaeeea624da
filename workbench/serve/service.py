"""What the backend does with each request of Label Studio's, without HTTP: values in, tables out."""

from dataclasses import dataclass
from typing import Any, Protocol

from workbench.core.errors import InputError
from workbench.serve.engine import Engine
from workbench.serve.logs import Log
from workbench.serve.metrics import Metrics
from workbench.studio.protocol import answer, read_event, read_request, read_setup, within

MOST_TASKS = 50_000
# What Label Studio tells; whatever else is sent is counted as one, so that no sender fills the memory with names.
ACTIONS = frozenset(
    f"{what}_{done}"
    for what in ("TASKS", "ANNOTATION", "ANNOTATIONS", "PROJECT", "LABEL_LINK")
    for done in ("CREATED", "UPDATED", "DELETED")
) | {"START_TRAINING"}
LONGEST_TEXT = 400_000  # characters; about 100,000 tokens, some 20 s of work on two cores
ANSWER_SECONDS = 30.0  # of the 100 s that Label Studio waits; what is not done by then follows


class Owing(Protocol):
    """Who sees to predictions that a request could not wait for."""

    def owe(self, project: int, tasks: list[int]) -> None:
        """Takes tasks of a project, by number."""
        ...

    def count(self) -> int:
        """How many are owed now."""
        ...


class Training(Protocol):
    """Who trains."""

    def start(self, project: int, *, why: str) -> str:
        """Begins a run, or names the one under way."""
        ...

    def noticed(self, project: int) -> None:
        """Something was annotated."""
        ...

    def job(self, name: str) -> str:
        """The state of a run in the server's words: queued, started, finished, failed or removed."""
        ...

    def table(self) -> dict[str, Any]:
        """What is known of the runs."""
        ...


@dataclass(frozen=True)
class Service:
    """The backend's answers. `seconds` is how long one request for predictions may take."""

    engine: Engine
    owing: Owing
    training: Training
    metrics: Metrics
    log: Log
    seconds: float = ANSWER_SECONDS

    def health(self) -> dict[str, Any]:
        """That it lives."""
        return {"status": "UP", "model_class": "workbench"}

    def setup(self, body: Any) -> dict[str, Any]:
        """The version in force. Raises for a page whose labels are not one of the model's: it would never show any."""
        project, page = read_setup(body)
        names = self.engine.loaded.model.schema.names
        if page is not None and not page.labels & set(names):
            raise InputError(
                f"project {project} has none of the labels of {self.engine.version} ({', '.join(names[:3])} ...); give "
                "it the model's with `workbench import --fix-config`, or serve a model that was trained on its own"
            )
        return {"model_version": self.engine.version}

    def versions(self) -> dict[str, Any]:
        """The one version that answers."""
        return {"versions": [self.engine.version]}

    def predict(self, body: Any) -> dict[str, Any]:
        """One result a task, in order; what the time does not suffice for is stored through the API afterwards."""
        request = read_request(body, longest=LONGEST_TEXT)
        if len(request.tasks) > MOST_TASKS:
            raise InputError(f"the request holds {len(request.tasks)} tasks; at most {MOST_TASKS} are taken")
        readable = [place for place, task in enumerate(request.tasks) if task.document is not None]
        documents = [task.document for task in request.tasks if task.document is not None]
        said = self.engine.label(documents, seconds=self.seconds)
        by_place = dict(zip(readable, said.annotations, strict=True))
        results, lost = [], 0
        for place, task in enumerate(request.tasks):
            found = by_place.get(place)
            kept = within(found, task, request.drawn) if found is not None else None
            made, dropped = answer(task, kept, request.page, version=said.version)
            results.append(made)
            lost += dropped
        later = [place for place in readable if by_place[place] is None]
        self._owe(request.project, [request.tasks[place].number for place in later])
        self._count(len(request.tasks), len(readable), len(later), results, lost)
        return {"results": results, "model_version": said.version}

    def webhook(self, body: Any) -> dict[str, Any]:
        """Notes an event, and begins nothing that the answer would have to wait for."""
        event = read_event(body)
        self.metrics.count("webhooks_total", action=event.action if event.action in ACTIONS else "other")
        self.log("webhook", action=event.action, project=event.project)
        if event.action == "START_TRAINING":
            if event.project is None:
                raise InputError("START_TRAINING names no project; expected its number under project.id")
            return {"status": "ok", "job": self.training.start(event.project, why="asked for on the page")}
        if event.action.startswith("ANNOTATION") and event.project is not None:
            self.training.noticed(event.project)
        return {"status": "ok"}

    def job_status(self, body: Any) -> dict[str, Any]:
        """The state of a training run, as the server asks for it."""
        return {"job_status": self.training.job(str(body.get("job")) if isinstance(body, dict) else "")}

    def status(self) -> dict[str, Any]:
        """What a person wants to know: the model, what is owed, how training goes."""
        return {"model_version": self.engine.version, "owed": self.owing.count(), "training": self.training.table()}

    def figures(self) -> str:
        """Metrics for Prometheus."""
        return self.metrics.text(gauges={"owed_predictions": self.owing.count()}, version=self.engine.version)

    def _owe(self, project: int | None, numbers: list[int | None]) -> None:
        owed = [number for number in numbers if number is not None]
        if owed and project is not None:
            self.owing.owe(project, owed)

    def _count(self, tasks: int, readable: int, later: int, results: list[Any], lost: int) -> None:
        shown = sum(len(made["result"]) for made in results if isinstance(made, dict))
        for state, number in (("answered", readable - later), ("later", later), ("unreadable", tasks - readable)):
            if number:
                self.metrics.count("tasks_total", number, state=state)
        self.metrics.count("spans_total", shown, state="shown")
        if lost:
            self.metrics.count("spans_total", lost, state="no_such_label")
        self.log("predicted", tasks=tasks, later=later, unreadable=tasks - readable, spans=shown, left_out=lost)
