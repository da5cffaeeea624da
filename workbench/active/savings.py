"""What a strategy saves: curves of F1 against labelled bulletins, their areas, and how sure it is that they differ.

Intervals are t intervals over the seeds. Seeds deal the same corpus, so what they learn from and are scored on
overlaps, and a plain t interval would be too narrow: the variance of the mean is s² (1/J + held / (1 - held)) after
Nadeau and Bengio (2003), "Inference for the Generalization Error", where J is the number of seeds. Strategies are
compared seed by seed, on the same held-out bulletins and from the same beginning.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.active.replay import RANDOM, Plan, Step


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and its 95 % interval; of one seed there is none, and both bounds are None."""

    mean: float
    low: float | None
    high: float | None

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class Saving:
    """What it takes to be as good as the random order is with `documents` bulletins, seed by seed.

    `needs` are the bulletins at which a strategy first has the F1 that the random order of the same seed has there;
    `saves` how many fewer than the random order itself, which may have had it earlier. `never` seeds end without it;
    they count as if they had it at their end, so what they save is told too kindly.
    """

    documents: int
    f1: float
    needs: Estimate
    saves: Estimate
    never: int = 0


@dataclass(frozen=True)
class Curve:
    """One strategy: F1 at each size, and the area under it as a share, which is the mean F1 from first to last size.

    `gain` is the area less that of the random order; `savings` are told for the F1 that the random order has with half
    of the bulletins, and with all. The random order has neither.
    """

    strategy: str
    sizes: tuple[int, ...]
    f1: tuple[Estimate, ...]
    area: Estimate
    gain: Estimate | None
    savings: tuple["Saving", ...]


@dataclass(frozen=True)
class Simulation:
    """What a replay came to, how its steps learned, in words, and the file that holds them."""

    curves: tuple[Curve, ...]
    steps: tuple[Step, ...]
    learner: str
    plan: Plan
    documents: int
    results: Path


def curves_of(steps: Sequence[Step], *, held: float) -> list[Curve]:
    """The curve of each strategy, in order of first appearance. Every one, random among them, has the same seeds and
    sizes; `held` is the share of the corpus that was scored on."""
    sizes = sorted({step.documents for step in steps})
    seeds = sorted({step.seed for step in steps})
    f1 = {(step.strategy, step.seed, step.documents): step.f1 for step in steps}
    names = list(dict.fromkeys(step.strategy for step in steps))
    # [seeds, sizes] for each strategy
    tables = {name: np.array([[f1[name, seed, size] for size in sizes] for seed in seeds]) for name in names}
    areas = {name: [area(sizes, row) for row in table.tolist()] for name, table in tables.items()}
    return [
        Curve(
            strategy=name,
            sizes=tuple(sizes),
            f1=tuple(estimate(column, held=held) for column in table.T.tolist()),
            area=estimate(areas[name], held=held),
            gain=None
            if name == RANDOM
            else estimate([own - other for own, other in zip(areas[name], areas[RANDOM], strict=True)], held=held),
            savings=()
            if name == RANDOM
            else tuple(
                saving(sizes, table.tolist(), tables[RANDOM].tolist(), place, held=held)
                for place in _half_and_whole(sizes)
            ),
        )
        for name, table in tables.items()
    ]


def saving(
    sizes: Sequence[int], own: Sequence[Sequence[float]], random: Sequence[Sequence[float]], place: int, *, held: float
) -> Saving:
    """What a strategy saves for the F1 that the random order has at `sizes[place]`; F1 by seed and size."""
    targets = [row[place] for row in random]
    reached = [reaches(sizes, row, target) for row, target in zip(own, targets, strict=True)]
    needs = [sizes[-1] if size is None else size for size in reached]
    others = [reaches(sizes, row, target) or sizes[place] for row, target in zip(random, targets, strict=True)]
    return Saving(
        documents=sizes[place],
        f1=float(np.mean(targets)),
        needs=estimate(needs, held=held),
        saves=estimate([other - need for other, need in zip(others, needs, strict=True)], held=held),
        never=reached.count(None),
    )


def _half_and_whole(sizes: Sequence[int]) -> list[int]:
    """The places of the first size that is half of the last or more, and of the last."""
    half = next(place for place, size in enumerate(sizes) if size >= sizes[-1] / 2)
    return sorted({half, len(sizes) - 1})


def estimate(values: Sequence[float], *, held: float) -> Estimate:
    """The mean of one value a seed, with its interval; see the module."""
    from scipy.special import stdtrit

    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(mean, None, None)
    spread = float(np.std(values, ddof=1)) * math.sqrt(1 / len(values) + held / (1 - held))
    half = float(stdtrit(len(values) - 1, 0.975)) * spread
    return Estimate(mean, mean - half, mean + half)


def area(sizes: Sequence[int], f1: Sequence[float]) -> float:
    """The area under a curve by trapezoids, divided by its width."""
    return float(np.trapezoid(f1, sizes)) / (sizes[-1] - sizes[0])


def reaches(sizes: Sequence[int], f1: Sequence[float], target: float) -> int | None:
    """The bulletins at which a curve, straight between its points, first has `target`; None where it never has."""
    if f1[0] >= target:
        return sizes[0]
    for place in range(1, len(sizes)):
        if f1[place] >= target:
            part = (target - f1[place - 1]) / (f1[place] - f1[place - 1])
            # Rounded before it is rounded up: 40.000000001 bulletins are forty.
            return math.ceil(round(sizes[place - 1] + part * (sizes[place] - sizes[place - 1]), 6))
    return None


def verdict(curve: Curve) -> str:
    """In a sentence, what the strategy is worth against the random order."""
    gain = curve.gain
    if gain is None:
        return f"{curve.strategy}: what the others are held up against"
    if gain.low is None or gain.high is None:
        return f"{curve.strategy}: one seed says nothing of chance; mean F1 {gain.mean:+.3f} against random order"
    what = "better" if gain.mean > 0 else "worse"
    what = f"{what} than random order" if gain.beyond_chance else "no difference from random order beyond chance"
    between = f"mean F1 {gain.mean:+.3f}, 95 % {gain.low:+.3f} to {gain.high:+.3f}"
    return f"{curve.strategy}: {what} ({between}); {', '.join(map(_saved, curve.savings))}"


def _saved(found: Saving) -> str:
    """What is saved of one size, and whether it may be chance."""
    number = round(found.saves.mean)
    what = f"of {found.documents} bulletins {'costs' if number < 0 else 'saves'} {abs(number)}"
    if found.saves.low is None or found.saves.high is None:
        return what
    notes = [f"{round(found.saves.low)} to {round(found.saves.high)}"]
    if not found.saves.beyond_chance:
        notes.append("may be chance")
    if found.never:
        notes.append(f"{found.never} seed{'s' if found.never > 1 else ''} never got there")
    return f"{what} ({', '.join(notes)})"
