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


def plot_curves(sizes: Sequence[int], curves: Sequence[tuple[str, Sequence[float]]], *, height: int = 12) -> list[str]:
    """Lines of a plot of several curves with the same sizes: at each size a column for every curve, side by side, so
    that none hides another. Curves are drawn as letters, which the last lines explain."""
    floor, top = min(min(values) for _, values in curves), max(max(values) for _, values in curves)
    step = (top - floor) / (height - 1) or 1.0
    width = max(len(curves), *(len(str(size)) for size in sizes)) + 2
    lines = []
    for level in reversed(range(height)):
        cells = (
            "".join(
                chr(ord("a") + number) if round((values[place] - floor) / step) == level else " "
                for number, (_, values) in enumerate(curves)
            )
            for place in range(len(sizes))
        )
        lines.append(f"{floor + level * step:6.3f} ┤{''.join(cell.ljust(width) for cell in cells)}".rstrip())
    lines.append(f"{'':6} └{'─' * (width * len(sizes))}")
    lines.append(f"{'':8}{''.join(str(size).ljust(width) for size in sizes)}".rstrip())
    return [*lines, *(f"{'':8}{chr(ord('a') + number)} {name}" for number, (name, _) in enumerate(curves))]
