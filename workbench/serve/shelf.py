"""The models that training beside the backend made: numbered folders, of which old ones can be removed."""

import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from workbench.tag.model import MANIFEST

_REMOVED = ".removed"
_NAME = re.compile(r"page-(\d{4,})")


def next_place(models: Path) -> Path:
    """The folder of the next model. A run that was stopped left it free, and its checkpoints are taken up there."""
    return models / f"page-{max((number for number, _ in _numbered(models)), default=0) + 1:04d}"


def clear(models: Path, *, keep: int, spare: Collection[Path]) -> list[str]:
    """Removes all of these models but the newest `keep`, and returns their names.

    The folders of `spare` stay, and so does whatever has another name: a model that is to stay for good is renamed.
    Raises OSError for a folder that may not be written to.
    """
    spared = {folder.resolve() for folder in spare}
    made = sorted((each for each in _numbered(models) if (each[1] / MANIFEST).exists()), reverse=True)
    old = [folder for _, folder in made[keep:] if folder.resolve() not in spared]
    for folder in old:
        # Renamed first: a kill in between leaves no half of a model under a name that a command would take.
        folder.rename(models / f".{folder.name}{_REMOVED}")
    for folder in models.glob(f".page-*{_REMOVED}"):
        shutil.rmtree(folder)
    return sorted(folder.name for folder in old)


def _numbered(models: Path) -> Iterator[tuple[int, Path]]:
    for folder in models.iterdir() if models.is_dir() else ():
        if found := _NAME.fullmatch(folder.name):
            yield int(found.group(1)), folder
