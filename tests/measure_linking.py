"""Linking F1 by cross-validation over bulletins, the nearest-trigger baseline beside it; writes the model of all.

python tests/measure_linking.py CORPUS [-o annotations/linking.json]
"""

import sys
from pathlib import Path

from workbench.core.corpus import Entry, load_corpus
from workbench.core.schema import load_schema
from workbench.record.link import TYPES, nearest
from workbench.record.scorer import agreement, save_scorer, train

FOLDS = 5
Counts = dict[str, dict[str, int]]


def main() -> None:
    """Prints F1 by type of relation."""
    schema = load_schema("annotations/schema.toml")
    entries = [x for x in load_corpus(sys.argv[1]) if x.annotation is not None and x.annotation.relations]
    learnt = [agreement(entries[fold::FOLDS], schema, train(_rest(entries, fold), schema)) for fold in range(FOLDS)]
    total = {kind: {key: sum(x[kind][key] for x in learnt) for key in ("tp", "fp", "fn")} for kind in TYPES}
    baseline = agreement(entries, schema, nearest)
    print(f"{len(entries)} bulletins with relations, {FOLDS} folds")
    print(f"{'relation':<14}{'drawn':>7}{'trained F1':>12}{'nearest F1':>12}")
    for kind in (*TYPES, "all"):
        row, other = _pick(total, kind), _pick(baseline, kind)
        print(f"{kind:<14}{row['tp'] + row['fn']:>7}{f1(row):>12.3f}{f1(other):>12.3f}")
    if "-o" in sys.argv:
        save_scorer(train(entries, schema), Path(sys.argv[sys.argv.index("-o") + 1]))


def _rest(entries: list[Entry], fold: int) -> list[Entry]:
    return [entry for place, entry in enumerate(entries) if place % FOLDS != fold]


def _pick(counts: Counts, kind: str) -> dict[str, int]:
    if kind != "all":
        return counts[kind]
    return {key: sum(row[key] for row in counts.values()) for key in ("tp", "fp", "fn")}


def f1(row: dict[str, int]) -> float:
    """F1 of counts; 0 where nothing was drawn and nothing found."""
    denominator = 2 * row["tp"] + row["fp"] + row["fn"]
    return 2 * row["tp"] / denominator if denominator else 0.0


if __name__ == "__main__":
    main()
