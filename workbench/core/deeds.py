"""What commands replaced, kept so that `workbench undo` can put it back: a folder each, made with the first thing kept.

.workbench/undo/0007/deed.json    which command, and when
                     rows.jsonl   [kind, number or path, what it was, what it became], each before the change
                     folder/      a folder that was replaced, where one was
                     undone       there once it was taken back
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.core.parse import json_value

FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was replaced: its kind (see keep.undo), its number or path, its value before and after."""

    kind: str
    name: Any
    before: Any
    after: Any


class Deed:
    """What one command replaces. Nothing is written until the first row."""

    def __init__(self, home: Path, command: str) -> None:
        self._home, self._command = home, command
        self._folder: Path | None = None
        self.count = 0

    @property
    def number(self) -> int | None:
        """Its number, None where nothing was replaced."""
        return int(self._folder.name) if self._folder else None

    def note(self, kind: str, name: Any, before: Any, after: Any) -> None:
        """Keeps a value; it is on the disk when this returns."""
        with (self._begun() / "rows.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps([kind, name, before, after]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.count += 1

    def keep_folder(self, old: Path, *, of: Path) -> None:
        """Moves the folder that was `of` aside. Of one folder only the version before the present one is kept."""
        for deed in kept_deeds(self._home):
            if any(row.kind == FOLDER and row.name == str(of) for row in deed.rows()):
                shutil.rmtree(deed.folder)
                if deed.folder == self._folder:
                    self._folder = None
        target = self._begun() / FOLDER
        self.note(FOLDER, str(of), None, None)
        shutil.move(old, target)

    def _begun(self) -> Path:
        if self._folder is None:
            self._folder = _next_folder(self._home)
            made = datetime.now(UTC).isoformat(timespec="seconds")
            write_text(self._folder / "deed.json", json.dumps({"command": self._command, "made": made}) + "\n")
        return self._folder


def _next_folder(home: Path) -> Path:
    """A new folder with the next number; another command may be about to take the same one."""
    home.mkdir(parents=True, exist_ok=True)
    while True:
        numbers = [int(path.name) for path in home.glob("[0-9]*") if path.name.isdigit()]
        folder = home / f"{max(numbers, default=0) + 1:04d}"
        with suppress(FileExistsError):
            folder.mkdir()
            return folder


@dataclass(frozen=True)
class KeptDeed:
    """A command that replaced something, as it was kept."""

    folder: Path
    command: str
    made: str

    @property
    def number(self) -> int:
        """What it is called by."""
        return int(self.folder.name)

    @property
    def undone(self) -> bool:
        """Whether it was taken back."""
        return (self.folder / "undone").exists()

    def rows(self) -> Iterator[Row]:
        """What was replaced, first to last; a row that a kill cut off was never acted on."""
        path = self.folder / "rows.jsonl"
        if not path.exists():
            return
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    yield Row(*json_value(line))
                except (ValueError, TypeError):
                    continue

    def mark(self) -> None:
        """Notes that it was taken back."""
        write_text(self.folder / "undone", "\n")


def kept_deeds(home: Path) -> list[KeptDeed]:
    """The commands that replaced something, oldest first."""
    return [deed for path in sorted(home.glob("*/deed.json")) if (deed := _read(path)) is not None]


def deed_numbered(home: Path, number: int) -> KeptDeed:
    """The one of that number. Raises InputError where there is none, or it was taken back."""
    found = next((deed for deed in kept_deeds(home) if deed.number == number), None)
    if found is None:
        raise InputError(f"nothing numbered {number} was kept; `workbench undo` lists what can be taken back")
    if found.undone:
        raise InputError(f"{number} ({found.command}) was taken back already")
    return found


def _read(path: Path) -> KeptDeed | None:
    try:
        row = json_value(path.read_text(encoding="utf-8"))
        return KeptDeed(path.parent, str(row["command"]), str(row["made"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
