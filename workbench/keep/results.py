"""What the results of a project were before they were changed: appended to a file, a row before each change.

A second kind of row holds the order in time of a task's annotations while they are being sent: which of several was
changed last tells which counts, and a kill between two of them must not turn them round.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from workbench.core.parse import json_value
from workbench.studio.stored import Result

_ORDER = "order"


class Results:
    """The rows of a file, of which the last of each result counts; only their places are held in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[tuple[str, int], int] = {}
        if path.exists():
            with path.open("rb") as file:
                self._find_places(file)

    def __len__(self) -> int:
        return sum(kind != _ORDER for kind, _ in self._places)

    def note(self, result: Result) -> None:
        """Keeps what a result is now."""
        self._append(result.kind, result.number, result.result)

    def before(self, result: Result) -> Any:
        """What a result was; None where it was never changed."""
        return self._read(result.kind, result.number)

    def note_order(self, task: int, annotations: Sequence[int] | None) -> None:
        """Keeps the order in which a task's annotations are about to be sent; None once all are there."""
        self._append(_ORDER, task, None if annotations is None else list(annotations))

    def order(self, task: int) -> list[int]:
        """The order that sending was not finished in, oldest first; empty where nothing is open."""
        found = self._read(_ORDER, task)
        return found if isinstance(found, list) else []

    def _append(self, kind: str, number: int, value: Any) -> None:
        with self._path.open("a+b") as file:
            end = file.seek(0, os.SEEK_END)
            if end and not _ends_with_line(file):
                file.write(b"\n")
                end += 1
            file.write(json.dumps([kind, number, value]).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._places[kind, number] = end

    def _read(self, kind: str, number: int) -> Any:
        place = self._places.get((kind, number))
        if place is None:
            return None
        with self._path.open("rb") as file:
            file.seek(place)
            return json_value(file.readline())[2]

    def _find_places(self, file: IO[bytes]) -> None:
        place = 0
        for line in file:
            try:
                kind, number, _ = json_value(line)
                self._places[str(kind), int(number)] = place
            except (ValueError, TypeError):
                pass  # cut off by a kill, before anything was changed
            place += len(line)


def _ends_with_line(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
