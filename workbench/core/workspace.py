"""Where things are: the workspace a person works in, and what came with the package."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.core.parse import read_toml
from workbench.core.schema import Schema, load_schema
from workbench.core.snapshots import Snapshots

_MARKS = ("workbench.toml", ".workbench")


@dataclass(frozen=True)
class Workspace:
    """A folder with `workbench.toml` (settings, optional), `models/`, `annotations/` and the state in `.workbench/`."""

    root: Path

    @property
    def state(self) -> Path:
        """The hidden folder of everything that commands remember between runs."""
        return self.root / ".workbench"

    @property
    def models(self) -> Path:
        """Where trained models lie, one folder each."""
        return self.root / "models"

    @property
    def annotations(self) -> Path:
        """Where annotated corpora, their snapshots and the schema lie."""
        return self.root / "annotations"

    @property
    def snapshots(self) -> Snapshots:
        """The versions of its corpora."""
        return Snapshots(self.annotations / "snapshots")

    @property
    def undo(self) -> Path:
        """What commands replaced, until it is taken back (see core.deeds)."""
        return self.state / "undo"

    @property
    def settings_file(self) -> Path:
        """The workspace's own defaults; it need not be there."""
        return self.root / "workbench.toml"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The tables of workbench.toml; empty where there is none. Raises InputError where it is broken."""
        path = self.settings_file
        return read_toml(path) if path.exists() else {}

    def schema(self, given: str | Path | None = None) -> Schema:
        """The schema in force: the one given, else the one that workbench.toml names (which then must be there), else
        the workspace's own, else the one that came with the package."""
        return load_schema(self.schema_path(given))

    def schema_path(self, given: str | Path | None = None) -> Path:
        """The file of the schema in force, whether it is there or not."""
        if given is not None:
            return Path(given)
        if named := self.settings.get("schema"):
            return self.root / str(named)
        own = self.root / "annotations/schema.toml"
        return own if own.exists() else packaged("annotations/schema.toml")


def find_workspace(start: Path | None = None) -> Workspace:
    """The workspace of a folder: WORKBENCH_HOME, else the nearest marked folder upwards, else the folder itself."""
    if home := os.environ.get("WORKBENCH_HOME"):
        return Workspace(Path(home).expanduser().resolve())
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if any((folder / mark).exists() for mark in _MARKS):
            return Workspace(folder)
    return Workspace(here)


def packaged(relative: str) -> Path:
    """A file that comes with the package: inside it when installed, at the top of the clone otherwise."""
    package = Path(__file__).parents[1]
    inside = package / "packaged" / relative
    return inside if inside.exists() else package.parent / relative
