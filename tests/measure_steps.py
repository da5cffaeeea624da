"""Time and memory of training on long bulletins: a step's windows all at once, and a few at a time as on a processor.

    python -m tests.measure_steps [--bulletins 80] [--rounds 1] [--change NAME=VALUE …]

One epoch of `workbench train` over the first bulletins of ../shared/data/spans/ednil-train.jsonl, in processes of their
own with one thread each, in turn. Processor time, which other work on the machine changes least; the peak memory is
the process's own, libraries included.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from workbench.core.corpus import load_corpus
from workbench.core.suggest import suggest_schema
from workbench.core.workspace import find_workspace
from workbench.train import trainer
from workbench.train.bench_worker import peak_memory
from workbench.train.run import make_learner, teach
from workbench.train.settings import settings_from

LONG = Path(__file__).parents[1] / "../shared/data/spans/ednil-train.jsonl"
WAYS = {"all at once": 1_000_000, "a few at a time": trainer._AT_ONCE}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulletins", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--change", nargs="+", default=[], metavar="NAME=VALUE", help="training settings")
    parser.add_argument("--one", choices=sorted(WAYS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not LONG.exists():
        sys.exit(f"{LONG} is not there; this measurement needs the shared data beside the project")
    if given.one:
        one(given)
        return
    for _ in range(given.rounds):
        for way in WAYS:
            command = [sys.executable, "-m", "tests.measure_steps", *sys.argv[1:], "--one", way]
            subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


def one(given: argparse.Namespace) -> None:
    entries = load_corpus(LONG)[: given.bulletins]
    schema = suggest_schema({span.label for entry in entries for span in entry.spans}, name="ednil")
    settings = settings_from({"epochs": "1", "seed": "0"} | dict(change.split("=", 1) for change in given.change))
    trainer._AT_ONCE = WAYS[given.one]
    learner = make_learner(schema, settings, cache=find_workspace().state / "encoders")
    begun = time.process_time()
    teach(learner, entries, (), work=None)
    took = time.process_time() - begun
    print(f"{given.one:16} {took:6.1f} s of processor time, {peak_memory() / 1e6:6.0f} MB", flush=True)


if __name__ == "__main__":
    main()
