"""How long a backup, a change of labels and its undo take on a real Label Studio.

    python -m tests.measure_keep [--tasks 1000] [--workspace DIR]

It starts an embedded server in a folder of its own (or uses the one of DIR), imports annotated bulletins with 15 spans
each, which a model has labelled too, and times each step. Exit status 1 where the undo does not bring the same back.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.measure_studio import by_people, entries
from workbench.core.relabelling import relabelling
from workbench.core.workspace import Workspace
from workbench.keep.backup import backup
from workbench.keep.migrate import last, migrate, preview, undo, wanted
from workbench.keep.verify import verify
from workbench.studio.connect import connect
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.pushing import push
from workbench.studio.server import start, stop

TITLE = "Measured: kept"
T = TypeVar("T")


def timed(what: str, count: int, work: Callable[[], T]) -> T:
    """The result of the work; how long it took goes to stdout."""
    began = time.monotonic()
    done = work()
    seconds = time.monotonic() - began
    print(f"{what:32} {seconds:8.1f} s  {1000 * seconds / count:7.1f} ms a task", flush=True)
    return done


def measure(server: Workspace, here: Workspace, count: int) -> bool:
    """All steps; whether the undo brought the same back."""
    schema = server.schema()
    gold = here.annotations / "gold.jsonl"
    with connect(server) as studio:
        people = by_people(count, schema.names)
        timed("import", count, lambda: import_entries(studio, people, TITLE, schema, with_annotations=True))
        try:
            timed("push", count, lambda: push(studio, entries(count, schema.names), TITLE, schema))
            timed("pull", count, lambda: pull(studio, TITLE, gold, schema=schema, snapshots=here.snapshots))
            before = gold.read_bytes()
            timed("backup", count, lambda: backup(here, here.root / "b.tar.gz", studio=studio, projects=[TITLE]))
            # Of the 15 spans of a bulletin one has this label: every result changes.
            asked = wanted(here, relabelling(renames={schema.names[0]: "RENAMED"}), project=TITLE)
            timed("migrate, preview", count, lambda: preview(asked, studio))
            timed("migrate (2 results a task)", count, lambda: migrate(here, asked, studio))
            timed("migrate --undo", count, lambda: undo(here, last(here), studio))
            timed("verify", count, lambda: verify(here))
            pull(studio, TITLE, here.root / "again.jsonl", schema=schema)
            return gold.read_bytes() == before == (here.root / "again.jsonl").read_bytes()
        finally:
            studio.delete_project(studio.project(TITLE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--workspace", type=Path, help="a workspace whose server runs already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = Workspace(Path(folder) / "here")
        server = Workspace(given.workspace) if given.workspace else Workspace(Path(folder) / "server")
        if given.workspace is None:
            start(server)
        try:
            same = measure(server, here, given.tasks)
        finally:
            if given.workspace is None:
                stop(server)
    print("the undo brought the same back" if same else "THE UNDO BROUGHT SOMETHING ELSE BACK")
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
