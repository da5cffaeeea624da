"""Linking and record F1 by cross-validation over bulletins, the nearest trigger beside it; writes the model of all.

The spans are the annotated ones, so that only linking is measured. A record is right where its type, day, place and all
its numbers (minimum and maximum of each kind) are those that the drawn relations give.

python tests/measure_linking.py CORPUS [-o annotations/linking.json]
"""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from workbench.core.corpus import Entry, load_corpus
from workbench.core.schema import load_schema
from workbench.core.workspace import find_workspace
from workbench.record.bulletin import Bulletin
from workbench.record.event import Event
from workbench.record.incident import Tools, incidents_of
from workbench.record.link import TYPES, annotated, nearest
from workbench.record.run import load_tools
from workbench.record.scorer import agreement, save_scorer, train
from workbench.record.table import COLUMNS, event_row

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
    trained = [train(_rest(entries, fold), schema) for fold in range(FOLDS)]
    tools = load_tools(schema, cache=find_workspace().state)
    for name, linkers in (("trained", trained), ("nearest", [nearest] * FOLDS)):
        rows = {"tp": 0, "fp": 0, "fn": 0}
        for fold, linker in enumerate(linkers):
            for entry in entries[fold::FOLDS]:
                gold, said = (
                    record_set(entry, replace(tools, linker=annotated)),
                    record_set(entry, replace(tools, linker=linker)),
                )
                same = sum((gold & said).values())
                rows["tp"] += same
                rows["fp"] += said.total() - same
                rows["fn"] += gold.total() - same
        print(f"records, {name}: F1 {f1(rows):.3f} of {rows['tp'] + rows['fn']}")
    if "-o" in sys.argv:
        save_scorer(train(entries, schema), Path(sys.argv[sys.argv.index("-o") + 1]))


def record_set(entry: Entry, tools: Tools) -> Counter[tuple[object, ...]]:
    """The incidents of a bulletin as what an analyst reads of them."""
    found: Counter[tuple[object, ...]] = Counter()
    for incident in incidents_of(Bulletin(entry, tools.schema), tools):
        row = event_row(Event((incident,)))
        found[tuple(row[name] for name in COLUMNS if name.endswith(("_min", "_max", "_start", "_type", "itude")))] += 1
    return found


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
