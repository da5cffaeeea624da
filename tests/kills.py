"""kill -9 at random places of eight commands, and the same command again: is the result that of an undisturbed run?

    python -m tests.kills [--kills 200] [--jobs import pull ...] [--seed 0] [--servers 3] [--json FILE] …

Half of the kills come at a write drawn from all of the undisturbed run (files opened, renamed, removed; requests that
change something), every other one of them a moment after it began; half at any time of the run. A real Label Studio
runs beside; of import, pull and push the server itself is killed as well, started again, and the command given again.
Results are compared exactly: files byte by byte, times left out, and all that the project holds. Exit status 1 where
anything differs.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import click

from tests.kill_help import AFTER, BEFORE, DURING, Ended, Job, Place, Told, killed_and_again, plan_kills, undisturbed
from tests.kill_jobs import Assist, Prelabel, Records, Train
from tests.kill_servers import SERVER_JOBS, kill_servers
from tests.kill_studio_jobs import Import, Migrate, OnStudio, Pull, Push
from workbench.cli.common import table
from workbench.core.workspace import Workspace

LOCAL, REMOTE = ("train", "prelabel", "assist", "records"), ("import", "pull", "push", "migrate")
JOBS = (*REMOTE[:3], *LOCAL, REMOTE[3])
PORT = 20300
_WEIGHTS = {"train": 0.4}  # a run takes three times as long as any other


@dataclass
class Row:
    """What is told of one job."""

    job: str
    kills: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    equal: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0

    def count(self, told: Told) -> None:
        """Adds a kill."""
        self.kills += 1
        self.phases[told.phase] += 1
        self.equal += told.equal
        self.lost += bool(told.lost)
        self.doubled += bool(told.doubled)


def jobs_of(names: list[str], root: Path, stack: ExitStack, studio: Any) -> Iterator[Job]:
    """The jobs by their names; what they need is shut down with the stack."""
    shared = root / "shared"
    shared.mkdir()
    made: dict[str, Any] = {
        "import": Import, "pull": Pull, "push": Push, "migrate": Migrate,
        "train": lambda _: Train(shared), "prelabel": lambda _: Prelabel(), "records": lambda _: Records(shared),
        "assist": lambda _: Assist(),
    }  # fmt: skip
    for name in names:
        job = made[name](studio)
        if isinstance(job, Assist):
            stack.enter_context(job.answering())
        yield job


def kill_job(job: Job, count: int, root: Path, random: Random, environment: dict[str, str]) -> Iterator[Told]:
    """Kills a job so often; every run has a folder and a project of its own, taken away where all was well."""
    whole: dict[int, tuple[Ended, list[Counter[Any]]]] = {}

    def place(name: str, variant: int) -> Place:
        folder = root / job.name / name
        folder.mkdir(parents=True)
        return Place(folder, f"killed: {job.name} {name}", variant, environment)

    for variant in sorted({job.variant(number) for number in range(count)}):
        ended, once = undisturbed(job, place(f"once {variant}", variant))
        _, twice = undisturbed(job, place(f"twice {variant}", variant), times=2)
        whole[variant] = ended, [once, twice]
    plans = {variant: plan_kills(count, ended, random) for variant, (ended, _) in whole.items()}
    for number in range(count):
        variant = job.variant(number)
        ended, expected = whole[variant]
        here = place(str(number), variant)
        told = killed_and_again(job, here, next(plans[variant]), whole=ended, expected=expected)
        if told.equal:
            shutil.rmtree(here.folder)
            if isinstance(job, OnStudio):
                job.clear(here)
        yield told


def show(job: str, told: Told) -> None:
    """What was not equal, on stderr."""
    if told.equal:
        return
    click.echo(f"{job}: {told.kill} {told.phase}", err=True)
    for what, found in (("lost", told.lost), ("too much", told.doubled)):
        for item, number in list(found.items())[:6]:
            click.echo(f"   {what}: {number} x {str(item)[:220]}", err=True)
    click.echo(f"   {told.said}", err=True)


def lines_of(rows: list[Row]) -> Iterator[str]:
    """The table."""
    header = ("job", "kills", BEFORE, DURING, AFTER, "equal", "lost", "too much", "seconds")
    whole = Row("all")
    for row in rows:
        whole.kills, whole.equal, whole.lost = whole.kills + row.kills, whole.equal + row.equal, whole.lost + row.lost
        whole.doubled, whole.seconds = whole.doubled + row.doubled, whole.seconds + row.seconds
        whole.phases += row.phases
    yield from table(header, [_cells(row) for row in [*rows, whole]])


def _cells(row: Row) -> tuple[Any, ...]:
    phases = [row.phases[phase] for phase in (BEFORE, DURING, AFTER)]
    return row.job, row.kills, *phases, row.equal, row.lost, row.doubled, round(row.seconds)


def run_all(given: argparse.Namespace, root: Path) -> list[Row]:
    """All the jobs, and the kills of the server; rows are told as they are done."""
    from workbench.studio.connect import connect
    from workbench.studio.server import start, stop

    names, seed = given.jobs, given.seed

    rows: list[Row] = []
    with ExitStack() as stack:
        studio, environment = None, dict[str, str]()
        if set(names) & set(REMOTE):
            workspace = Workspace(given.server or root / "server")
            workspace.root.mkdir(exist_ok=True)
            server = start(workspace, port=PORT, tell=lambda line: click.echo(line, err=True))
            if not given.server:
                stack.callback(stop, workspace)
            studio = stack.enter_context(connect(workspace))
            environment = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": str(server.administrator.token)}
        for job, count in zip(jobs_of(names, root, stack, studio), shares(given.kills, names), strict=True):
            rows.append(_told(Row(job.name), kill_job(job, count, root, Random(f"{seed} {job.name}"), environment)))  # noqa: S311
        for name in [name for name in names if name in SERVER_JOBS and given.servers]:
            job = {"import": Import, "pull": Pull, "push": Push}[name](studio)
            told = kill_servers(job, given.servers, root, Random(f"{seed} server {name}"), environment, workspace)  # noqa: S311
            rows.append(_told(Row(f"{name}, server"), told))
    return rows


def shares(kills: int, names: list[str]) -> list[int]:
    """How many kills each job gets: as many, but for the slowest ones."""
    weights = [_WEIGHTS.get(name, 1.0) for name in names]
    ends = [round(kills * sum(weights[: place + 1]) / sum(weights)) for place in range(len(names))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _told(row: Row, kills: Iterator[Told]) -> Row:
    began = time.monotonic()
    for told in kills:
        row.count(told)
        show(row.job, told)
    row.seconds = time.monotonic() - began
    click.echo(f"{row.job}: {row.equal} of {row.kills} equal, {row.seconds:.0f} s", err=True)
    return row


def main() -> None:
    """Reads the options; see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--servers", type=int, default=3, help="kills of the server for import, pull and push each")
    parser.add_argument("--server", type=Path, help="a workspace whose embedded Label Studio is to be used")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = run_all(given, Path(folder))
    for line in lines_of(rows):
        click.echo(line)
    if given.json:
        given.json.write_text(
            json.dumps([asdict(row) | {"phases": {**row.phases}} for row in rows], indent=1) + "\n", encoding="utf-8"
        )
    sys.exit(0 if all(row.equal == row.kills for row in rows) else 1)


if __name__ == "__main__":
    main()
