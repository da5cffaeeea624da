"""The whole backend: engine, service, workers and HTTP, put together, begun and ended."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, MissingExtraError, StudioError, WorkbenchError
from workbench.core.workspace import Workspace
from workbench.serve.app import application
from workbench.serve.credentials import PASSWORD, USER, Credentials, find_credentials, make_credentials
from workbench.serve.desk import Desk
from workbench.serve.engine import Engine
from workbench.serve.home import Home, Running, find_running, keep_running
from workbench.serve.later import Later
from workbench.serve.logs import Log
from workbench.serve.metrics import Metrics
from workbench.serve.runs import Runs
from workbench.serve.service import ANSWER_SECONDS, Service
from workbench.serve.trainer import Recipe
from workbench.serve.wires import announce, read_wires
from workbench.studio.connect import connect
from workbench.tag.rules import Joiner

LOOPBACK = ("127.0.0.1", "::1", "localhost")
FIRST_PORT = 9090  # where Label Studio's own examples have their backend
GRACE = 20  # seconds that requests under way have when the backend is asked to end


@dataclass(frozen=True)
class Plan:
    """How to serve: model, address, how long a request may take, rules, when and how to train, how many models stay."""

    model: Path
    host: str = "127.0.0.1"
    port: int = FIRST_PORT
    seconds: float = ANSWER_SECONDS
    every: int | None = None
    joiner: Joiner | None = None
    recipe: Recipe = field(default_factory=Recipe)
    keep: int | None = None


def serve(workspace: Workspace, plan: Plan, *, log: Log, ready: Callable[[Running], None]) -> None:
    """Serves until it is asked to end; `ready` is told where, when it listens.

    Raises InputError for an address that is taken or open to others without credentials, ModelError, MissingExtraError,
    and StudioError where another backend of this workspace runs.
    """
    home = Home.of(workspace)
    home.make()
    if (other := find_running(home)) is not None:
        raise StudioError(
            f"a backend of this workspace runs at {other.url} (process {other.pid}); end it first: kill {other.pid}"
        )
    credentials = allowed(home, plan.host)
    with _listening(plan) as listener:
        engine = Engine(plan.model, joiner=plan.joiner)
        running = Running(os.getpid(), f"http://{_named(plan.host)}:{listener.getsockname()[1]}")
        parts = assemble(workspace, plan, engine=engine, credentials=credentials, log=log)
        keep_running(home, running)
        try:
            with parts.working():
                log("serving", url=running.url, model=engine.version, folder=str(plan.model))
                ready(running)
                _run(application(parts.service, credentials), listener)
        finally:
            home.record.unlink(missing_ok=True)
            log("ended")


def allowed(home: Home, host: str) -> Credentials:
    """The credentials to ask for. On this machine they are made where there are none; beyond it that is refused."""
    if host in LOOPBACK:
        return make_credentials(home.credentials)
    found = find_credentials(home.credentials)
    if found is None:
        raise InputError(f"the backend would be open to everybody who reaches {host}; set {USER} and {PASSWORD} first")
    return found


@dataclass(frozen=True)
class Parts:
    """The service and the two that work beside it."""

    service: Service
    later: Later
    desk: Desk
    announce: Callable[[], None]

    @contextmanager
    def working(self) -> Iterator[None]:
        """Both work meanwhile; at the end they are stopped and what is owed is kept."""
        self.desk.clear_up()
        self.later.start()
        threading.Thread(target=self.announce, name="announce", daemon=True).start()
        try:
            yield
        finally:
            self.desk.stop()
            self.later.stop()


def assemble(workspace: Workspace, plan: Plan, *, engine: Engine, credentials: Credentials, log: Log) -> Parts:
    """The parts of a backend, not yet at work."""
    home, metrics = Home.of(workspace), Metrics()
    studio = partial(connect, workspace, timeout=60.0)
    later = Later(home.pending, connect=studio, engine=engine, metrics=metrics, log=log)
    tell = partial(_announce, home, studio, engine, credentials, log)

    def accepted(project: int) -> None:
        tell()
        later.owe(project, None)

    desk = Desk(
        workspace,
        Runs(home.runs),
        engine=engine,
        connect=studio,
        metrics=metrics,
        log=log,
        accepted=accepted,
        recipe=plan.recipe,
        every=plan.every,
        keep=plan.keep,
    )
    service = Service(engine, later, desk, metrics, log, seconds=plan.seconds)
    return Parts(service, later, desk, tell)


def _announce(home: Home, studio: Any, engine: Engine, credentials: Credentials, log: Log) -> None:
    """Tells the tied projects which model answers; where the server is away, `doctor` sees what is left to do."""
    try:
        if not read_wires(home.wires):
            return
        with studio() as client:
            for project, trouble in announce(client, home.wires, credentials, version=engine.version):
                log("announced", project=project, **({"level": "warning", "reason": trouble} if trouble else {}))
    except WorkbenchError as error:
        log("announced", level="warning", reason=str(error))
    except Exception as error:  # noqa: BLE001 - this runs beside the service, which goes on
        log.failure("announced", error)


@contextmanager
def _listening(plan: Plan) -> Iterator[socket.socket]:
    """The listening socket, before the model is loaded: a port that is taken is said at once."""
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    # The protocol is named so that asyncio knows it for TCP and sends at once; else each answer waits 40 ms (Nagle).
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((plan.host, plan.port))
        except OSError as error:
            raise InputError(
                f"the backend cannot listen on {plan.host} port {plan.port} ({error.strerror}); choose another --port"
            ) from None
        yield listener


def _run(app: Any, listener: socket.socket) -> None:
    """The HTTP server, until SIGTERM or SIGINT; requests under way are answered first."""
    try:
        import uvicorn
    except ImportError:
        raise MissingExtraError("uvicorn", "serve") from None

    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=GRACE
    )
    # The server raises a signal again once it has ended; being asked to end is no failure, so nothing is to follow.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: None)
    uvicorn.Server(config).run(sockets=[listener])


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else "127.0.0.1" if host in ("0.0.0.0", "localhost") else host  # noqa: S104
