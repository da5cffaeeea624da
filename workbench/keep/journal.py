"""What a change of labels has done so far, on disk before it is done, so that it can be completed and undone.

.workbench/migrations/0001/plan.json      the change, the files with their hashes, the project; written last
                           before/ after/ the bytes of each file on either side
                           results.jsonl  what the project held: a row for each result before it is changed
                           state          begun, done, undoing or undone
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.core.relabelling import Relabelling, relabelling_of
from workbench.core.workspace import Workspace
from workbench.keep.results import Results

BEGUN, DONE, UNDOING, UNDONE = "begun", "done", "undoing", "undone"


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file of the workspace, the SHA-256 of its bytes before (None: there was none) and after."""

    path: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """A project of the server, known by its number and the moment it was made, and its settings on either side:
    labelling page and instructions."""

    url: str
    number: int
    title: str
    made: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is to be done; `key` is the same for the same command."""

    key: str
    made: str
    change: Relabelling
    old_labels: tuple[str, ...]
    files: tuple[FileChange, ...]
    project: ProjectChange | None


@dataclass(frozen=True)
class Journal:
    """The folder of one change."""

    folder: Path

    @property
    def name(self) -> str:
        """Its number as four digits."""
        return self.folder.name

    @property
    def state(self) -> str:
        """How far it is; BEGUN where nothing else was written."""
        path = self.folder / "state"
        return path.read_text(encoding="utf-8").strip() if path.exists() else BEGUN

    def mark(self, state: str) -> None:
        """Writes the state down."""
        write_text(self.folder / "state", state + "\n")

    def write(self, plan: Plan) -> None:
        """Writes the plan; from now on the change is begun."""
        project = plan.project
        row = {
            "key": plan.key,
            "made": plan.made,
            "change": plan.change.table(),
            "old_labels": list(plan.old_labels),
            "files": [[each.path, each.before, each.after] for each in plan.files],
            "project": project and asdict(project),
        }
        write_text(self.folder / "plan.json", json.dumps(row, ensure_ascii=False, indent=1) + "\n")

    def plan(self) -> Plan:
        """The plan. Raises InputError where the journal is damaged."""
        path = self.folder / "plan.json"
        try:
            row = json_value(path.read_text(encoding="utf-8"))
            return Plan(
                key=row["key"],
                made=row["made"],
                change=relabelling_of(row["change"]),
                old_labels=tuple(row["old_labels"]),
                files=tuple(FileChange(*each) for each in row["files"]),
                project=ProjectChange(**row["project"]) if row["project"] else None,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} is damaged ({error}); the files as they were are in {self.folder / 'before'}"
            ) from None

    def copy(self, side: str, change: FileChange, plan: Plan) -> Path:
        """Where the bytes of a file are kept; `side` is before or after."""
        return self.folder / side / str(plan.files.index(change))

    def results(self) -> Results:
        """What the project's results were."""
        return Results(self.folder / "results.jsonl")


def journals(workspace: Workspace) -> list[Journal]:
    """The changes that were begun here, oldest first."""
    folders = sorted(path.parent for path in _home(workspace).glob("*/plan.json"))
    return [Journal(folder) for folder in folders]


def new_journal(workspace: Workspace) -> Journal:
    """An empty one with the next number; what a kill left without a plan goes."""
    home = _home(workspace)
    home.mkdir(parents=True, exist_ok=True)
    begun = {journal.folder for journal in journals(workspace)}
    for folder in home.iterdir():
        if folder.is_dir() and folder not in begun:
            shutil.rmtree(folder)
    number = max((int(folder.name) for folder in begun if folder.name.isdigit()), default=0) + 1
    folder = home / f"{number:04d}"
    for side in ("before", "after"):
        (folder / side).mkdir(parents=True)
    return Journal(folder)


def now() -> str:
    """UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _home(workspace: Workspace) -> Path:
    return workspace.state / "migrations"
