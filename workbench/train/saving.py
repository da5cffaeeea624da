"""The folder of a run while it is under way, and the model folder that takes its place whole or not at all."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.tag.model import MANIFEST


def take_up(work: Path, fingerprint: str) -> None:
    """Keeps what a killed run left in `work` only where data, schema and settings are the same."""
    mark = work / "run.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != fingerprint:
        shutil.rmtree(work, ignore_errors=True)
        write_text(mark, fingerprint)


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """A disk that is full or may not be written to becomes a sentence; safetensors has an error of its own for it."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"the model {folder} could not be saved ({error}); the older model there, if there was one, is as before: "
            "free some space or choose another folder, then run the same command again"
        ) from error


def check_folder(folder: Path) -> None:
    """Raises InputError for a folder of something else (annotations, a home): a model never replaces that."""
    if folder.exists() and not (folder / MANIFEST).exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder} holds something else than a model; name a new folder, such as models/second, with -o"
        )


def put_in_place(new: Path, folder: Path, aside: Callable[[Path], object] = shutil.rmtree) -> None:
    """The new folder takes the old one's name; the old one is given to `aside` only after that."""
    old = folder.with_name(f".{folder.name}.old")
    if old.exists() and folder.exists():
        _away(old, aside)  # a kill came when the new one had its name already
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    if old.exists():
        _away(old, aside)


def _away(old: Path, aside: Callable[[Path], object]) -> None:
    """An empty folder is no model to keep."""
    (aside if (old / MANIFEST).exists() else shutil.rmtree)(old)
