"""A long-lived process of this machine: its port, its pid, its lock, its end."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbench.core.errors import StudioError

LOOPBACK = "127.0.0.1"
WINDOWS = os.name == "nt"


def posix_only(what: str) -> None:
    """Raises StudioError on Windows, where processes and locks are of another kind."""
    if WINDOWS:
        raise StudioError(
            f"{what} needs Linux or macOS; on Windows run it in WSL: the other commands work outside of it, with "
            "LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY set to where that server is"
        )


def free_port(first: int = 8080, *, tries: int = 200) -> int:
    """The first port from `first` upwards that nobody listens on. Raises StudioError where all are taken."""
    for port in range(first, min(first + tries, 65536)):
        # Both families: a listener on ::1 would answer "localhost" in the user's browser.
        if not any(_listening(host, port) for host in (LOOPBACK, "::1")) and _bindable(port):
            return port
    raise StudioError(f"no free port was found from {first} on; name another with --port")


def alive(pid: int, *, mark: str) -> bool:
    """Whether that process runs and has `mark` in its command line: a pid may have gone to another program since."""
    if WINDOWS:  # nothing that is asked about runs there, and asking with a signal would end what does
        return False
    for _ in range(20):
        if _gone(pid):
            return False
        if line := _asked(pid, "command=", "cmdline"):
            return mark in line
        time.sleep(0.05)  # a process that is just becoming another program has no command line for a moment
    return False


def end_group(pid: int, *, patience: float = 15.0) -> None:
    """Ends the process group of that pid: asks, then after `patience` seconds insists. Returns when it is gone."""
    for sign, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.killpg(pid, sign)
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if _gone(pid):
                return
            time.sleep(0.05)
    raise StudioError(f"process {pid} does not end; end it by hand: kill -9 {pid}")


@contextmanager
def one_at_a_time(path: Path, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Holds the lock file; `waiting` is called once where another process holds it. Let go even after a crash."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def last_lines(path: Path, *, count: int = 12) -> str:
    """The end of a log, without the lines of single requests; empty where there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join([line for line in lines if line.strip() and "[django.server::" not in line][-count:])


def _listening(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.5)
            return probe.connect_ex((host, port)) == 0
    except OSError:  # a machine without IPv6
        return False


def _bindable(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _gone(pid: int) -> bool:
    """Whether no such process of ours runs; one that has ended and is only still listed counts as gone."""
    with suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return True
    # The state follows the name, which is in brackets and may hold anything.
    return _asked(pid, "stat=", "stat").rpartition(")")[2].strip().startswith("Z")


def _asked(pid: int, column: str, file: str) -> str:
    """What /proc says of a process where there is one, else ps; empty where neither knows it."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/{file}").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    with suppress(OSError):
        return subprocess.run(["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return ""
