"""What the tests on a real Label Studio share."""

import os
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.workspace import Workspace
from workbench.studio.process import free_port
from workbench.studio.server import Server

if TYPE_CHECKING:
    from workbench.studio.client import Studio
    from workbench.studio.project import Project

# One of the two processes of `make test`. Beside one that trains, a server of low priority would be given next to
# nothing; by itself it has a low one, lest it slow down the page that the tests drive.
SIDE_BY_SIDE = "PYTEST_XDIST_WORKER" in os.environ


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


class Line:
    """A line to a server that can be cut and mended: a real socket, forwarding both ways."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._there = (host, int(port))
        self._whole = threading.Event()
        self._whole.set()
        self._swallowed: bytes | None = None
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", free_port(22000 + os.getpid() % 20000)))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Connections are ended, and none is taken any more."""
        self._whole.clear()
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """All is forwarded again."""
        self._swallowed = None
        self._whole.set()

    def swallow_answer_to(self, request: bytes) -> None:
        """The server gets every request, but of one that holds these bytes the answer never arrives."""
        self._swallowed = request

    def close(self) -> None:
        """Ends listening."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._whole.is_set():
                    near.close()
                    continue
                far = socket.create_connection(self._there)
                self._open += [near, far]
                lost = threading.Event()
                for one, other, forth in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._copy, args=(one, other, lost, forth), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket, lost: threading.Event, forth: bool) -> None:
        with suppress(OSError):
            while piece := one.recv(1 << 16):
                if forth and self._swallowed is not None and self._swallowed in piece:
                    lost.set()
                if not forth and lost.is_set():
                    other.shutdown(socket.SHUT_RDWR)
                    return
                other.sendall(piece)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)
