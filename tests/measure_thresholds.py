"""What leaving out spans of a low score is worth: strict F1 with every span, and with those that the model keeps.

    python -m tests.measure_thresholds [--model models/starter] [--data FILE]

Without --data two sets, which the starter never saw: ../shared/data/gold/train.jsonl, and the frozen test part of
annotations/corpus.jsonl.
"""

import argparse
from pathlib import Path

from workbench.cli.common import table
from workbench.core.corpus import load_corpus
from workbench.core.workspace import packaged
from workbench.score.evaluation import Evaluation
from workbench.tag.model import load_model
from workbench.train.measure import measure
from workbench.train.split import corpus_split

TOP = Path(__file__).parents[1]
GOLD = TOP / "../shared/data/gold/train.jsonl"


def main() -> None:
    """Prints two rows for each set: all labels, events and so on, and how many spans there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=TOP / "models/starter")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    model = load_model(given.model)
    sets = {str(path.name): load_corpus(path) for path in [given.data or GOLD] if path.exists()}
    if not given.data:
        sets["test part"] = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))[1]
    thresholds, rows = model.tagger.thresholds, []
    for name, entries in sets.items():
        for kept, least in (("every span", {}), ("as the model keeps them", thresholds)):
            model.tagger.thresholds = least
            rows.append((name, kept, *_row(measure(model.tagger, entries, model.schema))))
    print("\n".join(table(("bulletins", "spans", "predicted", "F1", *model.schema.groups), rows)))


def _row(found: Evaluation) -> tuple[float | int | None, ...]:
    counts = found.counts()
    return counts.tp + counts.fp, counts.f1, *(found.counts(labels=labels).f1 for labels in found.groups.values())


if __name__ == "__main__":
    main()
