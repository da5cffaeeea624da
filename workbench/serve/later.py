"""Predictions that a request could not wait for, sent through the API in the background."""

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.core.errors import InputError, StudioError, WorkbenchError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.serve.engine import Engine
from workbench.serve.logs import Log
from workbench.serve.metrics import Metrics
from workbench.serve.service import LONGEST_TEXT
from workbench.studio.accounts import PRIVATE_FILE
from workbench.studio.client import Studio
from workbench.studio.project import Project
from workbench.studio.protocol import Page, answer, read_page, read_task

BATCH = 64
WAITS = (0.0, 1.0, 5.0, 30.0, 120.0, 600.0)  # seconds before each try; after the last, what is owed is given up
ALL = "all"  # in the file: every task of a project that nobody has labelled

Tasks = frozenset[int] | None  # None for all that nobody has labelled


class Later:
    """Owes predictions to projects and sends them. What is owed outlives the process.

    Tasks are read from the server right before they are predicted, so that one that was deleted or predicted
    meanwhile is passed over, and a stop in the middle stores nothing twice.
    """

    def __init__(
        self, path: Path, *, connect: Callable[[], Studio], engine: Engine, metrics: Metrics, log: Log
    ) -> None:
        self._path, self._connect, self._engine = path, connect, engine
        self._metrics, self._log = metrics, log
        self._lock, self._wake, self._ending = threading.Lock(), threading.Event(), threading.Event()
        self._owed = _read(path)
        self._under_way: dict[int, Tasks] = {}
        self._thread = threading.Thread(target=self._work, name="later", daemon=True)

    def start(self) -> None:
        """Begins; what an earlier process owed comes first."""
        self._wake.set()
        self._thread.start()

    def stop(self) -> None:
        """Ends after the batch under way; the rest stays owed."""
        self._ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=15)

    def owe(self, project: int, tasks: Sequence[int] | None) -> None:
        """Takes tasks of a project, by number; None for all that nobody has labelled."""
        with self._lock:
            self._owed[project] = _both(
                self._owed.get(project, frozenset()), None if tasks is None else frozenset(tasks)
            )
            self._keep()
        self._wake.set()

    def count(self) -> int:
        """How many predictions are owed; a whole project counts as one."""
        with self._lock:
            every = [*self._owed.values(), *self._under_way.values()]
        return sum(1 if tasks is None else len(tasks) for tasks in every)

    def _work(self) -> None:
        tries = 0
        while not self._ending.is_set():
            if not self._owed:
                self._wake.wait()
                self._wake.clear()
                continue
            project, tasks = self._take()
            if self._ending.wait(WAITS[tries]):
                return
            done = self._try(project, tasks)
            tries = 0 if done else tries + 1
            if tries == len(WAITS):
                self._log("given_up", level="error", project=project, tasks="all" if tasks is None else len(tasks))
                tries = 0
            with self._lock:
                if tries:
                    self._owed[project] = _both(self._owed.get(project, frozenset()), tasks)
                if not self._ending.is_set():
                    self._under_way.clear()
                self._keep()

    def _take(self) -> tuple[int, Tasks]:
        with self._lock:
            project = next(iter(self._owed))
            tasks = self._owed.pop(project)
            self._under_way = {project: tasks}
        return project, tasks

    def _try(self, project: int, tasks: Tasks) -> bool:
        """Whether another try has nothing to add."""
        try:
            stored = self._pay(project, tasks)
        except WorkbenchError as error:
            self._log("owing", level="warning", project=project, reason=str(error))
            # A project that is gone is owed nothing.
            return getattr(error, "status", None) == 404
        except Exception as error:  # noqa: BLE001 - a fault must not end the thread that others wait for
            self._log.failure("owing", error, project=project)
            return False
        self._log("stored_later", project=project, predictions=stored, version=self._engine.version)
        return True

    def _pay(self, number: int, tasks: Tasks) -> int:
        """Predicts and sends what is owed to one project; returns how many. Raises StudioError."""
        stored = 0
        with self._connect() as studio:
            project = studio.project_by_id(number)
            page = read_page(project.config, where=project.where)
            if tasks is None:
                ids = sorted(set(studio.task_ids(project)) - set(studio.task_ids(project, annotated=True)))
            else:
                ids = sorted(tasks)
            for start in range(0, len(ids), BATCH):
                if self._ending.is_set():
                    raise StudioError("the backend is ending; it sends the rest when it is started again")
                stored += self._send(studio, project, page, ids[start : start + BATCH])
        return stored

    def _send(self, studio: Studio, project: Project, page: Page, ids: list[int]) -> int:
        version = self._engine.version
        asked = [
            read_task(number, data, page, longest=LONGEST_TEXT)
            for number, data, predictions in studio.task_predictions(project, ids=ids)
            if all(each.get("model_version") != version for each in predictions)
        ]
        readable = [(task, task.document) for task in asked if task.document is not None]
        said = self._engine.label([document for _, document in readable])
        made = [
            (task.number, answer(task, annotation, page, version=said.version)[0])
            for (task, _), annotation in zip(readable, said.annotations, strict=True)
        ]
        predictions = [{"task": task, **each} for task, each in made if isinstance(each, dict)]
        if predictions:
            studio.add_predictions(project, predictions)
        self._metrics.count("predictions_stored_total", len(predictions))
        return len(predictions)

    def _keep(self) -> None:
        """Writes down what is owed, what is under way included; called with the lock held."""
        owed = dict(self._under_way)
        for project, tasks in self._owed.items():
            owed[project] = _both(owed.get(project, frozenset()), tasks)
        rows = {str(project): ALL if tasks is None else sorted(tasks) for project, tasks in owed.items()}
        try:
            write_text(self._path, json.dumps(rows) + "\n", mode=PRIVATE_FILE)
        except InputError as error:  # a full disk: what is owed is still known here, and sent
            self._log("not_kept", level="error", reason=str(error))


def _both(one: Tasks, other: Tasks) -> Tasks:
    return None if one is None or other is None else one | other


def _read(path: Path) -> dict[int, Tasks]:
    """What an earlier process owed; nothing where the file is missing or damaged: the page asks again for each task."""
    try:
        rows = json_value(path.read_text(encoding="utf-8"))
        return {int(project): None if tasks == ALL else frozenset(map(int, tasks)) for project, tasks in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
