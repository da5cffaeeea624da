"""The command: many inputs on every core, and a table of what became of them."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

# The same modules whether this is run as a program or read by the tests beside it.
sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.run import Tally, Target, Try, outcome, try_block
from fuzz.table import table
from fuzz.targets import all_targets

_BLOCK = 500
_BEGUN: dict[str, tuple[Target, Try]] = {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs; 0 where every input was read or refused in a sentence."""
    options = _options(arguments)
    known = {target.name: target for target in all_targets()}
    names = options.targets or list(known)
    if unknown := [name for name in names if name not in known]:
        print(f"there is no target {unknown[0]!r}; expected some of {', '.join(known)}", file=sys.stderr)
        return 2
    if options.repeat is not None:
        return _repeat(known[names[0]], options)
    chosen = [known[name] for name in names]
    began = time.monotonic()
    tallies = _run(chosen, options)
    print(table(tallies))
    total = sum(tally.inputs for tally in tallies.values())
    failures = [each for tally in tallies.values() for each in tally.failures]
    print(f"{total:,} inputs in {(time.monotonic() - began) / 60:.1f} minutes, {len(failures)} failures")
    for each in failures[:200]:
        print(each)
    return 1 if failures else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="in all, shared among the targets")
    parser.add_argument("--least", type=int, default=0, help="inputs that every target gets at least")
    parser.add_argument("--targets", nargs="+", metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="no further block is begun after that")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, default=Path(".fuzz"), help="where failing inputs go")
    parser.add_argument("--repeat", type=int, metavar="NUMBER", help="one input of the first target again")
    return parser.parse_args(arguments)


def _run(chosen: Sequence[Target], options: argparse.Namespace) -> dict[str, Tally]:
    tallies = {target.name: Tally() for target in chosen}
    blocks = _blocks(chosen, options)
    limit = time.monotonic() + options.minutes * 60
    with (
        tempfile.TemporaryDirectory(prefix="workbench-fuzz-") as scratch,
        ProcessPoolExecutor(options.jobs) as pool,
    ):
        waiting: dict[Future[Tally], str] = {}
        while True:
            while len(waiting) < 2 * options.jobs and time.monotonic() < limit and (block := next(blocks, None)):
                job = pool.submit(_block, *block, options.seed, options.keep, Path(scratch))
                waiting[job] = block[0]
            if not waiting:
                return tallies
            for job in wait(waiting, return_when=FIRST_COMPLETED).done:
                name = waiting.pop(job)
                tallies[name].add(job.result())
                _say(tallies)


def _blocks(chosen: Sequence[Target], options: argparse.Namespace) -> Iterator[tuple[str, range]]:
    """Blocks of every target in turn, so that a run that is cut short has tried all."""
    shares = sum(target.share for target in chosen)
    wanted = {t.name: max(options.least, round(options.inputs * t.share / shares)) for t in chosen}
    begun = dict.fromkeys(wanted, 0)
    while begun:
        name = min(begun, key=lambda each: begun[each] / wanted[each])
        end = min(wanted[name], begun[name] + _BLOCK)
        yield name, range(begun[name], end)
        begun[name] = end
        if end == wanted[name]:
            del begun[name]


def _block(name: str, numbers: range, seed: int, kept: Path, scratch: Path) -> Tally:
    """In a process of the pool: the target is begun once."""
    if name not in _BEGUN:
        target = next(each for each in all_targets() if each.name == name)
        folder = scratch / f"{os.getpid()}" / name.replace(" ", "-")
        folder.mkdir(parents=True)
        _BEGUN[name] = target, target.begin(folder)
    target, attempt = _BEGUN[name]
    return try_block(target, attempt, numbers, seed=seed, kept=kept)


def _repeat(target: Target, options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="workbench-fuzz-") as scratch:
        folder = Path(scratch) / "own"
        folder.mkdir()
        attempt = target.begin(folder)
        data = target.input(options.seed, options.repeat)
        sys.stdout.buffer.write(data[:2000] + b"\n")
        problem, refused = outcome(attempt, data, seconds=target.seconds)
        print(problem or ("refused" if refused else "accepted"))
        attempt(data)
    return 1 if problem else 0


def _say(tallies: dict[str, Tally]) -> None:
    done, wrong = (sum(x) for x in zip(*((t.inputs, len(t.failures)) for t in tallies.values()), strict=True))
    print(f"\r{done:,} inputs, {wrong} failures", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
