"""Krippendorff's alpha for units (alpha-U): agreement on where units lie, each label a continuum of its own.

Source: K. Krippendorff, Content Analysis, 2nd edition (2004), pages 251 to 256. Every document is a stretch of the
continuum that units do not cross, so gaps end with their document and the order of documents does not count.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, permutations

from workbench.core.span import Span

# A unit or a gap: start, end, and whether it is a unit.
Section = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Observed and expected disagreement of one label; alpha is one less their ratio."""

    observed: float
    expected: float


def alpha_u(disagreements: Sequence[Disagreement | None]) -> float | None:
    """alpha-U over one label, or over several together; None where none of them varies."""
    defined = [one for one in disagreements if one is not None]
    expected = sum(one.expected for one in defined)
    return 1 - sum(one.observed for one in defined) / expected if expected > 0 else None


def disagreement(lengths: Sequence[int], units: Sequence[Sequence[Sequence[Span]]]) -> Disagreement | None:
    """Disagreement on one label. `lengths` of the documents; `units` by annotator, then document.

    Units of one annotator that overlap or touch within a document count as their union only where they overlap.
    None where nobody marked anything, or everybody everything: without variation agreement means nothing.
    """
    continuum = sum(lengths)
    sections = [
        [_sections(length, spans) for length, spans in zip(lengths, annotator, strict=True)] for annotator in units
    ]
    marked = [end - start for annotator in sections for some in annotator for start, end, unit in some if unit]
    if not marked or sum(marked) == len(units) * continuum or len(units) < 2:
        return None
    observers = len(units)
    seen = sum(
        _observed(mine, other)
        for first, second in permutations(sections, 2)
        for mine, other in zip(first, second, strict=True)
    )
    gaps = [end - start for annotator in sections for some in annotator for start, end, unit in some if not unit]
    return Disagreement(
        observed=seen / (observers * (observers - 1) * continuum**2),
        expected=_expected(marked, gaps, observers, continuum),
    )


def _sections(length: int, spans: Sequence[Span]) -> list[Section]:
    """Units and the gaps around them, in order, covering the document; overlapping units become one."""
    found: list[Section] = []
    at = 0
    for span in sorted(spans):
        if found and span.start < at:
            start, end, _ = found.pop()
            found.append((start, max(end, span.end), True))
        else:
            if span.start > at:
                found.append((at, span.start, False))
            found.append((span.start, span.end, True))
        at = found[-1][1]
    if at < length:
        found.append((at, length, False))
    return found


def _observed(mine: list[Section], other: list[Section]) -> int:
    """Squared differences of one annotator's units against another's sections of a document.

    A unit against each unit it overlaps: the squares of how far starts and ends lie apart. A unit inside a gap: its
    squared length, twice, as the definition counts a unit in a gap and a gap around a unit.
    """
    total = 0
    for start, end, unit in mine:
        if not unit:
            continue
        for b_start, b_end, b_unit in other:
            if b_unit and start < b_end and b_start < end:
                total += (start - b_start) ** 2 + (end - b_end) ** 2
            elif not b_unit and b_start <= start and end <= b_end:
                total += 2 * (end - start) ** 2
    return total


def _expected(marked: list[int], gaps: list[int], observers: int, continuum: int) -> float:
    """What chance would bring: every unit against every other, and against every gap that it fits into."""
    gaps = sorted(gaps)
    behind = list(accumulate(reversed(gaps), initial=0))
    total = 0.0
    for length in marked:
        fitting = len(gaps) - bisect_left(gaps, length)
        places = behind[fitting] - fitting * (length - 1)
        total += (len(marked) - 1) / 3 * (2 * length**3 - 3 * length**2 + length) + length**2 * places
    pairs = observers * continuum * (observers * continuum - 1) - sum(length * (length - 1) for length in marked)
    return 2 / continuum * total / pairs
