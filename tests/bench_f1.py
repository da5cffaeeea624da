"""Strict F1 of the plain recipe and of this project's, several seeds each: `make bench-f1`, or

    python -m tests.bench_f1 [--set gold|ednil|re3d|muc4|m2e2] [--recipes plain default] [--seeds 0 1 2]
    make bench-f1 BENCH="--set re3d --seeds 0 1 2 --keep runs.jsonl"

`gold` is 5-fold cross-validation over the documents of ../shared/data/gold/train.jsonl; each fold trains on four fifths
and labels the fifth it never saw. The other sets, ../shared/data/spans/NAME-train.jsonl and NAME-dev.jsonl, are trained
on the one and measured on the other, which chooses nothing: neither epoch nor setting. `plain` is the recipe of the
textbook (bare encoder, 25 epochs, 2e-4, cross-entropy, windows of 510), decoded as ours but for the thresholds;
`default` is what `workbench train` does.

A recipe's F1 is the mean of its seeds; its 95 % interval draws documents and seeds (see score.growth.resampled), and
the difference of two recipes is drawn on the same documents.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.cli.common import table
from workbench.core.corpus import Annotation, Entry, load_corpus
from workbench.core.schema import Schema
from workbench.core.suggest import suggest_schema
from workbench.core.workspace import find_workspace
from workbench.score.evaluation import Evaluation, evaluate_entries
from workbench.score.growth import resampled
from workbench.score.resample import interval_of
from workbench.tag.model import load_model
from workbench.tag.tagger import Tagger
from workbench.train.run import make_learner, teach, train_model
from workbench.train.settings import TrainingSettings, least_score, settings_from
from workbench.train.split import folds

DATA = Path(__file__).parents[1] / "../shared/data"
GOLD = DATA / "gold/train.jsonl"
SETS = ("ednil", "re3d", "muc4", "m2e2")
RECIPES = {
    "plain": TrainingSettings(
        start="none", epochs=25, learning_rate=2e-4, head_factor=1.0, window=510, overlap=128, threshold="0"
    ),
    "default": TrainingSettings(),
}


def cross_validate(
    entries: Sequence[Entry], *, settings: TrainingSettings, schema: Schema, count: int = 5, split_seed: int = 0
) -> Evaluation:
    """Each document labelled by the one model that did not train on it, all scored together."""
    predicted: dict[str, Entry] = {}
    for train_part, test_part in folds(entries, count=count, seed=split_seed):
        for entry in learned_on(train_part, test_part, settings=settings, schema=schema):
            predicted[entry.document.id] = entry
    return evaluate_entries(entries, [predicted[entry.document.id] for entry in entries], schema)


def learned_on(
    train: Sequence[Entry], test: Sequence[Entry], *, settings: TrainingSettings, schema: Schema
) -> list[Entry]:
    """The test documents as a model of the training ones labels them.

    Without a threshold to find, nothing of the training documents is held back.
    """
    cache = find_workspace().state / "encoders"
    with tempfile.TemporaryDirectory() as folder:
        if least_score(settings) == 0:
            learner = make_learner(schema, settings, cache=cache)
            teach(learner, train, (), work=Path(folder))
            return label(learner.tagger, test)
        model = Path(folder) / "model"
        train_model(train, schema=schema, settings=replace(settings, faster="none"), folder=model, cache=cache)
        return label(load_model(model).tagger, test)


def label(tagger: Tagger, entries: Sequence[Entry]) -> list[Entry]:
    tagged = tagger.label([entry.document.text for entry in entries])
    return [replace(e, annotation=Annotation(r.spans, origin="model")) for e, r in zip(entries, tagged, strict=True)]


def measure(name: str, settings: TrainingSettings, data: Path) -> Evaluation:
    """One run, or the runs of all folds, of one set."""
    if name == "gold":
        return cross_validate(load_corpus(data), settings=settings, schema=find_workspace().schema())
    train, dev = (load_corpus(DATA / f"spans/{name}-{side}.jsonl") for side in ("train", "dev"))
    schema = suggest_schema({span.label for entry in (*train, *dev) for span in entry.spans}, name=name)
    return evaluate_entries(dev, learned_on(train, dev, settings=settings, schema=schema), schema)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=("gold", *SETS), default="gold")
    parser.add_argument("--recipes", nargs="+", choices=sorted(RECIPES), default=["plain", "default"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--change", nargs="+", default=[], metavar="NAME=VALUE", help="settings of both recipes")
    parser.add_argument("--data", type=Path, default=GOLD, help="corpus of the cross-validation")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="runs are kept here, and not made again")
    arguments = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"{DATA} is not there; this measurement needs the shared data beside the project")
    changes = dict(change.split("=", 1) for change in arguments.change) | {"encoder": arguments.encoder}
    runs: dict[str, list[dict[str, Any]]] = {recipe: [] for recipe in arguments.recipes}
    for seed in arguments.seeds:
        for recipe in arguments.recipes:
            settings = settings_from(changes | {"seed": seed}, base=RECIPES[recipe])
            runs[recipe].append(kept_or_made(arguments.set, recipe, settings, arguments))
            print("\n".join(run_lines(runs)), flush=True)
    print("\n".join(summary_lines(runs)))


def kept_or_made(name: str, recipe: str, settings: TrainingSettings, arguments: argparse.Namespace) -> dict[str, Any]:
    """A run's seed, seconds, scores and counts (documents, 3)."""
    what = {"set": name, "data": str(arguments.data) if name == "gold" else "", "settings": asdict(settings)}
    keep: Path | None = arguments.keep
    for line in keep.read_text().splitlines() if keep and keep.exists() else ():
        if (row := json.loads(line))["what"] == what:
            return dict(row)
    began = time.monotonic()
    evaluation = measure(name, settings, arguments.data)
    row = {
        "what": what,
        "recipe": recipe,
        "seed": settings.seed,
        "seconds": round(time.monotonic() - began),
        "f1": evaluation.counts().f1 or 0.0,
        "groups": {group: evaluation.counts(labels=labels).f1 for group, labels in evaluation.groups.items()},
        "labels": {group: counts.f1 for group, counts in evaluation.by_label().items()},
        "counts": evaluation.tables["strict"].sum(axis=1).tolist(),
    }
    if keep:
        with keep.open("a") as file:
            file.write(json.dumps(row) + "\n")
    return row


