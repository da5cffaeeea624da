"""Two systems on the same documents: how far apart they are, and whether chance would part them as far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.errors import InputError
from workbench.score.columns import Ints
from workbench.score.evaluation import Evaluation
from workbench.score.resample import (
    AT_ONCE,
    RESAMPLES,
    Floats,
    Interval,
    Question,
    ask,
    draws,
    grouped,
    interval_of,
    questions,
    supported,
    totals_of,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """F1 of the second less F1 of the first: as it is, its interval by paired bootstrap, and how likely by chance.

    `p` is two-sided, by approximate randomisation (Noreen 1989), corrected after Holm (1979) over the labels where
    it belongs to one. None where it is undefined or there is too little gold.
    """

    first: float | None
    second: float | None
    interval: Interval | None
    p: float | None

    @property
    def difference(self) -> float | None:
        """F1 of the second less F1 of the first; None where either is undefined."""
        return None if self.first is None or self.second is None else self.second - self.first


def compare_paired(
    first: Evaluation,
    second: Evaluation,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    clusters: Sequence[int] | None = None,
) -> dict[str, Difference]:
    """The strict F1 of two systems on the same documents, for everything that `questions` asks.

    Raises InputError where the two were not scored on the same data with the same labels, or on one document.
    """
    if (first.data_hash, first.labels) != (second.data_hash, second.labels):
        raise InputError(
            f"the two were not scored on the same data (data {first.data_hash} and {second.data_hash}, "
            f"{len(first.labels)} and {len(second.labels)} labels); score both on the same file with the same schema"
        )
    asked = questions(first)
    tables = [grouped(evaluation.tables["strict"], clusters) for evaluation in (first, second)]
    if len(tables[0]) < 2:
        raise InputError(
            "two systems were compared on one document; expected at least two, and better a hundred: "
            "a difference on one says nothing of the next"
        )
    kept = {name: q for name, q in asked.items() if supported(first, q)}
    p = _chances(tables, kept, resamples, seed)
    p |= holm({name: value for name, value in p.items() if name.startswith("label:")})
    spread = _spreads(tables, kept, resamples, seed)
    here = [{name: _point(question, table) for name, question in asked.items()} for table in tables]
    return {name: Difference(here[0][name], here[1][name], spread.get(name), p.get(name)) for name in asked}


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """p values adjusted for their number, step down (Holm 1979): each may be read against the same level."""
    adjusted, so_far = dict[str, float](), 0.0
    for place, name in enumerate(sorted(values, key=lambda name: (values[name], name))):
        so_far = max(so_far, min(1.0, (len(values) - place) * values[name]))
        adjusted[name] = so_far
    return {name: adjusted[name] for name in values}


def _chances(tables: list[Ints], asked: Mapping[str, Question], resamples: int, seed: int) -> dict[str, float]:
    """How often swapping the systems at random, document by document, parts them as far: (hits + 1) / (n + 1)."""
    here = {name: abs(_gap(q, *(t.sum(axis=0, keepdims=True) for t in tables))[0]) for name, q in asked.items()}
    hits, swap = dict.fromkeys(asked, 0), tables[1] - tables[0]
    rng = np.random.default_rng([seed, 1])
    step = max(1, AT_ONCE // len(swap))
    for low in range(0, resamples, step):
        swapped = rng.integers(0, 2, (min(step, resamples - low), len(swap)), dtype=np.int8).astype(np.int64)
        moved = totals_of(swapped, swap)
        first, second = tables[0].sum(axis=0) + moved, tables[1].sum(axis=0) - moved
        for name, question in asked.items():
            # Equal fractions of other counts may part in the last bit; those count as equal.
            hits[name] += int((np.abs(_gap(question, first, second)) >= here[name] - 1e-12).sum())
    return {name: (count + 1) / (resamples + 1) for name, count in hits.items() if not np.isnan(here[name])}


def _spreads(
    tables: list[Ints], asked: Mapping[str, Question], resamples: int, seed: int
) -> dict[str, Interval | None]:
    drawn = {name: np.empty(resamples) for name in asked}
    for rows, weights in draws(len(tables[0]), resamples, seed):
        first, second = (totals_of(weights, table) for table in tables)
        for name, values in drawn.items():
            values[rows] = _gap(asked[name], first, second)
    return {name: interval_of(values) for name, values in drawn.items()}


def _gap(question: Question, first: Floats | Ints, second: Floats | Ints) -> Floats:
    return ask(question, second) - ask(question, first)


def _point(question: Question, table: Ints) -> float | None:
    value = float(ask(question, table.sum(axis=0, keepdims=True))[0])
    return None if np.isnan(value) else value
