"""A difference in its context: a stretch of the text, cut into pieces that each have the same spans over them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.core.span import Span
from workbench.core.text import text_hash
from workbench.score.mismatch import Mismatch

AROUND = 110  # code points shown on either side of a difference

# What people call the kinds of score.mismatch when the first side is gold and the second predicted.
ERRORS = {
    "only first": "missed",
    "only second": "spurious",
    "label": "wrong label",
    "boundary": "wrong boundary",
    "label and boundary": "wrong label and boundary",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text under the same spans: the label to colour it by (of the shortest span), whether it belongs to
    the difference itself, and the spans that end with it, whose names are written behind it."""

    text: str
    label: str | None = None
    focus: bool = False
    ending: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Side:
    """What one side marked in the stretch."""

    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Card:
    """One difference as it is shown. `labels` are those of either side, for the filter."""

    number: int
    id: str
    kind: str
    labels: tuple[str, ...]
    first: str | None
    second: str | None
    sides: tuple[Side, Side]

    @property
    def anchor(self) -> str:
        """A name for links to it, made of letters and digits alone."""
        return f"e{self.number}-{text_hash(self.id)[:6]}"


def cards(
    differing: Iterable[Mismatch], spans: Sequence[dict[str, tuple[Span, ...]]], names: tuple[str, str]
) -> Iterator[Card]:
    """A card each. `spans` holds all spans of the first and of the second side, by document id."""
    for number, one in enumerate(differing, start=1):
        low, high = stretch(one)
        sides = [
            Side(name, pieces(one.document.text, low, high, everything[one.document.id], focus))
            for name, everything, focus in zip(names, spans, (one.first, one.second), strict=True)
        ]
        first, second = (span.label if span else None for span in (one.first, one.second))
        yield Card(
            number=number,
            id=one.document.id,
            kind=one.kind,
            labels=tuple(dict.fromkeys(label for label in (first, second) if label)),
            first=first,
            second=second,
            sides=(sides[0], sides[1]),
        )


def stretch(one: Mismatch) -> tuple[int, int]:
    """Where the context begins and ends: some way around the difference, not within a word."""
    spans = [span for span in (one.first, one.second) if span is not None]
    text, low, high = one.document.text, min(s.start for s in spans) - AROUND, max(s.end for s in spans) + AROUND
    if low > 0:
        space = text.find(" ", low, low + 20)
        low = low if space < 0 else space + 1
    if high < len(text):
        space = text.rfind(" ", high - 20, high)
        high = high if space < 0 else space
    return max(low, 0), min(high, len(text))


def pieces(text: str, low: int, high: int, spans: Iterable[Span], focus: Span | None) -> tuple[Piece, ...]:
    """text[low:high], cut wherever a span begins or ends; their texts joined give the stretch back, with an ellipsis
    where it was cut off. Spans may overlap, be nested, or reach beyond the stretch."""
    within = sorted(span for span in spans if span.start < high and span.end > low)
    edges = sorted({low, high} | {edge for s in within for edge in (s.start, s.end) if low < edge < high})
    found = []
    for start, end in pairwise(edges):
        over = [span for span in within if span.start <= start and end <= span.end]
        shortest = min(over, key=lambda span: span.end - span.start, default=None)
        found.append(
            Piece(
                text=text[start:end],
                label=shortest.label if shortest else None,
                focus=focus is not None and focus in over,
                ending=tuple(span for span in over if min(span.end, high) == end),
            )
        )
    return (
        *([Piece("…")] if low > 0 else []),
        *found,
        *([Piece("…")] if high < len(text) else []),
    )
