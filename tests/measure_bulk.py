"""Bulk pre-labelling at size: start, time and memory over many bulletins, and Ray beside processes by hand.

    python -m tests.measure_bulk start   [--rounds 5]
    python -m tests.measure_bulk scale   [--counts 1000 10000 100000]
    python -m tests.measure_bulk workers [--bulletins 20000 --workers 2 --rounds 3]
    python -m tests.measure_bulk killed  [--bulletins 100000 --workers 2]

All run the command as a user does, on real bulletins (`--news`, of ../shared/data). `scale` repeats the same 1,000
bulletins under new ids, so that the time for one can be compared. `workers` runs the same shards by `--engine ray` and
by processes that are started by hand with one thread and an even share of the shards each, in turn; the time of a run
over one short bulletin a worker is the start-up, which is shown and taken off. `killed` kills an actor half-way and
counts.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from statistics import median

from tests.processes import actor_below
from workbench.core.corpus import Document, Entry, read_corpus, write_corpus
from workbench.core.workspace import packaged
from workbench.read.paths import read_paths

NEWS = Path("../shared/data/unlabelled/security-news.jsonl.gz")
REPEATED = 1000
MEGABYTE = 1000 if sys.platform != "darwin" else 1_000_000


def texts(news: Path, count: int) -> list[str]:
    found = [entry.document.text for entry in islice(read_paths([news], reject=lambda *_: None), count)]
    return [found[n % len(found)] for n in range(count)]


def write(path: Path, sources: list[str], *, first: int = 0) -> None:
    write_corpus(path, (Entry(Document(f"b{first + n}", text)) for n, text in enumerate(sources)))


def prelabel(*arguments: str, model: str, precision: str, core: int | None = None) -> subprocess.Popen[bytes]:
    """The command; kept to one core, and so to one thread, where `core` counts it among those there are."""
    command = [sys.executable, "-m", "workbench", "prelabel", *arguments, "--model", model, "--precision", precision]
    if core is not None:
        there = sorted(os.sched_getaffinity(0))
        command = ["taskset", "--cpu-list", str(there[core % len(there)]), *command]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> int:
    """Peak memory in MB; fails where the process did."""
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(said)
    return used.ru_maxrss // MEGABYTE


def start(work: Path, given: argparse.Namespace) -> None:
    """Seconds from the command to its first bulletin on the disk."""
    write(work / "in.jsonl", texts(given.news, 2000))
    seconds = []
    for number in range(given.rounds):
        out = work / f"out-{number}.jsonl"
        part = out.with_name(f".{out.name}.part")
        begun = time.perf_counter()
        process = prelabel(str(work / "in.jsonl"), "-o", str(out), model=given.model, precision=given.precision)
        while not (part.exists() and part.stat().st_size):
            time.sleep(0.002)
        seconds.append(time.perf_counter() - begun)
        process.kill()
        process.wait()
    print(f"start to the first bulletin written: median {median(seconds):.2f} s of {given.rounds}, {seconds}")


def scale(work: Path, given: argparse.Namespace) -> None:
    """Time for a bulletin and memory, over more and more of them."""
    some, base = texts(given.news, REPEATED), None
    for count in given.counts:
        path = work / "in.jsonl"
        write(path, [some[n % REPEATED] for n in range(count)])
        begun = time.perf_counter()
        peak = finish(prelabel(str(path), "-o", str(work / "out.jsonl"), model=given.model, precision=given.precision))
        each = (time.perf_counter() - begun) / count
        base = base or each
        print(
            f"{count:9,} bulletins: {1000 * each:6.2f} ms each ({each / base:.3f}), {1 / each:7.1f} a second, {peak} MB"
        )


def shards_of(folder: Path, sources: list[str], *, count: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    size = -(-len(sources) // count)
    for number in range(count):
        part = sources[number * size : (number + 1) * size]
        write(folder / f"part-{number:04}.jsonl", part, first=number * size)


def by_ray(folder: Path, out: Path, given: argparse.Namespace) -> float:
    shutil.rmtree(out, ignore_errors=True)
    begun = time.perf_counter()
    options = ("--engine", "ray", "--workers", str(given.workers), "-o", str(out))
    finish(prelabel(str(folder), *options, model=given.model, precision=given.precision))
    return time.perf_counter() - begun


def by_hand(folder: Path, out: Path, given: argparse.Namespace) -> float:
    shutil.rmtree(out, ignore_errors=True)
    shards, begun = sorted(map(str, folder.iterdir())), time.perf_counter()
    processes = [
        prelabel(
            *shards[place :: given.workers],
            *("-o", str(out / f"{place}.jsonl")),
            model=given.model,
            precision=given.precision,
            core=place,
        )
        for place in range(given.workers)
    ]
    for process in processes:
        finish(process)
    return time.perf_counter() - begun


def workers(work: Path, given: argparse.Namespace) -> None:
    """Ray's actors and processes by hand over the same shards, in turn."""
    shards_of(work / "in", texts(given.news, given.bulletins), count=given.shards or 10 * given.workers)
    shards_of(work / "tiny", ["Six people were killed in Quetta."] * given.workers, count=given.workers)
    ways = {"ray": by_ray, "by hand": by_hand}
    began: dict[str, list[float]] = {name: [] for name in ways}
    whole: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(given.rounds):
        for name, way in ways.items():
            began[name].append(way(work / "tiny", work / "out-tiny", given))
            whole[name].append(way(work / "in", work / f"out-{name}", given))
    net = {name: [w - b for w, b in zip(whole[name], began[name], strict=True)] for name in ways}
    for name in ways:
        rate = given.bulletins / median(net[name])
        print(
            f"{name:8} {median(whole[name]):8.1f} s, start-up {median(began[name]):5.1f} s, then {rate:7.1f} a second"
        )
    ratio = median(hand / ray for ray, hand in zip(net["ray"], net["by hand"], strict=True))
    alike = "the same" if said(work / "out-ray") == said(work / "out-by hand") else "NOT the same"
    print(f"ray at {ratio:.2f} of the processes by hand, start-up not counted; the spans are {alike}")


