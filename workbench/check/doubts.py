"""Likely label errors of a corpus: stretches whose label models that never saw their bulletin find improbable.

Which ones is decided unit by unit (see confident.likely), and told in stretches: a whole span where most of it is
doubted alike, else the units that are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.check.confident import Floats, Ints, likely, own
from workbench.check.finding import Finding
from workbench.check.rows import Placed
from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.span import Span

# A unit that a span cuts in two bears neither its label nor none.
UNKNOWN = -1


@dataclass(frozen=True)
class Reading:
    """What a model that never saw a bulletin makes of it.

    `starts`, `ends` [units]: the pieces that it labels, in code points, half open, in order. `probs`
    [units, 1 + labels]: the probability that a piece has no label, then of each label of the schema.
    """

    starts: Ints
    ends: Ints
    probs: Floats


@dataclass(frozen=True, slots=True)
class Doubt:
    """A stretch of the entry at place `row`, its label and the likely one (None: no label).

    `score` is the probability of the given label, `against` that of the likely one, means over the units. The lower
    the score, the more suspicious: of injected errors more came first so than by the margin of the two.
    """

    row: int
    start: int
    end: int
    given: str | None
    likely: str | None
    score: float
    against: float


def find_doubts(entries: Sequence[Entry], readings: Sequence[Reading], labels: Sequence[str]) -> list[Doubt]:
    """The likely label errors of labelled entries, the most suspicious first.

    Raises InputError where the readings are not of these entries.
    """
    if len(entries) != len(readings) or any(
        len(r.ends) and r.ends[-1] > len(e.document.text) for e, r in zip(entries, readings, strict=False)
    ):
        raise InputError("the out-of-fold probabilities are of other bulletins; make them again for these")
    given = [_given(entry.spans, reading, labels) for entry, reading in zip(entries, readings, strict=True)]
    known = np.concatenate([each != UNKNOWN for each in given]) if given else np.zeros(0, dtype=bool)
    if not known.any():
        return []
    flat = np.concatenate(given)
    answer = np.full(len(flat), UNKNOWN, dtype=np.int64)
    answer[known] = likely(flat[known], np.concatenate([r.probs for r in readings])[known])
    answers = np.split(answer, np.cumsum([len(each) for each in given])[:-1])
    rows = zip(entries, readings, given, answers, strict=True)
    found = [doubt for row, parts in enumerate(rows) for doubt in _of_entry(row, *parts, labels)]
    return sorted(found, key=lambda doubt: (doubt.score, doubt.row, doubt.start))


def finding(placed: Placed, doubt: Doubt) -> Finding:
    """A doubt about the entry that it is of, as a finding."""
    given, other = (label or "no label" for label in (doubt.given, doubt.likely))
    message = f"{given} here, {other} is likely ({doubt.score:.3f} against {doubt.against:.3f})"
    details = {
        "text": placed.entry.document.text[doubt.start : doubt.end],
        "given": doubt.given,
        "likely": doubt.likely,
        "score": round(doubt.score, 6),
        "against": round(doubt.against, 6),
    }
    return replace(placed.finding("label-error", message, start=doubt.start, end=doubt.end), details=details)


def corrected(entry: Entry, doubts: Sequence[Doubt]) -> tuple[Span, ...]:
    """An entry's spans with the likely labels in place of the doubted ones; what is added beside its like joins it."""
    text, kept = entry.document.text, list(entry.spans)
    for doubt in doubts:
        kept = [part for span in kept for part in _without(span, doubt, text)]
        if doubt.likely is not None:
            kept = _with(kept, Span(doubt.start, doubt.end, doubt.likely), text)
    return tuple(sorted(kept))


def _without(span: Span, doubt: Doubt, text: str) -> Iterator[Span]:
    """What is left of a span before and behind the doubted stretch."""
    if span.end <= doubt.start or doubt.end <= span.start:
        yield span
        return
    for start, end in ((span.start, doubt.start), (doubt.end, span.end)):
        part = text[start:end]
        if part.strip():
            first = start + len(part) - len(part.lstrip())
            yield replace(span, start=first, end=first + len(part.strip()))


def _with(kept: Sequence[Span], new: Span, text: str) -> list[Span]:
    """The spans and a new one, which takes in those of its label that only spaces part from it."""
    beside = [
        span
        for span in kept
        if span.label == new.label and not text[min(span.end, new.end) : max(span.start, new.start)].strip()
    ]
    whole = replace(new, start=min(s.start for s in (new, *beside)), end=max(s.end for s in (new, *beside)))
    return [span for span in kept if span not in beside] + [whole]


def _given(spans: Sequence[Span], reading: Reading, labels: Sequence[str]) -> Ints:
    """The class of each unit, 0 for no label; UNKNOWN where a span's edge cuts it."""
    number = {label: place for place, label in enumerate(labels, start=1)}
    classes = np.zeros(len(reading.starts), dtype=np.int64)
    for span in spans:
        first, last = _touched(span, reading)
        classes[first:last] = number[span.label]
        if first < last and reading.starts[first] < span.start:
            classes[first] = UNKNOWN
        if first < last and reading.ends[last - 1] > span.end:
            classes[last - 1] = UNKNOWN
    return classes


def _touched(span: Span, reading: Reading) -> tuple[int, int]:
    """First and last (exclusive) unit that a span touches."""
    return int(np.searchsorted(reading.ends, span.start, side="right")), int(
        np.searchsorted(reading.starts, span.end, side="left")
    )


def _of_entry(
    row: int, entry: Entry, reading: Reading, given: Ints, answer: Ints, labels: Sequence[str]
) -> Iterator[Doubt]:
    answer = answer.copy()
    for span in entry.spans:
        # Most of a span doubted alike: the span is in doubt as a whole.
        first, last = _touched(span, reading)
        voted = np.bincount(answer[first:last][answer[first:last] >= 0], minlength=1)
        if 2 * voted.max(initial=0) > last - first and voted.argmax() != given[first:last].max(initial=0):
            answer[first:last] = np.where(given[first:last] == UNKNOWN, UNKNOWN, voted.argmax())
    names = (None, *labels)
    owner = np.zeros(len(given), dtype=np.int64)
    for place, span in enumerate(entry.spans, start=1):
        owner[slice(*_touched(span, reading))] = place
    doubted = np.flatnonzero((answer != given) & (given != UNKNOWN)).tolist()
    for units in _runs(doubted, lambda unit: (owner[unit], given[unit], answer[unit])):
        here = slice(units[0], units[-1] + 1)
        yield Doubt(
            row,
            int(reading.starts[here][0]),
            int(reading.ends[here][-1]),
            names[given[units[0]]],
            names[answer[units[0]]],
            float(own(given[here], reading.probs[here]).mean()),
            float(own(answer[here], reading.probs[here]).mean()),
        )


def _runs(units: Sequence[int], key: Callable[[int], object]) -> Iterator[list[int]]:
    """Numbers that follow each other and have the same key, together."""
    run: list[int] = []
    for unit in units:
        if run and (unit != run[-1] + 1 or key(unit) != key(run[-1])):
            yield run
            run = []
        run.append(unit)
    if run:
        yield run
