"""What the measurements under load share: many different bulletins made of real ones, and what processes use."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.core.corpus import Document, Entry, read_corpus, write_corpus
from workbench.core.workspace import packaged
from workbench.read.paths import read_paths

NEWS = Path("../shared/data/unlabelled/security-news.jsonl.gz")
MEGABYTE = 1000 if sys.platform != "darwin" else 1_000_000
_TICKS = os.sysconf("SC_CLK_TCK")


def real_documents(count: int, *, longest: int = 6000) -> list[Document]:
    """Real bulletins; without the shared data, those that come along."""
    source = NEWS if NEWS.exists() else packaged("annotations/corpus.jsonl")
    found = (entry.document for entry in read_paths([source], reject=lambda *_: None))
    return list(islice((document for document in found if len(document.text) <= longest), count))


def varied(entries: Sequence[Entry], count: int, *, first: int = 0) -> Iterator[Entry]:
    """So many entries of other ids, each with a word at its end that no other has; spans stay where they are."""
    for number in range(first, first + count):
        entry = entries[number % len(entries)]
        text = f"{entry.document.text}\nNo. {number}"
        yield replace(entry, document=Document(f"b-{number}", text, source=entry.document.source))


def labelled_once(folder: Path, count: int, *, longest: int = 6000) -> list[Entry]:
    """So many real bulletins with the starter's labels."""
    write_corpus(folder / "real.jsonl", (Entry(document) for document in real_documents(count, longest=longest)))
    ran = workbench(
        folder,
        *("prelabel", "real.jsonl", "--model", str(packaged("models/starter")), "--precision", "fp32"),
        *("-o", "labelled.jsonl"),
    )
    assert ran.status == 0, ran.errors
    return list(read_corpus(folder / "labelled.jsonl"))


@dataclass(frozen=True)
class Ran:
    """A command that has ended: exit status, seconds on the clock and of the processor, peak memory in MB, words."""

    status: int
    seconds: float
    processor: float
    peak: int
    answer: Any
    errors: str


def workbench(folder: Path, *arguments: str) -> Ran:
    """`workbench ... --json` in a workspace, as a process of its own."""
    environment = os.environ | {"WORKBENCH_HOME": str(folder)}
    command = [sys.executable, "-m", "workbench", *arguments, "--json"]
    begun = time.monotonic()
    with open(folder / "errors.txt", "w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        assert process.stdout is not None
        said = process.stdout.read()
        process.stdout.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        words = errors.read()
    return Ran(
        status=process.returncode,
        seconds=time.monotonic() - begun,
        processor=used.ru_utime + used.ru_stime,
        peak=used.ru_maxrss // MEGABYTE,
        answer=json.loads(said) if said.strip() else None,
        errors=words,
    )


@dataclass(frozen=True)
class Use:
    """What a group of processes uses: memory in MB, open files, threads, seconds of the processor so far."""

    memory: float
    files: int
    threads: int
    processor: float


def use_of(*pids: int) -> Use:
    """What these processes use together (Linux: read from /proc; elsewhere all is 0)."""
    found = [each for each in map(_use, pids) if each is not None]
    return Use(
        sum(each.memory for each in found),
        sum(each.files for each in found),
        sum(each.threads for each in found),
        sum(each.processor for each in found),
    )


def group_of(pid: int) -> list[int]:
    """The processes of the group of that number."""
    numbers = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [number for number in numbers if _stat(number)[2:3] == [str(pid)]]


class Machine:
    """How busy the machine was, as it was looked at: whatever else it does slows what is measured."""

    def __init__(self) -> None:
        self._loads = [os.getloadavg()[0]]

    def look(self) -> None:
        """Notes the load average of the last minute."""
        self._loads.append(os.getloadavg()[0])

    def __str__(self) -> str:
        mean = sum(self._loads) / len(self._loads)
        return f"load average {mean:.1f} (at most {max(self._loads):.1f}) on {len(os.sched_getaffinity(0))} processors"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that so many of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _use(pid: int) -> Use | None:
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return None
    times = _stat(pid)[11:13]
    memory = int(status.get("VmRSS", "0 kB").split()[0]) * 1024 / 1_000_000
    return Use(memory, files, int(status["Threads"]), sum(map(int, times)) / _TICKS)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which is in brackets and may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
