"""What long bulletins cost in F1, by the window that the network reads them in.

    python -m tests.measure_long [--model models/starter] [--data FILE] [--join 1 5] [--seeds 0 1 2]
                                 [--windows 510/128 126/16 …]

No gold of long bulletins has all the labels, so annotated ones are joined: five behind one another are as long as a
report of several paragraphs. Without --data, the bulletins are those of ../shared/data/gold/train.jsonl, which the
starter never saw; the window that the model has itself comes first.
Strict micro F1, the mean over as many orders of joining as seeds are given.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean

from tests.long_help import joined
from workbench.cli.common import table
from workbench.core.corpus import load_corpus
from workbench.tag.model import load_model
from workbench.train.measure import measure

TOP = Path(__file__).parents[1]
WINDOWS = ["510/128", "254/64", "126/16", "126/32", "94/16", "62/16"]


def main() -> None:
    """Prints a row for each window, tokens and overlap, with the F1 of each number of bulletins joined."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=TOP / "models/starter")
    parser.add_argument("--data", type=Path, default=TOP / "../shared/data/gold/train.jsonl")
    parser.add_argument("--join", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--windows", nargs="+", default=WINDOWS, metavar="TOKENS/OVERLAP")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    if not given.data.exists():
        sys.exit(f"{given.data} is not there; name a corpus with --data")
    model, entries = load_model(given.model), load_corpus(given.data)
    schema, own = model.manifest.schema, model.manifest.reading
    texts = [
        [joined(entries, count=count, seed=seed) for seed in (given.seeds if count > 1 else [0])]
        for count in given.join
    ]
    rows = []
    for width, overlap in [(own.width, own.overlap), *(map(int, window.split("/")) for window in given.windows)]:
        model.tagger.reading = replace(own, width=width, overlap=overlap)
        found = [mean(measure(model.tagger, one, schema).counts().f1 or 0.0 for one in some) for some in texts]
        rows.append((f"{width}/{overlap}", *found))
    print("\n".join(table(("window", *(f"{count} joined" for count in given.join)), rows)))


if __name__ == "__main__":
    main()
