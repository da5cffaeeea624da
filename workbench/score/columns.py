"""Spans as columns of numbers, so that hundreds of thousands are compared at once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.span import Span

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Columns:
    """A set of spans, each once, sorted: document number, start, end and label number, each (spans,)."""

    document: Ints
    start: Ints
    end: Ints
    label: Ints

    def __len__(self) -> int:
        return len(self.document)

    def unlabelled(self) -> "Columns":
        """The same stretches with the label forgotten, each once."""
        return Columns(self.document, self.start, self.end, np.zeros_like(self.label)).unique()

    def unique(self) -> "Columns":
        """Sorted, and each once."""
        order = _order(*self.parts)
        ordered = Columns(*(part[order] for part in self.parts))
        keep = np.ones(len(order), dtype=bool)
        keep[1:] = ~_equals_next(*ordered.parts)
        return ordered.where(keep)

    @property
    def parts(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Document, start, end and label."""
        return self.document, self.start, self.end, self.label

    def where(self, kept: Flags) -> "Columns":
        """The spans that are flagged."""
        return Columns(self.document[kept], self.start[kept], self.end[kept], self.label[kept])


def columns(spans: Sequence[Sequence[Span]], numbers: Mapping[str, int]) -> Columns:
    """Columns of the spans of documents 0, 1, …; `numbers` says which number each label has."""
    flat = [span for some in spans for span in some]
    document = np.repeat(np.arange(len(spans)), np.fromiter(map(len, spans), np.int64, len(spans)))
    parts = ((s.start for s in flat), (s.end for s in flat), (numbers[s.label] for s in flat))
    return Columns(document, *(np.fromiter(part, np.int64, len(flat)) for part in parts)).unique()


def in_both(first: Columns, second: Columns) -> tuple[Flags, Flags]:
    """Flags over the spans of each: whether the other has the very same one."""
    document, start, end, label = (np.concatenate(pair) for pair in zip(first.parts, second.parts, strict=True))
    order = _order(document, start, end, label)
    twin = _equals_next(document[order], start[order], end[order], label[order])
    shared = np.zeros(len(order), dtype=bool)
    shared[order[:-1][twin]] = True
    shared[order[1:][twin]] = True
    return shared[: len(first)], shared[len(first) :]


def _order(*parts: Ints) -> Ints:
    """The places of the rows in ascending order, the first part counting most."""
    widths = [int(part.max(initial=0)) + 1 for part in parts]
    if math.prod(widths) >= 2**63:
        order: Ints = np.lexsort(parts[::-1])
        return order
    # One number a row sorts several times faster than four.
    key = parts[0]
    for part, width in zip(parts[1:], widths[1:], strict=True):
        key = key * width + part
    return np.argsort(key, kind="stable")


def _equals_next(*parts: Ints) -> Flags:
    same = np.ones(max(len(parts[0]) - 1, 0), dtype=bool)
    for part in parts:
        same &= part[1:] == part[:-1]
    return same
