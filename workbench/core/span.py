"""Spans and relations: frozen values, checked when made."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter

from workbench.core.errors import InputError
from workbench.core.text import brief


@dataclass(frozen=True, slots=True, order=True, init=False)
class Span:
    """A labelled stretch of text: `text[start:end]`, in code points, end exclusive, never empty.

    Two spans are equal when start, end and label are; `score` (a probability, 0 to 1) does not count, nor do
    `choices`: what the annotator chose for this span, as (name, value) pairs (see schema.Choice).
    Raises InputError for a reversed, empty or negative span, an empty label, or a score outside 0 to 1.
    """

    start: int
    end: int
    label: str
    score: float | None = field(default=None, compare=False)
    choices: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    # Written by hand because corpora hold hundreds of thousands: half the time of what dataclass would write.
    def __init__(
        self,
        start: int,
        end: int,
        label: str,
        score: float | None = None,
        choices: tuple[tuple[str, str], ...] = (),
    ) -> None:
        # Exact types, so that True is no offset.
        if not (type(start) is int and type(end) is int):
            name, value = ("end", end) if type(start) is int else ("start", start)
            raise InputError(f"a span's {name} is {brief(value)}; expected a whole number of code points")
        if not 0 <= start < end:
            raise InputError(f"a span runs from {brief(start)} to {brief(end)}; expected 0 <= start < end")
        if not isinstance(label, str) or not label:
            raise InputError(f"a span has the label {brief(label)}; expected a name")
        if score is not None and not 0.0 <= score <= 1.0:
            raise InputError(f"a span has the score {brief(score)}; expected a probability from 0 to 1")
        _set_start(self, start)
        _set_end(self, end)
        _set_label(self, label)
        _set_score(self, score)
        _set_choices(self, choices)

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share at least one code point."""
        return self.start < other.end and other.start < self.end


# How the slots of a frozen value are filled, once.
_set_start, _set_end, _set_label, _set_score, _set_choices = (vars(Span)[name].__set__ for name in Span.__slots__)
# What two spans are compared by, for many at once: (start, end, label).
span_key = attrgetter("start", "end", "label")


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A directed link between two spans of one annotation, by their positions in its `spans`."""

    source: int
    target: int
    type: str

    def __post_init__(self) -> None:
        if self.source == self.target:
            raise InputError(f"a relation links span {brief(self.source)} with itself; expected two spans")
        if min(self.source, self.target) < 0 or not self.type:
            raise InputError(
                f"a relation is {brief(self.source)} -> {brief(self.target)} {brief(self.type)}; "
                "expected positions and a type"
            )


def overlapping_pairs(spans: Iterable[Span]) -> Iterator[tuple[Span, Span]]:
    """Pairs of spans that share a code point, in text order; each span is paired with the reach before it."""
    reach: Span | None = None
    for span in sorted(spans):
        if reach is not None and span.start < reach.end:
            yield reach, span
        if reach is None or span.end > reach.end:
            reach = span
