"""How much there is to read, and whether it is the same as before, without reading it."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.read.find import find_sources
from workbench.read.report import ReadReport
from workbench.read.row import suffix

# Lines of a larger file are counted in its beginning only and taken to be alike.
_COUNTED = 64 << 20


def identity_of(paths: Sequence[str], *settings: Any) -> str:
    """A text that is the same for the same files as they are now (names, sizes, times) and the same settings.

    Standard input has one of its own each time, as nobody can say whether the same comes in again.
    """
    if "-" in paths:
        return f"standard input of process {os.getpid()} at {os.times().elapsed}"
    files = [(str(file), (seen := file.stat()).st_size, seen.st_mtime_ns) for file in _files(paths)]
    return hashlib.sha256(json.dumps([list(paths), files, *settings]).encode()).hexdigest()


def about_how_many(paths: Sequence[str]) -> int | None:
    """About how many bulletins the files hold, for the time left; None where only reading all of it would tell."""
    if "-" in paths:
        return None
    counts = [_rows(file) for file in _files(paths)]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _rows(path: Path) -> int | None:
    if path.suffix in (".jsonl", ".ndjson"):
        return _lines(path)
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        try:
            return int(pq.read_metadata(path).num_rows)
        except (OSError, ValueError):
            return None
    return 1 if suffix(path) in (".txt", ".html", ".htm") else None


def _lines(path: Path) -> int:
    size, seen, lines = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        while seen < _COUNTED and (piece := file.read(1 << 20)):
            seen += len(piece)
            lines += piece.count(b"\n")
    return round(lines * size / seen) if seen else 0


def _files(paths: Sequence[str]) -> list[Path]:
    """The files meant, as reading finds them."""
    return [source.path for source in find_sources(paths, ReadReport()) if source.path.is_file()]
