"""Strict F1 by 5-fold cross-validation over documents: `make bench-f1`, or `python -m tests.bench_f1 --help`.

Every fold trains as `workbench train` does on four fifths of the data and labels the fifth it never saw. `plain` is
the recipe of the textbook (bare encoder, 25 epochs, 2e-4, cross-entropy) with the same decoding; `default` is what
`workbench train` does. Data: ../shared/data/gold/train.jsonl.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.cli.common import table
from workbench.core.corpus import Entry, load_corpus
from workbench.core.schema import Schema
from workbench.core.workspace import find_workspace
from workbench.score.evaluation import Evaluation, evaluate_entries
from workbench.score.resample import bootstrap
from workbench.train.run import make_learner, teach
from workbench.train.settings import TrainingSettings
from workbench.train.split import folds

GOLD = Path(__file__).parents[1] / "../shared/data/gold/train.jsonl"
RECIPES = {
    "plain": TrainingSettings(start="none", epochs=25, learning_rate=2e-4, head_factor=1.0),
    "default": TrainingSettings(),
}


def cross_validate(
    entries: Sequence[Entry], *, settings: TrainingSettings, schema: Schema, count: int = 5, split_seed: int = 0
) -> Evaluation:
    """Each document labelled by the one model that did not train on it, all scored together."""
    cache = find_workspace().state / "encoders"
    predicted: dict[str, Entry] = {}
    for train_part, test_part in folds(entries, count=count, seed=split_seed):
        with tempfile.TemporaryDirectory() as folder:
            learner = make_learner(schema, settings, cache=cache)
            teach(learner, train_part, (), work=Path(folder))
        for entry in label(learner.tagger, test_part):
            predicted[entry.document.id] = entry
    return evaluate_entries(entries, [predicted[entry.document.id] for entry in entries], schema)


def label(tagger: object, entries: Sequence[Entry]) -> list[Entry]:
    from dataclasses import replace

    from workbench.core.corpus import Annotation
    from workbench.tag.tagger import Tagger

    assert isinstance(tagger, Tagger)
    tagged = tagger.label([entry.document.text for entry in entries])
    return [replace(e, annotation=Annotation(r.spans, origin="model")) for e, r in zip(entries, tagged, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", nargs="+", choices=sorted(RECIPES), default=["plain", "default"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--data", type=Path, default=GOLD)
    arguments = parser.parse_args()
    if not arguments.data.exists():
        sys.exit(f"{arguments.data} is not there; this measurement needs the shared data beside the project")
    from dataclasses import replace

    entries, schema = load_corpus(arguments.data), find_workspace().schema()
    rows = []
    for recipe in arguments.recipes:
        for seed in arguments.seeds:
            began = time.monotonic()
            settings = replace(RECIPES[recipe], seed=seed, encoder=arguments.encoder)
            evaluation = cross_validate(entries, settings=settings, schema=schema)
            rows.append((recipe, seed, *scores(evaluation), round(time.monotonic() - began)))
            print("\n".join(table(HEADER, rows)), flush=True)
    for recipe in arguments.recipes:
        f1 = [row[2] for row in rows if row[0] == recipe]
        print(f"{recipe}: mean of {len(f1)} seeds {np.mean(f1):.3f}, from {min(f1):.3f} to {max(f1):.3f}")


HEADER = ("recipe", "seed", "F1", "95 %", "events", "figures", "seconds")


def scores(evaluation: Evaluation) -> tuple[object, ...]:
    interval = bootstrap(evaluation)["micro"]
    groups = [evaluation.counts(labels=evaluation.groups[name]).f1 for name in ("event", "figure")]
    return (evaluation.counts().f1, interval and f"{interval.low:.3f}-{interval.high:.3f}", *groups)


if __name__ == "__main__":
    main()
