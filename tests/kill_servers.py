"""Label Studio itself killed with kill -9 while a command works on it, started again, and the command given again."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from tests.kill_help import Ended, Kill, Place, Told, compared, phase_of, run, undisturbed
from tests.kill_studio_jobs import OnStudio
from workbench.core.workspace import Workspace
from workbench.studio.server import find, start

SERVER_JOBS = ("import", "pull", "push")


def kill_servers(
    job: OnStudio, count: int, root: Path, random: Random, environment: Mapping[str, str], workspace: Workspace
) -> Iterator[Told]:
    """Kills the server so often, each time at a write of the command drawn from all of them or just after it."""
    whole: dict[int, tuple[Ended, list[Counter[Any]]]] = {}
    for number in range(count):
        folder = root / f"{job.name}-server" / str(number)
        folder.mkdir(parents=True)
        variant = job.variant(number)
        place = Place(folder, f"server killed: {job.name} {number}", variant, environment)
        if variant not in whole:
            calm = replace(place, folder=folder.with_name(f"whole {variant}"), title=f"calm: {job.name} {variant}")
            calm.folder.mkdir()
            ended, once = undisturbed(job, calm)
            whole[variant] = ended, [once]
        ended, expected = whole[variant]
        kill = Kill(at=random.randint(1, ended.writes), delay=random.choice((0.0, random.uniform(0, 0.3))))
        yield kill_server(job, place, kill, workspace, ended, expected)


def kill_server(
    job: OnStudio, place: Place, kill: Kill, workspace: Workspace, whole: Ended, expected: Sequence[Counter[Any]]
) -> Told:
    """One such kill; the command has to end with a sentence, and to complete its work when it is given again."""
    command, server = job.prepare(place), find(workspace)
    assert server is not None
    first = run(command, place, replace(kill, group=server.pid))
    start(workspace, port=int(server.url.rpartition(":")[2]))
    again = run(command, place)
    return compared(job, place, kill, phase_of(first, whole), first, again, expected)
