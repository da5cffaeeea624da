"""How many of the first findings of `workbench check --label-errors` are errors that were put in on purpose.

    python -m tests.measure_label_errors [--share 0.06] [--folds 5] [--epochs 0] [--seeds 0 1 2]

In ../shared/data/gold/train.jsonl, which the starter never saw, that share of the spans gets another label or loses
it. Findings elsewhere count as wrong, though some of them are errors of the gold itself.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.doubt_help import hits, spoil
from workbench.check.doubts import find_doubts
from workbench.cli.common import table
from workbench.core.corpus import load_corpus
from workbench.core.workspace import find_workspace
from workbench.train.outoffold import out_of_fold
from workbench.train.settings import TrainingSettings

GOLD = Path(__file__).parents[1] / "../shared/data/gold/train.jsonl"


def main() -> None:
    """Prints a line a seed: precision among the first 10, 20, 50, and as many as there are errors; recall of all."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--share", type=float, default=0.06)
    options.add_argument("--folds", type=int, default=5)
    options.add_argument("--epochs", type=int, default=0, help="0: as `workbench train` chooses")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options.add_argument("--data", type=Path, default=GOLD)
    asked = options.parse_args()
    if not asked.data.exists():
        sys.exit(f"{asked.data} is not there; this measurement needs the shared data beside the project")
    entries, here, rows = load_corpus(asked.data), find_workspace(), []
    schema = here.schema()
    for seed in asked.seeds:
        spoilt, wrong = spoil(entries, schema, share=asked.share, seed=seed)
        with tempfile.TemporaryDirectory() as folder:
            readings = out_of_fold(
                spoilt,
                schema=schema,
                settings=TrainingSettings(epochs=asked.epochs),
                count=asked.folds,
                folder=Path(folder),
                cache=here.state / "encoders",
            )
        doubts = find_doubts(spoilt, readings, schema.names)
        right = hits(doubts, wrong)
        met = sum(
            any(d.row == row and start < d.end and d.start < end for d in doubts) for row, start, end in sorted(wrong)
        )
        precisions = (sum(right[:k]) / k for k in (10, 20, 50, len(wrong)))
        rows.append((str(seed), len(wrong), len(doubts), *precisions, met / len(wrong)))
        header = ("seed", "errors", "findings", "P@10", "P@20", "P@50", "P@errors", "recall of all")
        print("\n".join(table(header, rows)), flush=True)


if __name__ == "__main__":
    main()
