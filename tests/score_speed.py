"""Measures `workbench score` on 10,000 bulletins with 200,000 gold spans, and seqeval on the same data.

    python -m tests.score_speed [--documents 10000]

The command is timed as a person runs it: a new process, both files read, every measure, intervals from 2,000
resamples. seqeval's report (strict, IOB2, one measure, no intervals) is timed twice: as a process that reads the same
two files and makes its tag lists of them, and alone, on tag lists that lie ready in memory.
Also timed: 10,000 resamples over 1,000 bulletins.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

WORDS = ("police", "said", "at", "least", "six", "people", "were", "killed", "when", "a", "bomb", "exploded", "near")
TOKENS, SPANS, LONGEST = 150, 20, 4


def main() -> None:
    """Makes the data, runs both, and prints what was measured."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=10_000)
    options.add_argument("--seqeval", nargs=2, type=Path, metavar="FILE", help=argparse.SUPPRESS)
    arguments = options.parse_args()
    documents = arguments.documents
    if arguments.seqeval:
        print(timed_seqeval(*(tags_of_file(path) for path in arguments.seqeval))[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        gold, predicted = Path(folder, "gold.jsonl"), Path(folder, "predicted.jsonl")
        tags = write(gold, predicted, documents)
        command = [sys.executable, "-m", "workbench", "score", str(gold), str(predicted), "--json"]
        mine = timed_process(command)
        found = json.loads(mine.out)
        print(f"workbench score: {mine}, {mine.memory:.0f} MB at most, F1 {found['strict']['f1']:.6f}")
        print(f"  {found['documents']:,} bulletins, {found['spans']['gold']:,} gold spans")
        process = timed_process([sys.executable, "-m", "tests.score_speed", "--seqeval", str(gold), str(predicted)])
        print(f"seqeval from the same files: {process}: {process.against(mine)}")
        theirs, f1 = timed_seqeval(*tags)
        print(f"seqeval on tags in memory: {theirs}, F1 {f1:.6f}: {theirs.against(mine)}")
        alone = timed_scoring(gold, predicted)
        print(f"workbench on entries in memory: {alone}; seqeval on tags in memory: {theirs.against(alone)}")
        print(f"bootstrap, 10,000 resamples over 1,000 bulletins: {timed_bootstrap(gold, predicted):.2f} s")


def write(gold: Path, predicted: Path, documents: int) -> tuple[list[list[str]], list[list[str]]]:
    """Both corpora on disk; their tags in memory, for seqeval."""
    from workbench.core.workspace import find_workspace

    rng, labels = random.Random(5), find_workspace().schema().names  # noqa: S311 - data, no secret
    all_gold, all_predicted = [], []
    with gold.open("w") as g, predicted.open("w") as p:
        for number in range(documents):
            words = [rng.choice(WORDS) for _ in range(TOKENS)]
            mine = [
                (at, at + rng.randint(1, LONGEST), rng.choice(labels))
                for at in sorted(rng.sample(range(0, TOKENS, LONGEST + 1), SPANS))
            ]
            other = [changed for span in mine if (changed := change(span, rng, labels)) is not None]
            for file, spans in ((g, mine), (p, other)):
                file.write(
                    json.dumps({"id": f"d{number}", "text": " ".join(words), "spans": offsets(words, spans)}) + "\n"
                )
            all_gold.append(as_tags(mine))
            all_predicted.append(as_tags(other))
    return all_gold, all_predicted


def change(span: tuple[int, int, str], rng: random.Random, labels: tuple[str, ...]) -> tuple[int, int, str] | None:
    """Seven in ten stay right; the others get another label, another end, or vanish."""
    start, end, label = span
    luck = rng.random()
    if luck < 0.7:
        return span
    if luck < 0.8:
        return start, end, rng.choice(labels)
    return (start, max(start + 1, end - 1), label) if luck < 0.95 else None


def offsets(words: list[str], spans: list[tuple[int, int, str]]) -> list[dict[str, object]]:
    """Token spans as spans of characters."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    return [{"start": starts[a], "end": starts[b] - 1, "label": label} for a, b, label in spans]


def as_tags(spans: list[tuple[int, int, str]]) -> list[str]:
    """Token spans as IOB2 tags."""
    tags = ["O"] * TOKENS
    for start, end, label in spans:
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


def tags_of_file(path: Path) -> list[list[str]]:
    """The tag lists that seqeval wants, made of a corpus file as its users make them: by white space."""
    all_tags = []
    for line in path.open(encoding="utf-8"):
        row = json.loads(line)
        places, at = {}, 0
        for number, word in enumerate(row["text"].split(" ")):
            places[at] = number
            at += len(word) + 1
        tags = ["O"] * len(places)
        for span in row["spans"]:
            for number, start in enumerate(s for s in places if span["start"] <= s < span["end"]):
                tags[places[start]] = ("I-" if number else "B-") + span["label"]
        all_tags.append(tags)
    return all_tags


@dataclass(frozen=True)
class Took:
    """Seconds that passed and that the processor worked (which others on the machine hardly change), memory in MB."""

    seconds: float
    worked: float
    memory: float = 0.0
    out: str = ""

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s ({self.worked:.2f} s of processor)"

    def against(self, other: "Took") -> str:
        """How much longer this took, by either clock."""
        return f"{self.seconds / other.seconds:.1f} times as long ({self.worked / other.worked:.1f} of processor)"


def timed_process(command: list[str]) -> Took:
    """What a process took, start-up included."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(seconds, worked, after.ru_maxrss / 1024, done.stdout)


def timed_seqeval(gold: list[list[str]], predicted: list[list[str]]) -> tuple[Took, float]:
    """What seqeval's report (by label, micro, macro) took in its strict mode, and its micro F1."""
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    begun, worked = time.perf_counter(), time.process_time()
    report = classification_report(gold, predicted, mode="strict", scheme=IOB2, output_dict=True)
    took = Took(time.perf_counter() - begun, time.process_time() - worked)
    return took, float(report["micro avg"]["f1-score"])


def timed_scoring(gold: Path, predicted: Path) -> Took:
    """What the same scores and intervals take when both corpora were read already."""
    from workbench.core.corpus import load_corpus
    from workbench.core.workspace import find_workspace
    from workbench.figure import normal_form
    from workbench.score.evaluation import evaluate_entries
    from workbench.score.resample import bootstrap

    sides, schema = [load_corpus(path) for path in (gold, predicted)], find_workspace().schema()
    begun, worked = time.perf_counter(), time.process_time()
    bootstrap(evaluate_entries(*sides, schema, read_figure=normal_form))
    return Took(time.perf_counter() - begun, time.process_time() - worked)


def timed_bootstrap(gold: Path, predicted: Path) -> float:
    """Seconds for 10,000 resamples over the first 1,000 bulletins."""
    from itertools import islice

    from workbench.core.corpus import read_corpus
    from workbench.core.workspace import find_workspace
    from workbench.score.evaluation import evaluate_entries
    from workbench.score.resample import bootstrap

    sides = [list(islice(read_corpus(path), 1000)) for path in (gold, predicted)]
    evaluation = evaluate_entries(*sides, find_workspace().schema())
    begun = time.perf_counter()
    bootstrap(evaluation, resamples=10_000)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
