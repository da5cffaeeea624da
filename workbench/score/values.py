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
    known: dict[Hashable, int] = {}
    g_value, p_value = (_values(pairs, spans, read, known) for spans in (gold, predicted))
    edges = overlaps(gold, predicted)
    right = matched(edges.where(g_value[edges.gold] == p_value[edges.predicted]), len(gold), len(predicted))
    return table(gold, predicted, right, shape)


def _values(pairs: Pairs, spans: Columns, read: ReadFigure, known: dict[Hashable, int]) -> Ints:
    """A number for each span, the same for the same value; `known` grows by the values met."""
    found = []
    for document, start, end in zip(spans.document.tolist(), spans.start.tolist(), spans.end.tolist(), strict=True):
        phrase = " ".join(pairs.documents[document].text[start:end].split())
        found.append(known.setdefault(_read(phrase, read), len(known)))
    return np.array(found, dtype=np.int64)


def _read(phrase: str, read: ReadFigure) -> Hashable:
    try:
        value = read(phrase)
    except InputError:
        value = None
    return ("unread", phrase.casefold()) if value is None else ("read", value)
