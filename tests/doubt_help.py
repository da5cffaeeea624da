"""Label errors of known places, put into a corpus to see whether they are found again."""

import random
from collections.abc import Sequence
from dataclasses import replace

from workbench.check.doubts import Doubt
from workbench.core.corpus import Entry
from workbench.core.schema import Schema
from workbench.core.span import Span

Place = tuple[int, int, int]


def spoil(entries: Sequence[Entry], schema: Schema, *, share: float, seed: int) -> tuple[list[Entry], set[Place]]:
    """The entries with that share of their spans made wrong, by another label or by none; where (row, start, end)."""
    rng, wrong, spoilt = random.Random(seed), set[Place](), []  # noqa: S311 - an experiment, no secret
    used = sorted({span.label for entry in entries for span in entry.spans} & set(schema.names))
    for row, entry in enumerate(entries):
        kept = list[Span]()
        for span in entry.spans:
            if rng.random() >= share:
                kept.append(span)
                continue
            wrong.add((row, span.start, span.end))
            if rng.random() < 0.5:
                kept.append(replace(span, label=rng.choice([label for label in used if label != span.label])))
        assert entry.annotation is not None
        spoilt.append(replace(entry, annotation=replace(entry.annotation, spans=tuple(kept), relations=())))
    return spoilt, wrong


def hits(doubts: Sequence[Doubt], wrong: set[Place]) -> list[bool]:
    """For each doubt, in order, whether it lies on a place that was made wrong."""
    return [
        any(row == doubt.row and start < doubt.end and doubt.start < end for row, start, end in wrong)
        for doubt in doubts
    ]


def precision_at(doubts: Sequence[Doubt], wrong: set[Place], k: int) -> float:
    """The share of the first k doubts that lie on a place that was made wrong."""
    return sum(hits(doubts, wrong)[:k]) / k
