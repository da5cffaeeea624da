"""Counts of every document and label, the form that everything else is summed from."""

import numpy as np

from workbench.score.columns import Columns, Flags, Ints


def table(gold: Columns, predicted: Columns, right: Flags, shape: tuple[int, int]) -> Ints:
    """tp, fp and fn, (documents, labels, 3), from flags over the gold that say which of it was found.

    `shape` is (documents, labels).
    """
    return with_rest(per_cell(gold, right, shape), per_cell(gold, None, shape), per_cell(predicted, None, shape))


def with_rest(tp: Ints, gold: Ints, predicted: Ints) -> Ints:
    """tp, fp and fn along a new last axis, from what is right and how much there is."""
    return np.stack([tp, predicted - tp, gold - tp], axis=-1)


def per_cell(spans: Columns, kept: Flags | None, shape: tuple[int, int]) -> Ints:
    """How many spans, all or the flagged ones, each document and label has: (documents, labels)."""
    cell = spans.document * shape[1] + spans.label
    counted: Ints = np.bincount(cell if kept is None else cell[kept], minlength=shape[0] * shape[1])
    return counted.reshape(shape)
