"""From what the user named to the files: folders walked, patterns expanded, each file once, in a fixed order."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.core.errors import InputError
from workbench.read.forms import SUFFIXES
from workbench.read.report import ReadReport
from workbench.read.row import Source, suffix


def find_sources(paths: Iterable[str | Path], report: ReadReport, *, split: str | None = None) -> list[Source]:
    """The files to read, in the order named and sorted within folders and patterns.

    A file of a folder is named by its path within the folder ("2024/05/b-17"), any other by its own name ("b-17").
    Names that start with a dot are passed over; a file named twice is read once. Raises InputError for what is
    missing, and for a folder or pattern without any file that can be read.
    """
    seen: set[str] = set()
    sources = []
    for path in paths:
        for file, name in _files(str(path), report):
            real = str(file) if str(file) == "-" else os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                sources.append(Source(file, name, report, split=split, in_folder=Path(path).is_dir()))
    return sources


def _files(path: str, report: ReadReport) -> Iterator[tuple[Path, str]]:
    if path == "-":
        yield Path(path), "stdin"
    elif Path(path).is_dir():
        yield from _files_of_folder(Path(path), report)
    elif Path(path).exists() or not glob.has_magic(path):
        if not Path(path).exists():
            raise InputError(f"{path} is not there; check the path")
        yield Path(path), _stem(Path(path).name)
    else:
        found = sorted(Path(name) for name in glob.glob(path, recursive=True))
        files = [file for file in found if file.is_file()]
        if not files:
            raise InputError(f"{path} matches no file; check the pattern")
        yield from ((file, _stem(file.name)) for file in files)


def _files_of_folder(folder: Path, report: ReadReport) -> Iterator[tuple[Path, str]]:
    count = 0
    ignored = []
    for file in _walk(folder):
        # A pipe or a device among the files would be waited for, perhaps for ever.
        if suffix(file) in SUFFIXES and (file.is_file() or not file.exists()):
            count += 1
            yield file, _stem(file.relative_to(folder).as_posix())
        else:
            ignored.append(str(file))
    report.ignored.extend(ignored)
    if not count:
        found = f"{len(ignored)} files of other forms, such as {ignored[0]}" if ignored else "no file"
        raise InputError(f"{folder} holds {found}; expected files that end in {', '.join(SUFFIXES)}")


def _walk(folder: Path) -> Iterator[Path]:
    """All files below, sorted; links to folders are followed, each real folder once."""
    visited: set[str] = set()

    def forbidden(error: OSError) -> None:
        raise InputError(f"{error.filename} may not be read by this user; change its permissions") from None

    for place, folders, files in os.walk(folder, followlinks=True, onerror=forbidden):
        visited.add(os.path.realpath(place))
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(os.path.join(place, name)) not in visited
        )
        yield from (Path(place, name) for name in sorted(files) if not name.startswith("."))


def _stem(name: str) -> str:
    """The name without its form: "a.b" of "a.b.jsonl.gz"."""
    bare = name[:-3] if name.lower().endswith(".gz") else name
    return bare[: -len(suffix(Path(bare)))] if suffix(Path(bare)) else bare
