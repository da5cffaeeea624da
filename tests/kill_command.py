"""A `workbench` command that ends itself with kill -9 at a chosen write, and leaves a count of its writes behind.

A write is a file or folder opened for writing, made, renamed or removed below the current folder, and the beginning and
the end of every request that is not a GET. The chosen one is not done any more (0: none is kept back); with `delay`
seconds the end comes so much later, in the middle of what follows. `group` is the process group to end (0: its own).
Chunks are small here, so that a short run has as many places to be killed at as a long one.
"""

import importlib
import mmap
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "sqlite3.connect")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Module, name and value of what makes chunks small, by command.
_SMALL: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "prelabel": (("workbench.tag.prelabel", "CHUNK", 8), ("workbench.tag.prelabel", "_FIRST_ENDS", (2,))),
    "import": (("workbench.studio.importing", "BATCH_TASKS", 8),),
    "push": (("workbench.studio.pushing", "BATCH", 8),),
    "pull": (("workbench.studio.client", "CHUNK", 8),),
    "migrate": (("workbench.studio.client", "CHUNK", 8), ("workbench.studio.stored", "CHUNK", 8)),
}
_ASKING = (*_SMALL, "assist")


class Writes:
    """Counts them in a file that outlives the process; ends the process group at the chosen one."""

    def __init__(self, counter: Path, *, at: int, delay: float, group: int, home: Path) -> None:
        self._count = mmap.mmap(os.open(counter, os.O_RDWR), 8)
        self._at, self._delay, self._group = at, delay, group
        self._home, self._lock = os.path.join(home, ""), threading.Lock()

    def one(self) -> None:
        """Counts a write that is about to happen."""
        with self._lock:
            number = int.from_bytes(self._count[:8], "little") + 1
            # The one that is kept back does not count: it was not done.
            if number == self._at and not self._delay:
                self._end()
            self._count[:8] = number.to_bytes(8, "little")
            if number == self._at:
                threading.Thread(target=self._end_soon, daemon=True).start()

    def heard(self, event: str, given: tuple[Any, ...]) -> None:
        """An audit event of the interpreter (see sys.addaudithook)."""
        if event == "open":
            path, _, flags = given
            if isinstance(flags, int) and flags & _WRITING:
                self._at_path(path)
        elif event in _CHANGES:
            self._at_path(given[0])

    def _at_path(self, path: Any) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            name = os.fsdecode(path).removeprefix("file:")
            if os.path.abspath(name).startswith(self._home):
                self.one()

    def _end_soon(self) -> None:
        time.sleep(self._delay)
        self._end()

    def _end(self) -> None:
        os.killpg(self._group, signal.SIGKILL)

    def watch_requests(self) -> None:
        """Counts the requests of this process too."""
        import httpx

        send = httpx.Client.send

        def counted(client: Any, request: Any, **how: Any) -> Any:
            writing = request.method != "GET" and "token" not in request.url.path
            if writing:
                self.one()
            answer = send(client, request, **how)
            if writing:
                self.one()
            return answer

        httpx.Client.send = counted  # type: ignore[assignment, method-assign]


def run_command(command: list[str], *, counter: Path, at: int, delay: float, group: int) -> None:
    """Runs it in this process and leaves with its exit status."""
    writes = Writes(counter, at=at, delay=delay, group=group, home=Path.cwd())
    for module, name, value in _SMALL.get(command[0], ()):
        setattr(importlib.import_module(module), name, value)
    if command[0] in _ASKING:
        writes.watch_requests()
    sys.addaudithook(writes.heard)
    from workbench.cli.app import main as workbench

    workbench(command)
