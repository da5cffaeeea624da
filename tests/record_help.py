"""Bulletins of the tests of records, written with their labels."""

import re

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.span import Span

# [text|LABEL] marks a span; the short names keep the bulletins readable.
_LABELS = {
    "A": "EVENT_ATTACK", "X": "EVENT_EXPLOSION", "D": "EVENT_DETENTION", "K": "FIGURE_KILLED", "I": "FIGURE_INJURED",
    "C": "FIGURE_DETAINED", "T": "TARGET", "P": "ACTOR", "L": "LOCATION", "W": "DATE", "S": "SOURCE",
    "R": "FIGURE_RETURNED", "B": "EVENT_RETURN",
}  # fmt: skip


def entry(name: str, marked: str, published: str | None = None) -> Entry:
    """A bulletin written as "A [blast|X] killed [six|K] [people|T]."."""
    text, spans = "", []
    for piece in re.split(r"(\[[^]]*\])", marked):
        if piece.startswith("["):
            surface, label = piece[1:-1].rsplit("|", 1)
            spans.append(Span(len(text), len(text) + len(surface), _LABELS[label]))
            text += surface
        else:
            text += piece
    return Entry(Document(name, text, published), Annotation(tuple(spans)))


FIRST = entry(
    "b-1",
    "A [blast|X] killed [six|K] [people|T] in [Peshawar|L] on [Tuesday|W], [Police|S] said. "
    "The [explosion|X] wounded [at least 14|I].",
    "2024-05-08",
)
LATER = entry(
    "b-2",
    "The death toll of [Tuesday|W]'s [blast|X] in [Peshawar|L] rose to [nine|K], [Police|S] said.",
    "2024-05-09",
)
OTHER = entry("b-3", "A [blast|X] killed [two|K] [people|T] in [Quetta|L] on [Tuesday|W].", "2024-05-08")
