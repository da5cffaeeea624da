"""Figures scored by what they say: "about 20" found as "20" is wrong, "12" found as "12 Maoist" is right.

How a phrase is read is not known here: the caller hands in a reader, such as workbench.figure.normal_form.
"""

from collections.abc import Callable, Hashable, Iterable

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
    values = _Values(read)
    g_value, p_value = (values.of(pairs, spans) for spans in (gold, predicted))
    edges = overlaps(gold, predicted)
    right = matched(edges.where(g_value[edges.gold] == p_value[edges.predicted]), len(gold), len(predicted))
    return table(gold, predicted, right, shape)


class _Values:
    """Numbers for the values that phrases read to, the same for the same value; each phrase is read once."""

    def __init__(self, read: ReadFigure) -> None:
        self._read, self._phrases, self._known = read, dict[str, int](), dict[Hashable, int]()

    def of(self, pairs: Pairs, spans: Columns) -> Ints:
        """The number of each span's value."""
        texts = [document.text for document in pairs.documents]
        places = zip(spans.document.tolist(), spans.start.tolist(), spans.end.tolist(), strict=True)
        return np.array([self._number(texts[document][start:end]) for document, start, end in places], dtype=np.int64)

    def _number(self, phrase: str) -> int:
        number = self._phrases.get(phrase)
        if number is None:
            value = _read(" ".join(phrase.split()), self._read)
            number = self._phrases[phrase] = self._known.setdefault(value, len(self._known))
        return number


def _read(phrase: str, read: ReadFigure) -> Hashable:
    try:
        value = read(phrase)
    except InputError:
        value = None
    return ("unread", phrase.casefold()) if value is None else ("read", value)
