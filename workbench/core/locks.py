"""Locks between processes, which the system lets go of when a process ends, however it ends: none is ever stale."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from workbench.core.errors import InputError

WINDOWS = os.name == "nt"


def try_lock(descriptor: int) -> bool | None:
    """Locks an open file for as long as it is open; False where another has it, None where there are no such locks."""
    if WINDOWS:
        return None
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None  # a file system that knows no locks
    return True


def is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one at `path`, and not one that was removed or replaced since."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def alone(output: Path, *, what: str) -> Iterator[None]:
    """Keeps every other process from the same output while the block runs: `.NAME.lock` beside it, removed at the end.

    Raises InputError, naming the other's process and since when, where one is at work; `what` says at what, as in
    "writing out.jsonl". A file that a killed process left is taken over.
    """
    path = output.with_name(f".{output.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _taken(path, what)
    except OSError as error:
        raise InputError(
            f"{output} cannot be written ({error.strerror or error}); choose another place, or mend its permissions"
        ) from None
    try:
        yield
    finally:
        # Removed while it is held: whoever opened it meanwhile finds that it is gone, and makes another.
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _taken(path: Path, what: str) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if try_lock(descriptor) is False:
            said = _holder(descriptor)
            os.close(descriptor)
            raise InputError(f"another workbench ({said}) is {what}; wait until it is done, or end it first")
        if is_at(descriptor, path):
            break
        os.close(descriptor)
    os.ftruncate(descriptor, 0)
    now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    os.write(descriptor, json.dumps({"process": os.getpid(), "since": now}).encode())
    return descriptor


def _holder(descriptor: int) -> str:
    try:
        row = json.loads(os.read(descriptor, 200))
        return f"process {int(row['process'])}, since {row['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has just begun"