def said(folder: Path) -> dict[str, list[tuple[int, int, str]]]:
    return {
        entry.document.id: [(span.start, span.end, span.label) for span in entry.spans]
        for path in folder.glob("*.jsonl")
        for entry in read_corpus(path)
    }


def killed(work: Path, given: argparse.Namespace) -> None:
    """An actor is killed when half of the shards are done."""
    count = given.shards or 10 * given.workers
    shards_of(work / "in", texts(given.news, given.bulletins), count=count)
    out = work / "out"
    options = ("--engine", "ray", "--workers", str(given.workers), "-o", str(out))
    process = prelabel(str(work / "in"), *options, model=given.model, precision=given.precision)
    while len(list(out.glob("part-*.jsonl"))) < count // 2:
        time.sleep(0.5)
        if process.poll() is not None:
            raise SystemExit("the run ended before half of its shards were there")
    os.kill(actor_below(process.pid), signal.SIGKILL)
    finish(process)
    ids = Counter(entry.document.id for path in out.glob("part-*.jsonl") for entry in read_corpus(path))
    whole = set(ids) == {f"b{n}" for n in range(given.bulletins)} and set(ids.values()) == {1}
    print(f"an actor killed half-way: {len(ids):,} bulletins are there, {'each once' if whole else 'NOT each once'}")


def main() -> None:
    """Reads the options; see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("start", "scale", "workers", "killed"))
    parser.add_argument("--news", type=Path, default=NEWS)
    parser.add_argument("--model", default=str(packaged("models/starter")))
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--bulletins", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shards", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if not given.news.exists():
        raise SystemExit(f"{given.news} is not there; it lies beside the project")
    with tempfile.TemporaryDirectory(prefix="workbench-bulk-") as folder:
        {"start": start, "scale": scale, "workers": workers, "killed": killed}[given.what](Path(folder), given)


if __name__ == "__main__":
    main()
