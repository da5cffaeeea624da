"""Which gold span goes with which predicted one, each at most once, so that as many as possible go together.

The matching is a maximum one (Karp and Sipser 1981; Hopcroft and Karp 1973), never greedy: the order of
spans does not move a score.
"""

from dataclasses import dataclass

import numpy as np

from workbench.score.columns import Columns, Flags, Ints

# Candidate pairs looked at in one go; bounds memory where one long span overlaps thousands of others.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Edges:
    """Pairs of a gold and a predicted span that share a code point: their numbers, and how much they share."""

    gold: Ints
    predicted: Ints
    shared: Ints
    union: Ints

    def where(self, kept: Flags) -> "Edges":
        """The pairs that are flagged."""
        return Edges(self.gold[kept], self.predicted[kept], self.shared[kept], self.union[kept])

    def half(self) -> "Edges":
        """The pairs whose intersection over union is at least one half."""
        return self.where(2 * self.shared >= self.union)


def overlaps(gold: Columns, predicted: Columns) -> Edges:
    """All pairs of the same document and the same label number that overlap."""
    length = int(max((part.max(initial=0) for part in (gold.end, predicted.end)), default=0)) + 1
    labels = int(max(gold.label.max(initial=0), predicted.label.max(initial=0))) + 1
    # Every document and label gets its own stretch of one long line, so that one sweep does for all.
    g_base, p_base = ((c.document * labels + c.label) * length for c in (gold, predicted))
    order = np.argsort(p_base + predicted.start, kind="stable")
    p_start, p_end = (p_base + predicted.start)[order], (p_base + predicted.end)[order]
    reach = np.maximum.accumulate(p_end) if len(p_end) else p_end
    first = np.searchsorted(reach, g_base + gold.start, side="right")
    last = np.searchsorted(p_start, g_base + gold.end, side="left")
    many = np.maximum(last - first, 0)
    found = [
        _pairs(np.arange(low, high), first, many, g_base + gold.start, g_base + gold.end, p_start, p_end)
        for low, high in _slices(many)
    ]
    g, p = (np.concatenate(part) for part in zip(*found, strict=True)) if found else (many[:0], many[:0])
    p = order[p]
    shared = np.minimum(gold.end[g], predicted.end[p]) - np.maximum(gold.start[g], predicted.start[p])
    union = (gold.end - gold.start)[g] + (predicted.end - predicted.start)[p] - shared
    return Edges(g, p, shared, union)


def matched(edges: Edges, gold: int, predicted: int) -> Flags:
    """Flags over the gold spans that a maximum one-to-one matching reaches.

    Which spans of a knot of overlaps are flagged may vary; how many of a document and label are, does not.
    """
    reached, g, p = _leaves(edges.gold, edges.predicted, gold, predicted)
    if len(g):
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import maximum_bipartite_matching

        graph = csr_array((np.ones(len(g), dtype=np.int8), (g, p)), shape=(gold, predicted))
        reached |= maximum_bipartite_matching(graph, perm_type="column") >= 0
    return reached


def _leaves(g: Ints, p: Ints, gold: int, predicted: int) -> tuple[Flags, Ints, Ints]:
    """Matches spans with one partner left for as long as there are any, and gives the pairs that remain.

    A span with one partner is in some maximum matching with it (Karp and Sipser 1981). Where neither side overlaps
    itself nothing remains, so that the general algorithm is only met by nested spans.
    """
    reached = np.zeros(gold, dtype=bool)
    while len(g):
        ending_g, ending_p = np.bincount(g, minlength=gold)[g] == 1, np.bincount(p, minlength=predicted)[p] == 1
        # Gold leaves are distinct, so one for each of their partners is a matching; else the same the other way.
        chosen = np.flatnonzero(ending_g if ending_g.any() else ending_p)
        if not len(chosen):
            break
        chosen = chosen[np.unique((p if ending_g.any() else g)[chosen], return_index=True)[1]]
        reached[g[chosen]] = True
        taken = np.zeros(predicted, dtype=bool)
        taken[p[chosen]] = True
        left = ~reached[g] & ~taken[p]
        g, p = g[left], p[left]
    return reached, g, p


def _pairs(
    rows: Ints, first: Ints, many: Ints, g_start: Ints, g_end: Ints, p_start: Ints, p_end: Ints
) -> tuple[Ints, Ints]:
    """Candidates of some gold rows, less those that end before the row starts."""
    g = np.repeat(rows, many[rows])
    within = np.arange(len(g)) - np.repeat(np.cumsum(many[rows]) - many[rows], many[rows])
    p = first[g] + within
    real = (p_end[p] > g_start[g]) & (p_start[p] < g_end[g])
    return g[real], p[real]


def _slices(many: Ints) -> list[tuple[int, int]]:
    """Ranges of rows with about _AT_ONCE candidates each."""
    if not len(many):
        return []
    chunk = np.cumsum(many) // _AT_ONCE
    starts = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist()]
    return list(zip(starts, [*starts[1:], len(many)], strict=True))
