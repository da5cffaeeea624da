"""Where the marks of a chart stand, in the units of an SVG viewBox; the template draws them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.report.contents import Point
from workbench.score.calibration import Calibration
from workbench.score.history import Run

# Narrow enough that its letters can still be read when a phone shrinks it.
WIDTH, HEIGHT = 440, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 26, 42


@dataclass(frozen=True, slots=True)
class Mark:
    """A point with its error bar, and what a pointer over it says."""

    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart ready to draw; `description` says in words what it shows."""

    title: str
    description: str
    marks: tuple[Mark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_name: str
    y_name: str
    joined: bool = True
    diagonal: tuple[float, float, float, float] | None = None

    @property
    def line(self) -> str:
        """The points of the line through the marks."""
        return " ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in self.marks)


def history_charts(runs: Sequence[Run]) -> list[Chart]:
    """A chart for each data set that two runs or more were scored on, the one used last first."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        if run.f1 is not None:
            groups.setdefault(run.data_hash, []).append(run)
    latest = sorted(groups.values(), key=lambda group: -(group[-1].id or 0))
    return [_history_chart(group) for group in latest if len(group) > 1]


def _history_chart(runs: Sequence[Run]) -> Chart:
    values = [(run.f1 or 0.0, *bounds(run)) for run in runs]
    floor, top, y_ticks = scale([v for row in values for v in row])
    xs = _spread(len(runs))
    marks = tuple(
        Mark(
            x,
            y_at(f1, floor, top),
            y_at(low, floor, top),
            y_at(high, floor, top),
            f"run {run.id}, {run.name}, {run.recorded[:10]}: F1 {f1:.3f}, 95 % {low:.3f} to {high:.3f}",
        )
        for run, x, (f1, low, high) in zip(runs, xs, values, strict=True)
    )
    step = math.ceil(len(runs) / 10)
    first, last = runs[0], runs[-1]
    return Chart(
        title=f"Strict F1 by run, on data {last.data_hash[:6]} ({last.summary['documents']} bulletins)",
        description=(
            f"{len(runs)} runs on the same data: F1 {first.f1:.3f} in run {first.id} of {first.recorded[:10]}, "
            f"{last.f1:.3f} in run {last.id} of {last.recorded[:10]}; bars are 95 % intervals."
        ),
        marks=marks,
        x_ticks=tuple(Tick(x, str(run.id)) for run, x in list(zip(runs, xs, strict=True))[::step]),
        y_ticks=y_ticks,
        x_name="run",
        y_name="F1",
    )


def bounds(run: Run) -> tuple[float, float]:
    """The interval of a run's F1; the F1 itself twice where there was too little gold for one."""
    interval = run.summary["strict"].get("interval")
    return (interval[0], interval[1]) if interval else (run.f1 or 0.0, run.f1 or 0.0)


def reliability_chart(calibration: Calibration) -> Chart:
    """Score against share of right spans; on the diagonal scores mean what they say."""
    marks = tuple(
        Mark(
            x_at(band.mean_score, 0, 1),
            y_at(band.share_right, 0, 1),
            y_at(band.interval.low, 0, 1),
            y_at(band.interval.high, 0, 1),
            f"scores {band.low:.1f} to {band.high:.1f}: {band.right} of {band.spans} right, "
            f"mean score {band.mean_score:.2f}",
        )
        for band in calibration.bands
    )
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    return Chart(
        title="Reliability: score against share of right spans",
        description=(
            f"{calibration.spans:,} scored spans in {len(marks)} bands; expected calibration error "
            f"{calibration.error or 0:.3f}. Points under the diagonal: the model is surer than it is right."
        ),
        marks=marks,
        x_ticks=tuple(Tick(x_at(value, 0, 1), f"{value:g}") for value in ticks),
        y_ticks=tuple(Tick(y_at(value, 0, 1), f"{value:g}") for value in ticks),
        x_name="score",
        y_name="right",
        diagonal=(x_at(0, 0, 1), y_at(0, 0, 1), x_at(1, 0, 1), y_at(1, 0, 1)),
    )


def curve_chart(points: Sequence[Point]) -> Chart:
    """F1 against the number of bulletins learned from."""
    rows = [(p.f1, p.f1 if p.low is None else p.low, p.f1 if p.high is None else p.high) for p in points]
    floor, top, y_ticks = scale([value for row in rows for value in row])
    most = points[-1].documents
    marks = tuple(
        Mark(
            x_at(point.documents, 0, most),
            y_at(f1, floor, top),
            y_at(low, floor, top),
            y_at(high, floor, top),
            f"{point.documents} bulletins: F1 {point.f1:.3f}",
        )
        for point, (f1, low, high) in zip(points, rows, strict=True)
    )
    return Chart(
        title="Learning curve: strict F1 by bulletins learned from",
        description=f"From {points[0].documents} bulletins with F1 {points[0].f1:.3f} to {most} with "
        f"{points[-1].f1:.3f}.",
        marks=marks,
        x_ticks=tuple(Tick(mark.x, str(point.documents)) for mark, point in zip(marks, points, strict=True)),
        y_ticks=y_ticks,
        x_name="bulletins",
        y_name="F1",
    )


def x_at(value: float, low: float, high: float) -> float:
    """Where a value of an axis from `low` to `high` stands."""
    return LEFT + (value - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)


def y_at(value: float, low: float, high: float) -> float:
    """Where a value of an axis from `low` to `high` stands; the drawing counts from the top."""
    return HEIGHT - BOTTOM - (value - low) / ((high - low) or 1) * (HEIGHT - TOP - BOTTOM)


def _spread(many: int) -> list[float]:
    """Places side by side, half a step from either edge."""
    step = (WIDTH - LEFT - RIGHT) / many
    return [LEFT + step * (place + 0.5) for place in range(many)]


def scale(values: Sequence[float]) -> tuple[float, float, tuple[Tick, ...]]:
    """Lowest and highest of an axis of scores, in steps that people count in, and its ticks."""
    spread = max(values) - min(values)
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5) if spread / step <= 5 or step == 0.5)
    floor = max(0.0, math.floor(min(values) / step - 1e-9) * step)
    top = min(1.0, math.ceil(max(values) / step + 1e-9) * step)
    many = max(1, round((top - floor) / step))
    levels = [floor + step * place for place in range(many + 1)]
    return floor, floor + step * many, tuple(Tick(y_at(v, floor, floor + step * many), f"{v:.2f}") for v in levels)
