"""Snapshots by their hashes, databases by their own check, and changes of labels by what they kept."""

import sqlite3
from contextlib import closing
from pathlib import Path

from workbench.core.corpus import read_corpus
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.snapshots import INDEX, Snapshot, file_sha256, fingerprint
from workbench.core.workspace import Workspace
from workbench.keep.journal import BEGUN, UNDOING, Journal, journals
from workbench.keep.verify import Verified
from workbench.score.record import history_of, unpacked


def verify_snapshots(workspace: Workspace, found: Verified) -> None:
    """Adds what is wrong with snapshots: changed, lost, or unknown to their index."""
    snapshots = workspace.snapshots
    known = {snapshots.path(each): each for each in snapshots.all()}
    for path, snapshot in known.items():
        found.counts["snapshots"] += 1
        if wrong := _wrong_snapshot(path, snapshot):
            found.flaw(path, wrong, "restore it from a backup; until then the version is lost")
    for path in sorted(snapshots.folder.glob("*/*")):
        if path not in known and path.name != INDEX:
            found.flaw(
                path,
                "the index does not know it",
                f"keep it (`workbench snapshots keep {path}`) and then delete it here",
            )


def verify_databases(workspace: Workspace, found: Verified) -> None:
    """Adds databases of the state that are damaged, and runs of the history that cannot be read."""
    for path in sorted(workspace.state.glob("**/*.sqlite*")):
        if path.suffix in (".sqlite", ".sqlite3") and path.is_file():
            found.counts["databases"] += 1
            if wrong := _wrong_database(path):
                found.flaw(path, wrong, "restore it from a backup, or move it away: it is then begun anew")
    try:
        for run in history_of(workspace).runs():
            unpacked(run.counts, len(run.labels), where=f"run {run.id}")
    except InputError as error:
        found.flaw(workspace.state / "history.sqlite3", str(error), "restore the history from a backup")


def verify_migrations(workspace: Workspace, found: Verified) -> None:
    """Adds changes of labels that were stopped, and copies for an undo that are not what they were."""
    for journal in journals(workspace):
        found.counts["migrations"] += 1
        if journal.state in (BEGUN, UNDOING):
            remedy = "give its command again, or take it back with `workbench migrate --undo`"
            found.flaw(journal.folder, "this change of labels was stopped before its end", remedy)
        try:
            _verify_copies(journal, found)
        except WorkbenchError as error:
            found.flaw(journal.folder, str(error), "it cannot be undone any more; restore a backup if it has to be")


def _verify_copies(journal: Journal, found: Verified) -> None:
    plan = journal.plan()
    for change in plan.files:
        for side, expected in (("before", change.before), ("after", change.after)):
            path = journal.copy(side, change, plan)
            if expected is not None and (not path.exists() or file_sha256(path) != expected):
                found.flaw(path, f"it is no longer {change.path} as it was {side} the change", "restore a backup")


def _wrong_snapshot(path: Path, snapshot: Snapshot) -> str | None:
    if not path.exists():
        return "it is not there"
    try:
        if file_sha256(path) != snapshot.sha256:
            return "it was changed: its hash differs"
        if fingerprint(read_corpus(path)) != snapshot.fingerprint:
            return "its content is not that of its name"
    except WorkbenchError as error:
        return str(error)
    return None


def _wrong_database(path: Path) -> str | None:
    """What SQLite's own check says of it; None where it says ok. Opened for reading only."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as database:
            (verdict,) = database.execute("pragma quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return f"it cannot be read as a database ({error})"
    return None if verdict == "ok" else f"it is damaged ({str(verdict).splitlines()[-1]})"
