"""Bulletins that could not be labelled: each with its place and reason in a file, while the run goes on."""

import json
from pathlib import Path
from typing import IO, Any

from workbench.core.corpus import Entry, row_from_entry


class Rejects:
    """OUT.rejects.jsonl: one object a bulletin, with `where`, `reason` and the `row` as far as it could be read.

    It takes its name when the run is done, and there is none where nothing was rejected. A run that is taken up
    reads its input from the start and so finds them all again. Raises OSError where the disk does not take it.
    """

    def __init__(self, out: Path) -> None:
        self.path = out.with_name(f"{out.name}.rejects.jsonl")
        self._part = out.with_name(f".{out.name}.rejects.part")
        self._file: IO[bytes] | None = None
        self.count = 0
        self.first = ""

    def add(self, where: str, reason: str, row: Any) -> None:
        """Notes one; `row` is a JSON value, an Entry, or None."""
        line: dict[str, Any] = {"where": where, "reason": reason}
        if row is not None:
            line["row"] = row_from_entry(row) if isinstance(row, Entry) else row
        if self._file is None:
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
        self._file.write(json.dumps(line, default=str).encode() + b"\n")
        self.count += 1
        self.first = self.first or f"{where}: {reason}"

    def finish(self) -> None:
        """Gives the file its name; one of an earlier run goes away."""
        if self._file is None:
            self.path.unlink(missing_ok=True)
            return
        self._file.close()
        self._part.replace(self.path)
