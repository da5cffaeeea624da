"""One contender of `workbench bench` in a process of its own, so that its start and its memory are its own.

Reads one line of JSON a round on standard input and answers with one on standard output:
first what it is (`python -m workbench.train.bench_worker '{"contender": …}'`), then `{"first": seconds}` since
the start, then `{"seconds": …}` for each line "go", and at the end `{"memory": bytes}`.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.corpus import Annotation, Document, Entry, read_corpus, write_corpus
from workbench.core.span import Span

PIPELINE = "pipeline"  # with its defaults, which leave out what a bulletin has past 512 tokens
WHOLE = "pipeline stride"  # told to read all of it, in windows as long as the model's own
PIPELINES = (PIPELINE, WHOLE)


def main() -> None:
    """Answers until standard input ends."""
    task = json.loads(sys.argv[1])
    data, out = Path(task["data"]), Path(task["out"])
    run = _pipeline(task) if task["contender"] in PIPELINES else _prelabel(task)
    first = out.with_name(f"first-{out.name}")
    write_corpus(first, [next(read_corpus(data))])
    run(first, out)
    _tell({"first": time.time() - task["started"]})
    for _ in sys.stdin:
        begun = time.perf_counter()
        run(data, out)
        _tell({"seconds": time.perf_counter() - begun})
    _tell({"memory": peak_memory()})


def _prelabel(task: dict[str, Any]) -> Callable[[Path, Path], None]:
    from workbench.core.memory import hand_back_freed
    from workbench.read.paths import read_paths
    from workbench.tag.model import load_model
    from workbench.tag.prelabel import prelabel

    hand_back_freed()
    engine, precision = task["contender"].split()
    model = load_model(task["model"], engine=engine, precision=precision)

    def run(data: Path, out: Path) -> None:
        prelabel(read_paths([data]), model=model, out=out, inputs=str(time.time()))

    return run


def _pipeline(task: dict[str, Any]) -> Callable[[Path, Path], None]:
    """What one would write without this package."""
    from transformers import AutoTokenizer, pipeline
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    further: dict[str, Any] = {}
    if task["contender"] == WHOLE:
        tokenizer = AutoTokenizer.from_pretrained(task["model"], model_max_length=task["width"])
        further = {"stride": task["overlap"], "tokenizer": tokenizer}
    classify = pipeline("token-classification", task["model"], aggregation_strategy="simple", device="cpu", **further)

    def label(document: Document) -> Annotation:
        found = (
            Span(x["start"], x["end"], x["entity_group"], min(1.0, float(x["score"]))) for x in classify(document.text)
        )
        return Annotation(tuple(found), origin="model")

    def run(data: Path, out: Path) -> None:
        write_corpus(out, (Entry(entry.document, label(entry.document)) for entry in read_corpus(data)))

    return run


def peak_memory() -> int:
    """Bytes. Linux hands the peak that getrusage tells down from the parent, so there it is read of the process."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _tell(value: dict[str, float]) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
