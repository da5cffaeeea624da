"""How fast bulletins with predictions go into a real Label Studio, and that a killed import is taken up.

    python -m tests.measure_import [--bulletins 5000]

It starts an embedded server in a folder of its own and imports bulletins of some 1,000 characters with 15 predicted
spans each by `workbench import`, kills that command half-way, gives it again, and counts what is there. Exit status 1
where a bulletin is missing or doubled. Peak memory is that of the second import.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import click

from tests.measure_studio import TITLE, entries
from workbench.core.corpus import write_corpus
from workbench.core.workspace import Workspace

PORT = 20100


def command(root: Path) -> list[str]:
    return [sys.executable, "-m", "workbench", "import", str(root / "new.jsonl"), "--project", TITLE, "--json"]


def tasks_there(workspace: Workspace) -> Counter[str]:
    """How often each bulletin is in the project."""
    from workbench.studio.connect import connect

    with connect(workspace) as studio:
        project = studio.find_project(TITLE)
        return Counter(str(data["id"]) for _, data in studio.task_data(project)) if project else Counter()


def killed_half_way(root: Path, workspace: Workspace, count: int) -> tuple[int, float]:
    """Tasks that a killed import left there, and how many a second it had sent."""
    begun = time.monotonic()
    process = subprocess.Popen(command(root), cwd=root, stdout=subprocess.DEVNULL)
    while process.poll() is None and number_of_tasks(workspace) < count // 2:
        time.sleep(2)
    seconds = time.monotonic() - begun
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(5)  # the server may still be taking in the last request
    there = number_of_tasks(workspace)
    return there, there / seconds


def number_of_tasks(workspace: Workspace) -> int:
    """As the server counts them."""
    from workbench.studio.connect import connect

    with connect(workspace) as studio:
        project = studio.find_project(TITLE)
        if project is None:
            return 0
        answer: Any = studio.sdk.projects.get(project.id)
        return int(answer.task_number or 0)


def taken_up(root: Path) -> tuple[dict[str, Any], float, int]:
    """What the second import said, its seconds, and its peak memory in MB."""
    begun = time.monotonic()
    process = subprocess.Popen(command(root), cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = json.loads(process.stdout.read())
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    return said, time.monotonic() - begun, used.ru_maxrss // (1000 if sys.platform != "darwin" else 1_000_000)


def measure(count: int) -> bool:
    """Whether every bulletin is there once."""
    from workbench.studio.server import start, stop

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        workspace = Workspace(root)
        write_corpus(root / "new.jsonl", entries(count, workspace.schema().names))
        start(workspace, port=PORT, tell=lambda line: click.echo(line, err=True))
        try:
            there, rate = killed_half_way(root, workspace, count)
            click.echo(f"killed with {there:,} of {count:,} bulletins there: {rate:.0f} a second")
            said, seconds, memory = taken_up(root)
            new = int(said["imported"])
            click.echo(
                f"taken up: {said['already_there']:,} were there, {new:,} imported in {seconds:.0f} s "
                f"({new / seconds:.0f} a second), peak {memory} MB"
            )
            found = tasks_there(workspace)
        finally:
            stop(workspace)
    whole = len(found) == count and set(found.values()) == {1}
    click.echo(f"{len(found):,} bulletins are there, {'each once' if whole else 'NOT each once'}")
    return whole


def main() -> None:
    """Reads the options; see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulletins", type=int, default=5000)
    sys.exit(0 if measure(parser.parse_args().bulletins) else 1)


if __name__ == "__main__":
    main()
