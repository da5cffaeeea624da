"""A small plot for the terminal: values over time with their intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A value with its interval, and the short name under it."""

    name: str
    value: float
    low: float
    high: float


def plot(marks: Sequence[Mark], *, height: int = 9) -> Iterator[str]:
    """Lines of a plot, one column a mark, in order; the scale runs from the lowest to the highest bound."""
    if not marks:
        return
    floor, top = min(mark.low for mark in marks), max(mark.high for mark in marks)
    step = (top - floor) / (height - 1) or 1.0
    width = max(len(mark.name) for mark in marks) + 1
    for level in reversed(range(height)):
        cells = (_cell(mark, level, floor, step).center(width) for mark in marks)
        yield f"{floor + level * step:6.3f} ┤{''.join(cells)}".rstrip()
    yield f"{'':6} └{'─' * (width * len(marks))}"
    yield f"{'':8}{''.join(mark.name.center(width) for mark in marks)}".rstrip()


def _cell(mark: Mark, level: int, floor: float, step: float) -> str:
    low, here, high = (round((value - floor) / step) for value in (mark.low, mark.value, mark.high))
    if level == here:
        return "●"
    return "│" if low <= level <= high else " "
