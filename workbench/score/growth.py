"""How F1 grows with annotated bulletins: the points of a learning curve, a line through them, and where it leads.

The line is a power law, F1(n) = level - drop * n^-power, as error falls with the amount of training data (Hestness et
al. 2017, "Deep Learning Scaling is Predictable, Empirically"); with the power 0, F1 grows with log n. It is the
one of least squares. All intervals come from one bootstrap, which draws the dev documents for all sizes together, and
each size's runs: they hold what other documents, other parts of the gold and other seeds would have said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.score.columns import Ints
from workbench.score.resample import Floats, Interval, draws, f1_of, interval_of

POWERS = tuple(np.linspace(0.0, 2.0, 41).tolist())
RESAMPLES = 2000
# A power law has three numbers to find; on fewer sizes only log n is asked, and on fewer than this nothing.
_FEWEST, _ENOUGH_FOR_POWERS = 3, 4


@dataclass(frozen=True, slots=True)
class Point:
    """Strict micro F1 of the models that learned from so many documents: the mean over `runs` of them."""

    documents: int
    f1: float
    interval: Interval | None
    runs: int


@dataclass(frozen=True, slots=True)
class Projection:
    """What `more` documents beyond the last point would add to F1, if the curve goes on as it went."""

    more: int
    gain: float
    interval: Interval | None


@dataclass(frozen=True)
class Growth:
    """A learning curve; `projection` is None where there are too few points for one."""

    points: tuple[Point, ...]
    projection: Projection | None


def growth(counts: Mapping[int, Ints], *, more: int = 100, seed: int = 0, resamples: int = RESAMPLES) -> Growth:
    """`counts` holds for each number of training documents (runs, dev documents, 3) tp, fp and fn.

    The dev documents are the same ones, in the same order, for all. Intervals are None for fewer than two of them.
    """
    sizes = sorted(counts)
    means = np.array([np.nanmean(f1_of(counts[size].sum(axis=1))) for size in sizes])
    drawn = resampled([counts[size] for size in sizes], resamples=resamples, seed=seed)
    points = tuple(
        Point(size, float(mean), interval_of(drawn[:, place]) if len(drawn) else None, len(counts[size]))
        for place, (size, mean) in enumerate(zip(sizes, means.tolist(), strict=True))
    )
    if len(sizes) < _FEWEST:
        return Growth(points, None)
    gain = gains(np.array(sizes, dtype=float), means[None], more)[0]
    spread = interval_of(gains(np.array(sizes, dtype=float), drawn, more)) if len(drawn) else None
    return Growth(points, Projection(more, float(gain), spread))


def gains(sizes: Floats, f1: Floats, more: int) -> Floats:
    """What `more` documents add to the last of `sizes` [points], by the best line of each row of `f1` [rows, points].

    F1 is held to grow with data, never to sink, and to stay at or under 1. Returns (rows,).
    """
    powers = POWERS if len(sizes) >= _ENOUGH_FOR_POWERS else POWERS[:1]
    best: Floats = np.zeros(len(f1))
    least: Floats = np.full(len(f1), np.inf)
    ahead = np.append(sizes, sizes[-1] + more)
    for power in powers:
        x = np.log(ahead) if power == 0 else -(ahead**-power)
        level, slope = _line(x[:-1], f1, bounded=power > 0)
        wrong = ((level[:, None] + slope[:, None] * x[:-1] - f1) ** 2).sum(axis=1)
        reached = level + slope * x[-2]
        gained = np.minimum(slope * (x[-1] - x[-2]), np.maximum(1.0 - reached, 0.0))
        better = wrong < least
        best, least = np.where(better, gained, best), np.where(better, wrong, least)
    return best


def _line(x: Floats, f1: Floats, *, bounded: bool) -> tuple[Floats, Floats]:
    """Level and slope, 0 or more, of the least squares in each row; a bounded level, F1 with endless data, is 1 at
    most."""
    centred = x - x.mean()
    slope = np.maximum(f1 @ centred / (centred @ centred), 0.0)
    level = f1.mean(axis=1) - slope * x.mean()
    if bounded:
        high = level > 1.0
        slope = np.where(high, np.maximum((f1 - 1.0) @ x / (x @ x), 0.0), slope)
        level = np.where(high, 1.0, level)
    return level, slope


def resampled(counts: Sequence[Ints], *, resamples: int = RESAMPLES, seed: int = 0) -> Floats:
    """Mean F1 of several groups of runs under each draw of documents, the same for all, and of runs.

    Each of `counts` is (runs, documents, 3) tp, fp and fn, the documents in the same order. Returns (resamples,
    groups), without a row where there are fewer than two documents.
    """
    documents = counts[0].shape[1]
    if documents < 2:
        return np.empty((0, len(counts)))
    rng = np.random.default_rng([seed, 1])
    found = np.empty((resamples, len(counts)))
    for rows, weights in draws(documents, resamples, seed):
        for place, table in enumerate(counts):
            runs = len(table)
            totals = weights @ table.transpose(1, 0, 2).reshape(documents, -1).astype(np.float64)
            f1 = np.nan_to_num(f1_of(totals.reshape(len(weights), runs, 3)))
            chosen = rng.integers(0, runs, (len(weights), runs))
            found[rows, place] = np.take_along_axis(f1, chosen, axis=1).mean(axis=1)
    return found
