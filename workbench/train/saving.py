"""The folder of a run while it is under way, and the model folder that takes its place whole or not at all."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.tag.model import MANIFEST

MODEL = "model"
# In the folder of a run: what it is of, and, once its model is complete, the rows of its epochs.
_MARK = "run.txt"
# In the RuntimeError of torch.save where the disk does not take what it writes.
_WORDS_OF_TORCH = ("inline_container", "PytorchStreamWriter")


def take_up(work: Path, fingerprint: str) -> None:
    """Keeps what a killed run left in `work` only where data, schema and settings are the same."""
    mark = work / _MARK
    if not mark.exists() or mark.read_text(encoding="utf-8").partition("\n")[0] != fingerprint:
        shutil.rmtree(work, ignore_errors=True)
        write_text(mark, fingerprint)


def newest_checkpoint(folder: Path) -> Path | None:
    """The last checkpoint that was written whole, or None; one that a kill cut off is removed."""
    whole = []
    for path in folder.glob("checkpoint-*"):
        # The Trainer writes its state last, and not as a whole.
        try:
            json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
            whole.append(path)
        except (OSError, ValueError):
            shutil.rmtree(path)
    return max(whole, key=lambda path: int(path.name.split("-")[1]), default=None)


def note_finished(work: Path, epochs: Sequence[dict[str, float]]) -> None:
    """Notes that the model in `work` is complete and only has to be put in place; with the rows of its epochs."""
    mark = work / _MARK
    write_text(mark, mark.read_text(encoding="utf-8").partition("\n")[0] + "\n" + json.dumps(list(epochs)))


def finished(work: Path) -> tuple[dict[str, float], ...] | None:
    """The epochs of a run of which nothing but its end was cut off; None for any other."""
    text = (work / _MARK).read_text(encoding="utf-8").partition("\n")[2]
    return tuple(json.loads(text)) if text else None


def end_run(work: Path, folder: Path, aside: Callable[[Path], object] = shutil.rmtree) -> None:
    """Puts the finished model in place and removes `work`; after a kill it goes on with that."""
    if (work / MODEL).exists():
        put_in_place(work / MODEL, folder, aside)
    elif (old := _old(folder)).exists():
        _away(old, aside)  # the kill came when the new one had its name already
    for item in work.iterdir():
        if item.name != _MARK:
            shutil.rmtree(item) if item.is_dir() else item.unlink()
    # The last: as long as it is there, nothing is trained again.
    (work / _MARK).unlink()
    work.rmdir()


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """A disk that is full or may not be written to becomes a sentence; safetensors and torch each say it their way."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(words in str(error) for words in _WORDS_OF_TORCH):
            raise
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
    old = _old(folder)
    if old.exists() and folder.exists():
        _away(old, aside)  # a kill came when the new one had its name already
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    if old.exists():
        _away(old, aside)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _away(old: Path, aside: Callable[[Path], object]) -> None:
    """An empty folder is no model to keep."""
    (aside if (old / MANIFEST).exists() else shutil.rmtree)(old)
