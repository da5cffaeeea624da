"""How fast a model labels on this machine and text, beside Hugging Face's pipeline, in interleaved runs.

The pipeline runs twice: with its defaults it leaves out what a bulletin has past 512 tokens, and so does less; with
`stride` it reads all of it, as the engines do.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from workbench.core.corpus import Entry, read_corpus, write_corpus
from workbench.core.errors import MissingExtraError, WorkbenchError
from workbench.core.parse import json_value
from workbench.core.progress import Progress, silent
from workbench.tag.engines import native_precisions, pick_engine
from workbench.tag.model import Model, read_manifest
from workbench.tag.tagger import Reading
from workbench.train.bench_worker import PIPELINE, PIPELINES, WHOLE
from workbench.train.settings import TrainingSettings

_PIPELINE_TOKENS = 510  # and two special ones


@dataclass(frozen=True, slots=True)
class Row:
    """A contender's figures: medians over the rounds.

    `read` is the share of the tokens that it reads, which alone count as tokens; `ratio` is to the pipeline's speed and
    `ratio_whole` to that of the pipeline that reads all of each bulletin, both by rounds and None without it; `first`
    seconds from its start to the first bulletin written; `memory` the peak in bytes; `agreement` the F1 of its spans
    against the first fp32 contender's.
    """

    contender: str
    documents_a_second: float
    tokens_a_second: float
    read: float
    ratio: float | None
    ratio_whole: float | None
    first: float
    memory: int
    agreement: float


def contenders(model: Model, *, pipeline: bool) -> list[str]:
    """Engine and precision of all that this machine can run of a model; the pipelines first, where they can run."""
    found = [*PIPELINES] if pipeline else []
    fast = pick_engine()
    found += [
        f"{fast} {precision}"
        for precision in native_precisions(fast)
        if precision != "int8" or "int8" in model.manifest.precisions
    ]
    return found if fast == "onnxruntime" else [*found, "onnxruntime fp32"]


def bench(
    entries: Sequence[Entry],
    *,
    model: Model,
    folder: Path,
    rounds: int,
    work: Path,
    checkpoint: Path | None,
    progress: Progress = silent,
) -> list[Row]:
    """Runs every contender over the documents, in turn, `rounds` times; reading and writing files counted.

    `checkpoint` is the model in the pipeline's form (see checkpoint_of), None to go without it. Each contender is a
    process of its own that waits while another runs. Raises WorkbenchError where one fails.
    """
    data = work / "data.jsonl"
    write_corpus(data, [Entry(entry.document) for entry in entries])
    lengths = [len(units.token_ids) for units in model.tagger.units([entry.document.text for entry in entries])]
    names = contenders(model, pipeline=checkpoint is not None)
    reading = model.manifest.reading
    workers = [_Worker(name, checkpoint if name in PIPELINES else folder, data, work, reading) for name in names]
    try:
        for worker in progress([w for _ in range(rounds) for w in workers], what="bench", total=rounds * len(workers)):
            worker.go()
        memories = [worker.end() for worker in workers]
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()
    seconds = {worker.name: worker.seconds for worker in workers}
    whole = sum(lengths)
    read = {PIPELINE: sum(min(length, _PIPELINE_TOKENS) for length in lengths) / whole}
    reference = next(worker for worker in workers if worker.name.endswith(" fp32"))
    return [
        Row(
            contender=worker.name,
            documents_a_second=len(entries) / median(worker.seconds),
            tokens_a_second=whole * read.get(worker.name, 1.0) / median(worker.seconds),
            read=read.get(worker.name, 1.0),
            ratio=_ratio(seconds.get(PIPELINE), worker.seconds),
            ratio_whole=_ratio(seconds.get(WHOLE), worker.seconds),
            first=worker.first,
            memory=memory,
            agreement=_agreement(reference.out, worker.out),
        )
        for worker, memory in zip(workers, memories, strict=True)
    ]


def _ratio(slow: Sequence[float] | None, fast: Sequence[float]) -> float | None:
    return median(a / b for a, b in zip(slow, fast, strict=True)) if slow else None


def checkpoint_of(folder: Path, *, work: Path, cache: Path) -> Path:
    """The model in Hugging Face's form: its own checkpoint/, or one made in `work` from a compact model's weights.

    Raises WorkbenchError where it has neither, MissingExtraError without torch and transformers.
    """
    if (folder / "checkpoint").is_dir():
        return folder / "checkpoint"
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError("transformers", "train")
    from workbench.train.network import save_tokenizer
    from workbench.train.run import make_learner

    manifest = read_manifest(folder)
    settings = TrainingSettings(encoder=manifest.encoder, start=str(folder))
    learner = make_learner(manifest.schema, settings, cache=cache)
    learner.network.save_pretrained(work / "checkpoint")
    save_tokenizer(learner.source, work / "checkpoint")
    return work / "checkpoint"


class _Worker:
    """A contender's process; started, and waited for until it has written its first bulletin."""

    def __init__(self, name: str, folder: Path | None, data: Path, work: Path, reading: Reading) -> None:
        self.name, self.out = name, work / f"{name.replace(' ', '-')}.jsonl"
        self.seconds: list[float] = []
        task = {
            "contender": name,
            "model": str(folder and folder.resolve()),
            "data": str(data),
            "out": str(self.out),
            "width": reading.width + 2,  # with the two special tokens
            "overlap": reading.overlap,
            "started": time.time(),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench.train.bench_worker", json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.first = float(self._answer()["first"])

    def go(self) -> None:
        """One round."""
        assert self.process.stdin is not None  # noqa: S101 - it was asked for above
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.seconds.append(float(self._answer()["seconds"]))

    def end(self) -> int:
        """The peak memory in bytes; the process is over then."""
        assert self.process.stdin is not None  # noqa: S101 - it was asked for above
        self.process.stdin.close()
        return int(self._answer()["memory"])

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None  # noqa: S101 - it was asked for above
        line = self.process.stdout.readline()
        if not line:
            raise WorkbenchError(f"the contender {self.name} of the bench failed; is its extra installed?")
        value: dict[str, Any] = json_value(line)
        return value


def _agreement(reference: Path, other: Path) -> float:
    """F1 of the spans of one corpus against another's of the same documents; 1.0 where neither has any."""
    shared = total = 0
    for left, right in zip(read_corpus(reference), read_corpus(other), strict=True):
        shared += len(set(left.spans) & set(right.spans))
        total += len(set(left.spans)) + len(set(right.spans))
    return 2 * shared / total if total else 1.0
