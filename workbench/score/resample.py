"""How far a score may be trusted: bootstrap and approximate randomisation over documents, never over spans.

Documents are drawn, not spans, because spans of one document are alike. Near-duplicates are alike too: with
`clusters`, all documents of one number are drawn together. Everything is counted in whole numbers and drawn from
the seed alone, so the same seed gives the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputError
from workbench.score.columns import Ints
from workbench.score.evaluation import Evaluation

Floats = npt.NDArray[np.float64]

# Fewer gold spans than this say too little about a label for an interval to mean anything.
TOO_LITTLE_GOLD = 30
# Percentile intervals settle by about this many resamples (Efron and Tibshirani 1993, section 13.3).
RESAMPLES = 2000
# Drawn documents held in memory at once.
AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval of percentiles."""

    low: float
    high: float


@dataclass(frozen=True)
class Question:
    """What is asked of the counts: the cells that are summed, (labels,) of 0 and 1; several for a macro mean."""

    parts: tuple[tuple[int, ...], ...]


def questions(evaluation: Evaluation) -> dict[str, Question]:
    """micro, macro, then group:NAME and label:NAME for every one of the schema's."""
    numbers = {label: number for number, label in enumerate(evaluation.labels)}
    every = tuple(numbers.values())
    asked = {"micro": Question((every,)), "macro": Question(tuple((number,) for number in every))}
    for group, labels in evaluation.groups.items():
        asked[f"group:{group}"] = Question((tuple(numbers[label] for label in labels),))
    return asked | {f"label:{label}": Question(((number,),)) for label, number in numbers.items()}


def f1_of(counts: Floats | Ints) -> Floats:
    """F1 along the last axis of (…, 3) tp, fp and fn; NaN where there is neither gold nor prediction."""
    tp, fp, fn = counts[..., 0], counts[..., 1], counts[..., 2]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = tp / (tp + fp), tp / (tp + fn)
        # The same expression as Counts.f1, so that both have the same last digit.
        f1: Floats = 2 * (precision * recall) / (precision + recall)
    return np.where(tp > 0, f1, np.where(fp + fn > 0, 0.0, np.nan))


def bootstrap(
    evaluation: Evaluation,
    *,
    measure: str = "strict",
    resamples: int = RESAMPLES,
    seed: int = 0,
    clusters: Sequence[int] | None = None,
) -> dict[str, Interval | None]:
    """95 % intervals of F1, for everything that `questions` asks.

    None where there are fewer than TOO_LITTLE_GOLD gold spans to go by, or fewer than two documents (or clusters).
    `clusters` gives each document's number, in the evaluation's order of documents.
    """
    asked = questions(evaluation)
    table = grouped(evaluation.tables[measure], clusters)
    if len(table) < 2:
        return dict.fromkeys(asked)
    support = {name: supported(evaluation, question, measure) for name, question in asked.items()}
    drawn = {name: np.empty(resamples) for name in asked if support[name]}
    for rows, weights in draws(len(table), resamples, seed):
        totals = totals_of(weights, table)
        for name, values in drawn.items():
            values[rows] = ask(asked[name], totals)
    return {name: interval_of(drawn[name]) if name in drawn else None for name in asked}


def supported(evaluation: Evaluation, question: Question, measure: str = "strict") -> bool:
    """Whether there is gold enough to speak of an interval."""
    cells = sorted({cell for part in question.parts for cell in part})
    table = evaluation.tables[measure][:, cells]
    return int(table[..., 0].sum() + table[..., 2].sum()) >= TOO_LITTLE_GOLD


def ask(question: Question, totals: Floats | Ints) -> Floats:
    """F1, or the mean of the F1s that are defined, from totals (resamples, labels, 3): (resamples,)."""
    found = np.stack([f1_of(totals[:, list(part)].sum(axis=1)) for part in question.parts], axis=1)
    if found.shape[1] == 1:
        return found[:, 0]
    defined = ~np.isnan(found)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(defined, found, 0.0).sum(axis=1) / defined.sum(axis=1)
    return mean


def totals_of(weights: Ints, table: Ints) -> Floats:
    """(resamples, documents) weights times (documents, labels, 3) counts; whole numbers, so exact in any order.

    The weights of a resample add up to the number of documents at most.
    """
    # Half the width does where every sum stays below what it holds exactly.
    exact = np.dtype("f4" if len(table) * int(np.abs(table).max(initial=0)) < 2**24 else "f8")
    flat = table.reshape(len(table), -1).astype(exact)
    totals: Floats = np.matmul(weights.astype(exact), flat).astype(np.float64)
    return totals.reshape(len(weights), *table.shape[1:])


def draws(documents: int, resamples: int, seed: int) -> Iterator[tuple[slice, Ints]]:
    """Slices of the resamples with how often each drew each document: (resamples, documents)."""
    rng = np.random.default_rng([seed, 0])
    step = max(1, AT_ONCE // documents)
    for low in range(0, resamples, step):
        many = min(step, resamples - low)
        drawn = rng.integers(0, documents, (many, documents), dtype=np.int32)
        drawn += np.arange(many, dtype=np.int32)[:, None] * documents
        yield slice(low, low + many), np.bincount(drawn.ravel(), minlength=many * documents).reshape(many, documents)


def grouped(table: Ints, clusters: Sequence[int] | None) -> Ints:
    """Counts of each cluster, or of each document where there are none."""
    if clusters is None:
        return table
    if len(clusters) != len(table):
        raise InputError(f"{len(clusters)} cluster numbers were given for {len(table)} documents; expected one each")
    _, number = np.unique(np.asarray(clusters), return_inverse=True)
    grouped = np.zeros((int(number.max(initial=-1)) + 1, *table.shape[1:]), dtype=np.int64)
    np.add.at(grouped, number, table)
    return grouped


def interval_of(values: Floats) -> Interval | None:
    """The middle 95 %; resamples in which the score is undefined do not count."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [0.025, 0.975]).tolist()
    return Interval(low, high)
