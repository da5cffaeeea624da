"""Commands killed with kill -9, given again, and compared with an undisturbed run: what the jobs have in common."""

import atexit
import hashlib
import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Protocol

from tests.kill_zygote import Order, Zygote

BEFORE, DURING, AFTER = "before the first write", "during", "after the last write"
_LIMIT = 900.0  # seconds for one command; on a machine of its own nothing here takes a fortieth of it
# What says when something was made, or where; everything else of a JSON file is compared.
_TIMES = frozenset({"made", "at", "time", "created", "updated", "created_at", "updated_at", "train_runtime"})


@dataclass(frozen=True)
class Place:
    """Where one run works: a workspace of its own, the title of its project, and which variant of the job it is."""

    folder: Path
    title: str
    variant: int
    environment: Mapping[str, str] = field(default_factory=dict)


class Job(Protocol):
    """A command that is killed, with what it starts from and what it leaves."""

    @property
    def name(self) -> str:
        """Of the command."""

    def variant(self, number: int) -> int:
        """Which of its cases the kill of that number meets; each has an undisturbed run of its own."""

    def prepare(self, place: Place) -> list[str]:
        """Puts the inputs there; returns the command."""

    def result(self, place: Place) -> Counter[Any]:
        """All that the command left, as values that can be compared between places."""


@dataclass(frozen=True)
class Kill:
    """When a run is ended: at its n-th write (`delay` seconds later), or `after` seconds; or, instead of it, another
    process group."""

    at: int = 0
    delay: float = 0.0
    after: float | None = None
    group: int = 0


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status (-9: killed), its seconds, the writes it did, and what it said."""

    status: int
    seconds: float
    writes: int
    said: str


@dataclass(frozen=True)
class Told:
    """One kill: when it came, and how the result of the same command, given again, differs from the undisturbed one."""

    kill: Kill
    phase: str
    lost: Counter[Any]
    doubled: Counter[Any]
    said: str

    @property
    def equal(self) -> bool:
        """Whether nothing is lost and nothing too much."""
        return not self.lost and not self.doubled


def run(command: Sequence[str], place: Place, kill: Kill | None = None) -> Ended:
    """Runs a command in a process group of its own, and kills the group."""
    kill, zygote = kill or Kill(), _zygote_of(command[0])
    counter, said = (place.folder.with_name(f"{place.folder.name}.{kind}") for kind in ("writes", "said"))
    counter.write_bytes(bytes(8))
    environment = {"WORKBENCH_HOME": str(place.folder), **place.environment}
    began = time.monotonic()
    number = zygote.begin(
        Order(list(command), str(place.folder), environment, str(said), str(counter), kill.at, kill.delay, kill.group)
    )
    status = zygote.ended(within=_LIMIT if kill.after is None else max(0.0, kill.after - (time.monotonic() - began)))
    if status is None:
        os.killpg(number, signal.SIGKILL)
        status = zygote.ended(within=_LIMIT)
        assert status is not None
    return Ended(status, time.monotonic() - began, writes_of(counter), said.read_text("utf-8", "replace"))


@cache
def _zygote_of(job: str) -> Zygote:
    zygote = Zygote(job)
    atexit.register(zygote.__exit__)
    return zygote


def writes_of(counter: Path) -> int:
    """How many writes a process did, dead or alive."""
    return int.from_bytes(counter.read_bytes(), "little")


def plan_kills(count: int, whole: Ended, random: Random) -> Iterator[Kill]:
    """Half at a write drawn from all (every other one shortly after it began), half at any time of the whole run."""
    for number in range(count):
        if number % 2 and whole.writes:
            at = random.randint(1, whole.writes)
            yield Kill(at=at, delay=random.uniform(0.001, 0.15) if number % 4 == 3 else 0.0)
        else:
            yield Kill(after=random.uniform(0.02, whole.seconds))


def killed_and_again(job: Job, place: Place, kill: Kill, *, whole: Ended, expected: Sequence[Counter[Any]]) -> Told:
    """Kills the job, gives the same command again, and compares."""
    command = job.prepare(place)
    first = run(command, place, kill)
    return compared(job, place, kill, phase_of(first, whole), first, run(command, place), expected)


def phase_of(first: Ended, whole: Ended) -> str:
    """Where a kill fell, by the writes that were done."""
    return BEFORE if first.writes == 0 else DURING if first.status and first.writes < whole.writes else AFTER


def compared(
    job: Job, place: Place, kill: Kill, phase: str, first: Ended, again: Ended, expected: Sequence[Counter[Any]]
) -> Told:
    """What is there after the second run beside what should be: what one undisturbed run leaves, or, where the kill
    came too late to matter, two of them. A traceback of either run counts as too much."""
    found = job.result(place)
    found["tracebacks"] += sum("Traceback" in each.said for each in (first, again))
    wanted = next((each for each in expected if each == found), expected[0])
    said = f"{first.said[-300:]}\n{again.status}: {again.said[-1500:]}"
    return Told(kill, phase, wanted - found, found - wanted, said)


def undisturbed(job: Job, place: Place, *, times: int = 1) -> tuple[Ended, Counter[Any]]:
    """The run that the others are compared with, and what it leaves. Raises AssertionError where it fails."""
    command = job.prepare(place)
    whole = run(command, place)
    assert whole.status == 0, whole.said
    for _ in range(times - 1):
        run(command, place)
    return whole, job.result(place)


def files_of(folder: Path, *, without: tuple[str, ...] = ()) -> Counter[Any]:
    """Every file below a folder with what it holds, times left out; `without` are beginnings of paths to pass over."""
    found: Counter[Any] = Counter()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(without):
            for what in _content(path):
                found[name, what] += 1
    return found


def _content(path: Path) -> Iterator[str]:
    """A digest of a file, or one of each row where rows may be in any order."""
    if path.suffix in (".sqlite", ".sqlite3"):
        yield from _rows(path)
    elif path.name == "index.jsonl":
        # Of two rows of one snapshot the later counts; why it was kept may be told by the run before.
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        yield from sorted({_digest(_timeless({**row, "why": ""})) for row in rows})
    elif path.suffix == ".json":
        yield _digest(_timeless(json.loads(path.read_text(encoding="utf-8"))))
    else:
        yield hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _rows(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as base:
        names = [name for (name,) in base.execute("select name from sqlite_master where type = 'table' order by 1")]
        for name in names:
            if name == "calls":
                continue  # a call that was answered to nobody is asked again, and is on the bill
            columns = [row[1] for row in base.execute(f'pragma table_info("{name}")')]
            kept = ", ".join(f'"{each}"' for each in columns if each not in (*_TIMES, "seconds"))
            rows = base.execute(f'select {kept} from "{name}"').fetchall()  # noqa: S608
            yield from (f"{name} {_digest(row)}" for row in rows)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(inner) for name, inner in value.items() if name not in _TIMES}
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def check(job: Job, places: Sequence[Place], *, part: float, delay: float = 0.0) -> None:
    """The short form of the suite: kills the job at a write, `part` of the way through the undisturbed run, and asserts
    that the same command again comes to the same; `places` are two folders that are not there yet."""
    for place in places:
        place.folder.mkdir()
    whole, expected = undisturbed(job, places[0])
    kill = Kill(at=max(2, round(whole.writes * part)), delay=delay)
    told = killed_and_again(job, places[1], kill, whole=whole, expected=[expected])
    assert told.equal, (told.lost, told.doubled, told.said)
    assert told.phase == DURING
