"""Where training is asked for: one run at a time, beside the model that serves, which a better one replaces at once."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from workbench.core.errors import StudioError, WorkbenchError
from workbench.core.workspace import Workspace
from workbench.serve.engine import Engine, Loaded
from workbench.serve.logs import Log
from workbench.serve.metrics import Metrics
from workbench.serve.runs import (
    ACCEPTED,
    AS_JOB,
    FAILED,
    JUDGING,
    REFUSED,
    STOPPED,
    TRAINING,
    Run,
    Runs,
)
from workbench.serve.shelf import clear, next_place
from workbench.serve.trainer import Recipe, command, fetch, judged, train
from workbench.studio.client import Studio
from workbench.studio.process import alive, end_group
from workbench.tag.find import current_model, set_current

SHOWN_RUNS = 10


class Desk:
    """Takes orders for training. `accepted` is called with a project whenever a new model answers.

    A run that ends badly, in whichever way, leaves the model that serves as it was. What the annotators did is read
    from the server, never from what a webhook says, so that an event sent twice or forged changes nothing.
    """

    def __init__(
        self,
        workspace: Workspace,
        runs: Runs,
        *,
        engine: Engine,
        connect: Callable[[], Studio],
        metrics: Metrics,
        log: Log,
        accepted: Callable[[int], None],
        recipe: Recipe | None = None,
        every: int | None = None,
        keep: int | None = None,
    ) -> None:
        self._workspace, self._runs, self._engine, self._connect = workspace, runs, engine, connect
        self._metrics, self._log, self._accepted = metrics, log, accepted
        self._recipe, self._every, self._keep = recipe or Recipe(), every, keep
        self._lock = threading.Lock()
        self._current: Run | None = None
        self._thread: threading.Thread | None = None
        self._ending = False
        self._counting = threading.Event()  # set while somebody counts annotations, or will

    def clear_up(self) -> None:
        """Ends what an earlier process left behind; its runs are marked as stopped."""
        for run in self._runs.unfinished():
            if run.pid is not None and alive(run.pid, mark=" train "):
                with suppress(StudioError):
                    end_group(run.pid)
            self._runs.keep(run, phase=STOPPED, detail="the backend ended during the run; the old model stayed")

    def start(self, project: int, *, why: str) -> str:
        """Begins a run, or names the one under way: two are never at once."""
        with self._lock:
            if self._current is not None:
                return self._current.name
            self._current = self._runs.begin(project, why=why, old=self._engine.version)
            self._thread = threading.Thread(target=self._work, args=(self._current,), name="training", daemon=True)
            self._thread.start()
            return self._current.name

    def noticed(self, project: int) -> None:
        """Counts the project's annotated tasks soon, and begins a run where there are enough new ones."""
        if self._every is None or self._counting.is_set():
            return
        self._counting.set()
        timer = threading.Timer(1.0, self._count, args=(project,))
        timer.daemon = True
        timer.start()

    def job(self, name: str) -> str:
        """The state of a run in the server's words."""
        run = self._runs.find(name)
        return "removed" if run is None else AS_JOB.get(run.phase, "failed")

    def table(self) -> dict[str, Any]:
        """The run under way and the last ones, newest first."""
        rows = [_row(run) for run in reversed(self._runs.all()[-SHOWN_RUNS:])]
        return {"under_way": self._current.name if self._current else None, "every": self._every, "runs": rows}

    def stop(self) -> None:
        """Ends the run under way; taken up again, it goes on from its last checkpoint."""
        self._ending = True
        run, thread = self._current, self._thread
        if run is not None and run.pid is not None:
            with suppress(StudioError):
                end_group(run.pid, patience=5)
        if thread is not None:
            thread.join(timeout=10)

    def _count(self, project: int) -> None:
        self._counting.clear()
        try:
            with self._connect() as studio:
                annotated = studio.project_by_id(project).annotated
        except WorkbenchError as error:
            self._log("counting", level="warning", project=project, reason=str(error))
            return
        before = max((run.annotated for run in self._runs.all() if run.project == project), default=0)
        if self._every is not None and annotated - before >= self._every:
            self.start(project, why=f"{annotated - before} new annotated tasks")

    def _work(self, run: Run) -> None:
        try:
            ended = self._run(run)
        except WorkbenchError as error:
            ended = self._ended(run, STOPPED if self._ending else FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it was, the run ends and the old model serves on
            self._log.failure("training", error, run=run.name)
            ended = self._ended(run, FAILED, "the backend failed; its log says where")
        self._metrics.count("training_runs_total", end=ended.phase)
        self._log("training_ended", run=ended.name, phase=ended.phase, detail=ended.detail, f1=ended.f1)
        try:
            self._clear()
            # Before the desk is free again: who sees that the run has ended finds the new model announced.
            if ended.phase == ACCEPTED:
                self._accepted(ended.project)
        finally:
            with self._lock:
                self._current = None

    def _run(self, run: Run) -> Run:
        schema, old = self._workspace.schema(), self._engine.loaded
        folder = self._runs.folder(run)
        folder.mkdir(parents=True, exist_ok=True)
        with self._connect() as studio:
            project = studio.project_by_id(run.project)
            self._note(annotated=project.annotated)
            material, phrase = fetch(studio, project, folder, recipe=self._recipe, schema=schema)
        self._note(phase=TRAINING, detail=phrase)
        target = next_place(self._workspace.models)
        arguments = command(material, old=old, model=target, recipe=self._recipe)
        epochs: tuple[float, ...] = ()
        for f1 in train(arguments, workspace=self._workspace, log=folder / "training.log", begun=self._begun):
            epochs += (f1,)
            self._note(epochs=epochs)
        self._note(phase=JUDGING, pid=None)
        found = judged(target, material, old=old.model, schema=schema, margin=self._recipe.margin)
        said = {"f1": found.f1, "new": found.model.version}
        if not found.verdict.passed:
            return self._note(phase=REFUSED, detail="; ".join(found.verdict.reasons), **said)
        set_current(target, self._workspace)
        self._engine.swap(Loaded(found.model, target))
        return self._note(phase=ACCEPTED, detail=f"{phrase}; it serves now", **said)

    def _clear(self) -> None:
        """Removes models of older runs where that was asked for; the one that serves and the current one stay."""
        if self._keep is None:
            return
        spare = [folder for folder in (self._engine.loaded.folder, current_model(self._workspace)) if folder]
        try:
            removed = clear(self._workspace.models, keep=self._keep, spare=spare)
        except OSError as error:
            self._log("models_not_removed", level="warning", reason=str(error))
        else:
            if removed:
                self._log("models_removed", models=removed)

    def _begun(self, pid: int) -> None:
        self._note(pid=pid)
        if self._ending:  # the backend was asked to end while the process was being started
            end_group(pid, patience=5)

    def _ended(self, run: Run, phase: str, detail: str) -> Run:
        """The run's end, also where a full disk lets nobody write it down: the desk must be free again."""
        try:
            return self._note(phase=phase, detail=detail)
        except WorkbenchError as error:
            self._log("not_kept", level="error", run=run.name, reason=str(error))
            return replace(self._current or run, phase=phase, detail=detail)

    def _note(self, **changes: Any) -> Run:
        """Changes the run under way, in memory and on disk."""
        assert self._current is not None  # noqa: S101 - only the thread of a run calls this
        self._current = self._runs.keep(self._current, **changes)
        return self._current


def _row(run: Run) -> dict[str, Any]:
    return asdict(run) | {"epochs": list(run.epochs), "f1": list(run.f1) if run.f1 else None}
