"""One input after the other: made, tried under limits of time and memory, counted; what fails is made small."""

import random
import re
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.errors import WorkbenchError

Try = Callable[[bytes], None]

# Of one input: seconds of processor time, seconds on the clock (asleep or waiting), and growth of the process.
SECONDS, CLOCK, MEGABYTES = 1.0, 30.0, 300
# No sentence for a person is longer.
LONGEST_SENTENCE = 2000


class TooLongError(BaseException):
    """An input took more than its time; no reader can catch this by mistake."""


@dataclass(frozen=True)
class Target:
    """Something that reads: its name, how many inputs it gets beside the others, how they are made, and how, in a
    folder of its own, they are tried. Trying raises WorkbenchError for a refusal, AssertionError for a wrong value."""

    name: str
    share: float
    make: Callable[[random.Random], bytes]
    begin: Callable[[Path], Try]
    seconds: float = SECONDS

    def input(self, seed: int, number: int) -> bytes:
        """The input of that number, always the same."""
        return self.make(random.Random(f"{seed} {self.name} {number}"))  # noqa: S311 - to be repeated, not to hide


@dataclass
class Tally:
    """What came of a target's inputs; milliseconds are of processor time."""

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Takes another's counts in."""
        self.inputs, self.accepted = self.inputs + other.inputs, self.accepted + other.accepted
        self.refused, self.seconds = self.refused + other.refused, self.seconds + other.seconds
        self.slowest = max(self.slowest, other.slowest)
        self.failures += other.failures


def try_block(target: Target, attempt: Try, numbers: range, *, seed: int, kept: Path | None) -> Tally:
    """Inputs by their numbers. Of each kind of failure the first goes to `kept`, and made smaller."""
    tally, seen = Tally(), set[str]()
    for number in numbers:
        data = target.input(seed, number)
        began = time.process_time()
        problem, refused = outcome(attempt, data, seconds=target.seconds)
        took = time.process_time() - began
        tally.inputs += 1
        tally.seconds += took
        tally.slowest = max(tally.slowest, took * 1000)
        tally.refused += refused
        tally.accepted += problem is None and not refused
        if problem is not None:
            tally.failures.append(f"{target.name} {number}: {problem}")
            kind = re.sub(r"\d+", "0", problem.rpartition("(")[2])
            if kept is not None and kind not in seen:
                seen.add(kind)
                _keep(kept / f"{target.name.replace(' ', '-')}-{seed}-{number}", attempt, data, problem)
    return tally


def outcome(attempt: Try, data: bytes, *, seconds: float = SECONDS) -> tuple[str | None, bool]:
    """What was wrong with trying an input (None: nothing), and whether it was refused in a sentence."""
    before = _peak()
    try:
        with limited(seconds):
            attempt(data)
    except WorkbenchError as error:
        return _unclear(str(error)), _unclear(str(error)) is None
    except TooLongError:
        return f"no end after {seconds:g} s", False
    except Exception as error:  # noqa: BLE001 - whatever it is, it should have been a sentence
        return f"{type(error).__name__}: {str(error)[:200]}{_place(error)}", False
    grown = _peak() - before
    return (f"took {grown} MB of memory", False) if grown > MEGABYTES else (None, False)


def _keep(path: Path, attempt: Try, data: bytes, problem: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.with_suffix(".small").write_bytes(smaller(attempt, data, problem))


def smaller(attempt: Try, data: bytes, problem: str, *, seconds: float = 3.0) -> bytes:
    """The input with as much left out as can be while it fails with the same kind of exception."""
    kind, limit = problem.partition(":")[0], time.monotonic() + seconds
    step = len(data) // 2
    while step and time.monotonic() < limit:
        place = 0
        while place < len(data) and time.monotonic() < limit:
            less = data[:place] + data[place + step :]
            found, _ = outcome(attempt, less)
            if found is not None and found.partition(":")[0] == kind:
                data = less
            else:
                place += step
        step //= 2
    return data


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Ends the block with TooLongError where it takes too much of the processor, or does not end at all."""
    old = {each: signal.signal(each, _end) for each in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, CLOCK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for each, handler in old.items():
            signal.signal(each, handler)


def _end(*_: object) -> None:
    raise TooLongError


def _unclear(sentence: str) -> str | None:
    """What keeps a message from being a sentence for a person."""
    if len(sentence) > LONGEST_SENTENCE:
        return f"a sentence of {len(sentence)} characters: {sentence[:80]}"
    if not sentence.strip() or "Traceback" in sentence:
        return f"no sentence: {sentence[:80]!r}"
    return None


def _place(error: BaseException) -> str:
    """Where it was raised, in the package's own code as far as it comes from there."""
    trace, found = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "/workbench/" in file or not found:
            found = f" ({'/'.join(Path(file).parts[-2:])}:{trace.tb_lineno})"
        trace = trace.tb_next
    return found


def _peak() -> int:
    """The most memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
