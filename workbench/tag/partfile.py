"""A file that grows chunk by chunk beside its final place, so that a killed run is taken up behind its last chunk."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from workbench.core.corpus import entry_from_row, row_from_line
from workbench.core.errors import InputError
from workbench.core.parse import json_value


class PartFile:
    """`.NAME.part` beside `out`, and a journal `.NAME.part.json`: what the run is, then rows, spans and bytes so far.

    Where both are there and are of the same run, it goes on behind the last chunk that was written whole; else it
    starts anew. `rows` and `spans` are in the file now, `resumed` rows were there at the start.
    Methods raise OSError where the disk does not take it.
    """

    def __init__(self, out: Path, *, run: str) -> None:
        self.out = out
        self._part, self._journal = out.with_name(f".{out.name}.part"), out.with_name(f".{out.name}.part.json")
        out.parent.mkdir(parents=True, exist_ok=True)
        self.rows, self.spans, size = self._last_chunk(run)
        self.resumed = self.rows
        if not self.rows:
            self._journal.write_text(f"{run}\n", encoding="utf-8")
        self._file: IO[bytes] = self._part.open("r+b" if self.rows else "wb")
        self._file.truncate(size)
        self._file.seek(size)

    def append(self, lines: Iterable[str], *, spans: int) -> None:
        """Adds one chunk; from then on it survives a kill."""
        for line in lines:
            self._file.write(line.encode("utf-8", "surrogatepass") + b"\n")
            self.rows += 1
        self.spans += spans
        self._file.flush()
        os.fsync(self._file.fileno())
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(f"{json.dumps([self.rows, self.spans, self._file.tell()])}\n")

    def finish(self) -> None:
        """Gives the file its name."""
        self._file.close()
        self._part.replace(self.out)
        self._journal.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _last_chunk(self, run: str) -> tuple[int, int, int]:
        """Rows, spans and bytes of what is there of this run and whole."""
        try:
            size = self._part.stat().st_size
            first, *lines = self._journal.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return 0, 0, 0
        last = (0, 0, 0)
        for line in lines if first == run else ():
            try:
                rows, spans, end = json_value(line)
            except (ValueError, TypeError):
                break  # the kill came while this line was written
            if end <= size:
                last = rows, spans, end
        return last


def damage(part: Path) -> str | None:
    """What is wrong with the part file of a stopped run, by its journal; None where the run can be taken up."""
    journal = part.with_name(f"{part.name}.json")
    try:
        _, *lines = journal.read_text(encoding="utf-8").splitlines()
        chunks = [json_value(line) for line in lines if line.endswith("]")]
        with part.open("rb") as file:
            for rows, _, end in chunks[-1:]:
                text = file.read(end)
                if len(text) < end or text.count(b"\n") != rows:
                    return f"its journal tells of {rows} rows in {end} bytes, which are not there"
                for line in text.splitlines():
                    entry_from_row(row_from_line(line.decode("utf-8", "surrogatepass")))
    except (OSError, ValueError, TypeError, InputError) as error:
        return f"it cannot be taken up ({error})"
    return None
