"""Curves of several strategies in one chart, and each beside the random order with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.active.savings import Curve, verdict
from workbench.report.charts import Tick, scale, x_at, y_at


@dataclass(frozen=True, slots=True)
class Line:
    """One curve, as points of an SVG polyline; `band` is the polygon of its interval, empty where none is drawn.

    `number` tells the lines apart by colour and dashes; 0 is the random order.
    """

    name: str
    number: int
    points: str
    band: str = ""


@dataclass(frozen=True)
class CurvesChart:
    """A chart of curves ready to draw; `description` says in words what it shows."""

    title: str
    description: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def all_curves(curves: Sequence[Curve]) -> CurvesChart:
    """The mean curves together, without their intervals, which would hide one another."""
    return _chart(
        "Strict F1 by labelled bulletins, all strategies",
        "; ".join(
            f"{curve.strategy} ends at {curve.f1[-1].mean:.3f}, mean F1 {curve.area.mean:.3f}" for curve in curves
        )
        + ".",
        list(enumerate(curves)),
        bands=False,
    )


def against_random(curves: Sequence[Curve]) -> list[CurvesChart]:
    """For each strategy its curve and that of the random order, the first of the curves, with bands of 95 %."""
    return [
        _chart(
            f"{curve.strategy} and random order", f"{verdict(curve)}.", [(0, curves[0]), (number, curve)], bands=True
        )
        for number, curve in enumerate(curves[1:], start=1)
    ]


def _chart(title: str, description: str, curves: Sequence[tuple[int, Curve]], *, bands: bool) -> CurvesChart:
    values = [value for _, curve in curves for value in _values(curve, bands=bands)]
    floor, top, y_ticks = scale(values)
    sizes = curves[0][1].sizes
    xs = [x_at(size, sizes[0], sizes[-1]) for size in sizes]

    def points(heights: Sequence[float], across: Sequence[float] = xs) -> str:
        inside = (min(max(height, floor), top) for height in heights)
        return " ".join(f"{x:.1f},{y_at(height, floor, top):.1f}" for x, height in zip(across, inside, strict=True))

    lines = []
    for number, curve in curves:
        low, high = ([getattr(point, end) for point in curve.f1] for end in ("low", "high"))
        band = f"{points(high)} {points(low[::-1], xs[::-1])}" if bands and low[0] is not None else ""
        lines.append(Line(curve.strategy, number, points([point.mean for point in curve.f1]), band))
    ticks = tuple(Tick(x, str(size)) for x, size in list(zip(xs, sizes, strict=True))[:: -(-len(sizes) // 8)])
    return CurvesChart(title, description, tuple(lines), ticks, y_ticks)


def _values(curve: Curve, *, bands: bool) -> list[float]:
    values = [point.mean for point in curve.f1]
    if bands:
        values += [bound for point in curve.f1 for bound in (point.low, point.high) if bound is not None]
    return [min(max(value, 0.0), 1.0) for value in values]
