"""Whether everything that a workspace holds is as it was written: every hash, every span, every database."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.progress import Progress, silent
from workbench.core.workspace import Workspace

# In the order in which they are told; each counts what was looked at.
COUNTED = (
    "corpora",
    "bulletins",
    "spans",
    "snapshots",
    "stopped_runs",
    "models",
    "model_files",
    "records",
    "claims",
    "claims_without_bulletin",
    "databases",
    "migrations",
    "other_files",
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong: where, what, and what to do about it."""

    where: str
    what: str
    remedy: str


@dataclass
class Verified:
    """What was found, and what was looked at by the names of COUNTED.

    claims_without_bulletin: their text is in no corpus of the workspace, so they could not be held against it.
    """

    flaws: list[Flaw] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def flaw(self, where: Path | str, what: str, remedy: str) -> None:
        """Notes one."""
        self.flaws.append(Flaw(str(where), what, remedy))


def verify(workspace: Workspace, *, progress: Progress = silent) -> Verified:
    """Looks at everything and changes nothing. What cannot be read is a flaw, never an error."""
    from workbench.keep.verify_corpora import verify_corpora
    from workbench.keep.verify_models import verify_models
    from workbench.keep.verify_state import verify_databases, verify_migrations, verify_snapshots

    found = Verified()
    verify_corpora(files_of(workspace), workspace, found, progress=progress)
    verify_snapshots(workspace, found)
    verify_models(workspace, found, progress=progress)
    verify_databases(workspace, found)
    verify_migrations(workspace, found)
    return found


def files_of(workspace: Workspace) -> list[Path]:
    """The files of a workspace, sorted: not the state, not models or snapshots, nothing behind a link."""
    return sorted(_walk(workspace.root, {workspace.models, workspace.snapshots.folder}))


def _walk(folder: Path, passed_over: set[Path]) -> Iterator[Path]:
    try:
        items = sorted(folder.iterdir())
    except OSError:
        return
    for item in items:
        hidden_folder = item.name.startswith(".") and item.is_dir()
        if item.is_symlink() or hidden_folder or item in passed_over or item.name in ("__pycache__", "node_modules"):
            continue
        if item.is_dir():
            yield from _walk(item, passed_over)
        elif item.is_file():
            yield item
