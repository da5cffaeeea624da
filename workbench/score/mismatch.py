"""Where two labellings of a document part: each span beside the one it most likely stands for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from workbench.core.corpus import Document
from workbench.core.span import Span
from workbench.score.pairs import Pairs

KINDS = ("label", "boundary", "label and boundary", "only first", "only second")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One place of a document where the two differ; `first` or `second` is None where only the other has a span."""

    document: Document
    first: Span | None
    second: Span | None

    @property
    def kind(self) -> str:
        """One of KINDS."""
        if self.first is None or self.second is None:
            return "only second" if self.first is None else "only first"
        if (self.first.start, self.first.end) == (self.second.start, self.second.end):
            return "label"
        return "boundary" if self.first.label == self.second.label else "label and boundary"

    @property
    def start(self) -> int:
        """Where it begins in the text."""
        return min(span.start for span in (self.first, self.second) if span is not None)


def mismatches(pairs: Pairs) -> Iterator[Mismatch]:
    """All places where gold and predicted (or first and second annotator) differ, in text order."""
    for document, gold, predicted in zip(pairs.documents, pairs.gold, pairs.predicted, strict=True):
        found = [Mismatch(document, a, b) for a, b in _aligned(gold, predicted)]
        yield from sorted(found, key=lambda one: (one.start, KINDS.index(one.kind)))


def _aligned(first: Iterable[Span], second: Iterable[Span]) -> Iterator[tuple[Span | None, Span | None]]:
    """Spans that are not in both, paired where they overlap: the same boundary first, then the same label."""
    mine, other = sorted(set(first) - set(second)), sorted(set(second) - set(first))
    taken: list[tuple[int, int]] = []
    if mine and other:
        from scipy.optimize import linear_sum_assignment

        likeness = np.array([[_likeness(a, b) for b in other] for a in mine])
        rows, places = linear_sum_assignment(likeness, maximize=True)
        taken = [(i, j) for i, j in zip(rows.tolist(), places.tolist(), strict=True) if likeness[i, j] > 0]
    yield from ((mine[i], other[j]) for i, j in taken)
    yield from ((span, None) for i, span in enumerate(mine) if i not in {row for row, _ in taken})
    yield from ((None, span) for j, span in enumerate(other) if j not in {place for _, place in taken})


def _likeness(a: Span, b: Span) -> float:
    """0 for spans that share nothing, else more for the same boundary than the same label than mere overlap."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    if shared <= 0:
        return 0.0
    union = max(a.end, b.end) - min(a.start, b.start)
    return 4.0 * (shared == union) + 2.0 * (a.label == b.label) + shared / union