def run_lines(runs: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    rows = [
        (recipe, run["seed"], run["f1"], run["groups"].get("event"), run["groups"].get("figure"), run["seconds"])
        for recipe, some in runs.items()
        for run in some
    ]
    yield from table(("recipe", "seed", "F1", "events", "figures", "seconds"), rows)


def summary_lines(runs: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Means over the seeds with their intervals, and by label; then how far each recipe is from the first."""
    names = list(runs)
    drawn = resampled([np.array([run["counts"] for run in runs[name]]) for name in names])
    rows = [
        (name, len(some), np.mean([run["f1"] for run in some]), between(drawn[:, place]), spread(some))
        for place, (name, some) in enumerate(runs.items())
    ]
    yield from table(("recipe", "seeds", "F1, mean", "95 % (documents and seeds)", "seeds from to"), rows)
    labels = list(runs[names[0]][0]["labels"])
    by_label = [(each, *(mean([run["labels"][each] for run in runs[name]]) for name in names)) for each in labels]
    yield from table(("label", *names), by_label)
    for place, name in enumerate(names[1:], start=1):
        more = float(np.mean([run["f1"] for run in runs[name]]) - np.mean([run["f1"] for run in runs[names[0]]]))
        yield f"{name} less {names[0]}: {more:+.3f} (95 % {between(drawn[:, place] - drawn[:, 0])})"


def between(values: Any) -> str:
    interval = interval_of(values)
    return f"{interval.low:.3f} to {interval.high:.3f}" if interval else "too few documents"


def spread(some: Sequence[dict[str, Any]]) -> str:
    f1 = [run["f1"] for run in some]
    return f"{min(f1):.3f} to {max(f1):.3f}"


def mean(values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if found else None


if __name__ == "__main__":
    main()
