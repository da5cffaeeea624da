"""Figures scored by what they say: "about 20" found as "20" is wrong, "12" found as "12 Maoist" is right.

How a phrase is read is not known here: the caller hands in a reader, such as workbench.figure.normal_form.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator

import numpy as np

from workbench.core.errors import InputError
from workbench.score.columns import Columns, Ints
from workbench.score.matching import matched, overlaps
from workbench.score.pairs import Pairs
from workbench.score.tables import table

# The normal form of a phrase; None, or an InputError, for one that holds no quantity.
ReadFigure = Callable[[str], Hashable | None]


def value_table(
    pairs: Pairs, gold: Columns, predicted: Columns, figures: Iterable[int], shape: tuple[int, int], read: ReadFigure
) -> Ints:
    """Counts of figures, (documents, labels, 3): found where label and value are the same and the spans overlap.

    A phrase that cannot be read equals only the same phrase.
    """
    labels = np.array(sorted(figures), dtype=np.int64)
    gold, predicted = (spans.where(np.isin(spans.label, labels)) for spans in (gold, predicted))
    edges, reader = overlaps(gold, predicted), _Reader(read)
    phrases = zip(_phrases(pairs, gold, edges.gold), _phrases(pairs, predicted, edges.predicted), strict=True)
    same = np.fromiter((reader.same(*pair) for pair in phrases), np.bool_, len(edges.gold))
    right = matched(edges.where(same), len(gold), len(predicted))
    return table(gold, predicted, right, shape)


def _phrases(pairs: Pairs, spans: Columns, rows: Ints) -> Iterator[str]:
    """What some spans cover."""
    texts = [document.text for document in pairs.documents]
    for document, start, end in zip(*(part[rows].tolist() for part in spans.parts[:3]), strict=True):
        yield texts[document][start:end]


class _Reader:
    """Reads each phrase once, and only where it is held against another."""

    def __init__(self, read: ReadFigure) -> None:
        self._read, self._known = read, dict[str, Hashable]()

    def same(self, one: str, other: str) -> bool:
        """Whether two phrases read to the same value."""
        return one == other or self._value(one) == self._value(other)

    def _value(self, phrase: str) -> Hashable:
        if phrase not in self._known:
            self._known[phrase] = _read(" ".join(phrase.split()), self._read)
        return self._known[phrase]


def _read(phrase: str, read: ReadFigure) -> Hashable:
    try:
        value = read(phrase)
    except InputError:
        value = None
    return ("unread", phrase.casefold()) if value is None else ("read", value)
