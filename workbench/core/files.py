"""Files that are written whole or not at all, and read with a clear word where they cannot be."""

import gzip
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO

from workbench.core.errors import InputError
from workbench.core.locks import WINDOWS, is_at, try_lock

_SUFFIX = ".half"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)

# Characters of a line, and so of a bulletin; a book has a million.
LONGEST_LINE = 1 << 27


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """A UTF-8 text file for reading, plain or .gz, with or without a byte order mark.

    Raises InputError where it cannot be read as that.
    """
    opener: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path} is not there; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name a file in it") from None
    except PermissionError:
        raise InputError(f"{path} may not be read by this user; change its permissions") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}); convert it to UTF-8 first") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path} is damaged or no gzip file ({error}); fetch it again") from None


def bounded_lines(file: IO[str], *, where: str | Path) -> Iterator[str]:
    """The lines of a text file, one at a time. Raises InputError for one that is too long for memory: a packed file of
    a megabyte may hold a line of a gigabyte."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise InputError(f"{where} has a line of {LONGEST_LINE:,} characters or more; is it what it says it is?")
        yield line


def bounded_text(file: IO[str], *, where: str | Path, most: int) -> str:
    """All of a text file. Raises InputError for more than `most` characters."""
    text = file.read(most + 1)
    if len(text) > most:
        raise InputError(f"{where} holds more than {most:,} characters; split it, or make it JSON Lines")
    return text


@contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of `path` only when everything was written and synced.

    Until then an old file at `path` stays as it was; after an error nothing is left behind, and what a kill left
    (`.NAME.half`) is taken over by the next who writes `path`. Raises InputError for a folder that cannot be written
    to and for a full disk.
    """
    with making(path, mode=mode) as temporary, temporary.open("wb") as file:
        yield file


@contextmanager
def making(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """As replacing, for writers that want a name: that of an empty file, which takes the place of `path` at the end."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = _temporary(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}); choose another place") from None
    try:
        yield temporary
        os.fsync(descriptor)
        if WINDOWS:
            os.close(descriptor)  # no open file can be renamed there
        temporary.chmod(mode if mode is not None else 0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(
            f"{path} could not be saved ({error.strerror or error}); the old file, if there was one, is as before: "
            "free some space or choose another place, then run it again"
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        with suppress(OSError):
            os.close(descriptor)


@contextmanager
def making_database(path: Path) -> Iterator[sqlite3.Connection]:
    """A new SQLite file that takes the place of `path` only when the block has ended well; raises as replacing does."""
    with making(path) as temporary:
        # Nobody else opens it: no lock (on some systems it would meet the one of `making`), and no journal beside it.
        base = sqlite3.connect(f"{temporary.resolve().as_uri()}?nolock=1", uri=True)
        try:
            base.execute("pragma journal_mode = off")
            with base:
                yield base
        except sqlite3.OperationalError as error:
            raise OSError(str(error)) from error
        finally:
            base.close()


def is_half(path: Path) -> bool:
    """Whether this is the beginning of a file that a kill came in between of."""
    return path.name.startswith(".") and path.name.endswith(_SUFFIX)


def _temporary(path: Path) -> tuple[int, Path]:
    """An empty file beside `path` that is nobody else's: what a kill left is taken over, what is in use is passed over.

    It is locked for as long as it is open, which tells the one from the other.
    """
    for number in count():
        name = path.with_name(f".{path.name}{f'.{number}' if number else ''}{_SUFFIX}")
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        locked = try_lock(descriptor)
        if locked and is_at(descriptor, name):
            os.fchmod(descriptor, 0o600)
            os.ftruncate(descriptor, 0)
            return descriptor, name
        os.close(descriptor)
        if locked is None:
            break
    return _of_random_name(path)


def _of_random_name(path: Path) -> tuple[int, Path]:
    """The same where there are no locks; what a kill leaves stays there."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent)
    return descriptor, Path(name)


def write_text(path: Path, text: str, *, mode: int | None = None) -> None:
    """UTF-8, whole or not at all."""
    with replacing(path, mode=mode) as file:
        file.write(text.encode("utf-8", "surrogatepass"))


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """One line each, LF, whole or not at all, one at a time in memory; returns how many."""
    written = 0
    with replacing(path) as file:
        for line in lines:
            file.write(line.encode("utf-8", "surrogatepass") + b"\n")
            written += 1
    return written


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
