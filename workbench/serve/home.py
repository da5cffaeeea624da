"""Where a workspace's backend keeps what is its own."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.core.errors import StudioError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.core.workspace import Workspace
from workbench.studio.accounts import PRIVATE_FILE, PRIVATE_FOLDER
from workbench.studio.process import alive

# What a backend's command line holds, whichever way it was started.
MARK = "serve"


@dataclass(frozen=True)
class Home:
    """The folder of the backend in a workspace's state, and the files in it."""

    folder: Path

    @classmethod
    def of(cls, workspace: Workspace) -> "Home":
        """The home in a workspace's state."""
        return cls(workspace.state / "serve")

    @property
    def credentials(self) -> Path:
        """User and password that the backend asks for, mode 0600."""
        return self.folder / "credentials.json"

    @property
    def record(self) -> Path:
        """Pid and address of the backend that was started last."""
        return self.folder / "backend.json"

    @property
    def wires(self) -> Path:
        """Projects that are tied to it."""
        return self.folder / "projects.json"

    @property
    def pending(self) -> Path:
        """Tasks whose predictions are still owed."""
        return self.folder / "pending.json"

    @property
    def runs(self) -> Path:
        """Training runs, a file and a folder each."""
        return self.folder / "runs"

    def make(self) -> None:
        """Makes the folder, for its owner only."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(PRIVATE_FOLDER)


@dataclass(frozen=True, slots=True)
class Running:
    """A backend that runs: its process and its address."""

    pid: int
    url: str


def keep_running(home: Home, running: Running) -> None:
    """Writes down who serves."""
    write_text(home.record, json.dumps(asdict(running)) + "\n", mode=PRIVATE_FILE)


def find_running(home: Home) -> Running | None:
    """The workspace's backend where its process runs, or None."""
    try:
        row = json_value(home.record.read_text(encoding="utf-8"))
        found = Running(int(row["pid"]), str(row["url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if alive(found.pid, mark=MARK) else None


def require_running(home: Home) -> Running:
    """The workspace's backend. Raises StudioError where none runs."""
    found = find_running(home)
    if found is None:
        raise StudioError("no backend runs in this workspace; start it with `workbench serve`")
    return found
