"""How spans are shaped: what the marks of a corpus have in common, and predicted spans brought into that shape.

A network tags unit by unit and knows none of the habits that a whole span keeps. What is never seen in the training
bulletins (two sources side by side with nothing between them, a place that begins with a full stop, a bracket that is
opened and not closed) is a slip of the tagger, and is mended where the spans are made. Nothing is assumed: a corpus
that marks such spans teaches a shape that allows them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from workbench.core.corpus import Entry
from workbench.core.span import Span

# Marks that separate; a currency sign, a percent sign or the full stop of "U.S." belongs to what it stands at.
_BEFORE, _AFTER = ".,;:)]}-–—/", ",;:([{-–—/"
# With fewer spans, what was not seen says little. What one span in twenty does may be an annotator's slip.
_ENOUGH, _RARE = 200, 0.05


@dataclass(frozen=True, slots=True)
class Shape:
    """`joined`: labels of which no two spans stand side by side, with only white space between. `before`, `after`:
    separating characters with which no span begins, ends. `balanced`: whether brackets in a span are closed there."""

    joined: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    balanced: bool = False


ANY_SHAPE = Shape()


def shape_of(entries: Iterable[Entry]) -> Shape:
    """The shape of a corpus' spans; ANY_SHAPE where there are too few to tell."""
    seen: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    first: set[str] = set()
    last: set[str] = set()
    bracketed = unbalanced = 0
    for entry in entries:
        text, spans = entry.document.text, sorted(entry.spans)
        for span in spans:
            words = text[span.start : span.end]
            seen[span.label] += 1
            first.add(words[0])
            last.add(words[-1])
            bracketed += "(" in words or ")" in words
            unbalanced += words.count("(") != words.count(")")
        for left, right in pairwise(spans):
            beside[left.label] += left.label == right.label and _touch(text, left, right)
    if seen.total() < _ENOUGH:
        return ANY_SHAPE
    return Shape(
        joined=tuple(sorted(label for label, count in seen.items() if beside[label] <= _RARE * count)),
        before="".join(mark for mark in _BEFORE if mark not in first),
        after="".join(mark for mark in _AFTER if mark not in last),
        balanced=unbalanced <= _RARE * bracketed,
    )


def shaped(spans: Sequence[Span], text: str, shape: Shape) -> tuple[Span, ...]:
    """Flat spans in text order, brought into the shape; one of which nothing is left is dropped."""
    if shape == ANY_SHAPE:
        return tuple(spans)
    kept: list[Span] = []
    for span in _joined(spans, text, shape):
        bounds = _bounds(span, text, shape)
        if bounds is not None:
            kept.append(span if bounds == (span.start, span.end) else replace(span, start=bounds[0], end=bounds[1]))
    return tuple(kept)


def _touch(text: str, left: Span, right: Span) -> bool:
    between = text[left.end : right.start]
    return left.end <= right.start and not between.strip() and "\n" not in between


def _joined(spans: Sequence[Span], text: str, shape: Shape) -> list[Span]:
    kept: list[Span] = []
    for span in spans:
        if kept and kept[-1].label == span.label and span.label in shape.joined and _touch(text, kept[-1], span):
            kept[-1] = _as_one(kept[-1], span)
        else:
            kept.append(span)
    return kept


def _as_one(left: Span, right: Span) -> Span:
    """Both as one span; its score is their geometric mean, weighted by length."""
    score = None
    if left.score is not None and right.score is not None:
        sizes, scores = (left.end - left.start, right.end - right.start), (left.score, right.score)
        logs = [size * math.log(max(each, 1e-12)) for size, each in zip(sizes, scores, strict=True)]
        score = min(1.0, math.exp(sum(logs) / sum(sizes)))
    return Span(left.start, right.end, left.label, score)


def _bounds(span: Span, text: str, shape: Shape) -> tuple[int, int] | None:
    """Start and end without what no span of the shape has; None where nothing is left."""
    start, end = span.start, span.end
    while True:
        was = start, end
        while start < end and (text[start] in shape.before or text[start].isspace()):
            start += 1
        while start < end and (text[end - 1] in shape.after or text[end - 1].isspace()):
            end -= 1
        if shape.balanced:
            start, end = _balanced(text, start, end)
        if start >= end:
            return None
        if (start, end) == was:
            return was


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the tail from a "(" that is not closed, or without a last ")" that was not opened."""
    open_at: list[int] = []
    for place in range(start, end):
        if text[place] == "(":
            open_at.append(place)
        elif text[place] == ")":
            if not open_at:
                return (start, place) if place == end - 1 else (start, end)
            open_at.pop()
    return (start, open_at[0]) if open_at else (start, end)
