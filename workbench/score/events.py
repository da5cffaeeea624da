"""Event records scored against gold ones: which event is which, and how much of each is right.

Only events that share a bulletin can be one. The whole record is right where all its fields are; that score is the
largest one-to-one matching of equal records. For the fields by themselves events are first aligned, so that as many
fields as possible agree (as in MUC-4, Chinchor 1992), and then every stated field counts.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.score.columns import Ints
from workbench.score.counts import Counts
from workbench.score.matching import Edges, matched
from workbench.score.resample import RESAMPLES, TOO_LITTLE_GOLD, Interval, draws, f1_of, interval_of, totals_of

WHOLE, TYPE = "record", "type"


@dataclass(frozen=True)
class EventFields:
    """An event as scoring sees it: the bulletins that tell of it, and what is stated of each field.

    A field that is None, or missing, is not stated.
    """

    documents: frozenset[str]
    values: Mapping[str, Hashable | None]


@dataclass(frozen=True)
class EventScores:
    """Counts (clusters, measures, 3) of tp, fp and fn: the whole record first, then each field.

    A cluster is a bulletin, or several that some event has in common; they are drawn together.
    """

    names: tuple[str, ...]
    table: Ints
    documents: int

    def counts(self, name: str) -> Counts:
        """The sum over all bulletins."""
        return Counts(*self.table[:, self.names.index(name)].sum(axis=0).tolist())


def score_events(
    gold: Iterable[EventFields], predicted: Iterable[EventFields], *, record: Sequence[str], documents: Iterable[str]
) -> EventScores:
    """Scores predicted events; `record` names the fields that make the whole one, `documents` all that were read.

    Neither the order of events nor which side is called gold moves the F1.
    """
    gold, predicted = (sorted(side, key=_canonical) for side in (gold, predicted))
    fields = tuple(dict.fromkeys((*record, *(name for event in (*gold, *predicted) for name in event.values))))
    number = _clusters((event.documents for event in (*gold, *predicted)), documents)
    sides: list[tuple[list[EventFields], list[EventFields]]] = [
        ([], []) for _ in range(max(number.values(), default=-1) + 1)
    ]
    for side, events in enumerate((gold, predicted)):
        for event in events:
            sides[number[min(event.documents)]][side].append(event)
    rows = [[_whole(*both, record), *_by_field(*both, fields)] for both in sides]
    table = np.array(rows, dtype=np.int64).reshape(len(sides), 1 + len(fields), 3)
    return EventScores((WHOLE, *fields), table, len(number))


def event_intervals(scores: EventScores, *, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Interval | None]:
    """95 % intervals of F1 by name, bulletins drawn; None for too little gold or fewer than two bulletins."""
    if len(scores.table) < 2:
        return dict.fromkeys(scores.names)
    found = np.empty((resamples, len(scores.names)))
    for rows, weights in draws(len(scores.table), resamples, seed):
        found[rows] = f1_of(totals_of(weights, scores.table))
    enough = [scores.counts(name).gold >= TOO_LITTLE_GOLD for name in scores.names]
    return {name: interval_of(found[:, at]) if enough[at] else None for at, name in enumerate(scores.names)}


def aligned(gold: Sequence[EventFields], predicted: Sequence[EventFields]) -> Iterator[tuple[EventFields, EventFields]]:
    """Pairs of events, one to one, that agree in as many stated fields as possible; of equals, in the type."""
    from scipy.optimize import linear_sum_assignment

    if not gold or not predicted:
        return
    weight = np.array([[_alike(one, other) for other in predicted] for one in gold])
    for g, p in zip(*linear_sum_assignment(weight, maximize=True), strict=True):
        if weight[g, p] > 0:
            yield gold[g], predicted[p]


def _alike(one: EventFields, other: EventFields) -> float:
    """How many stated fields agree; 0 where they cannot be one event."""
    if not one.documents & other.documents:
        return 0.0
    same = [name for name, value in one.values.items() if value is not None and other.values.get(name) == value]
    return len(same) + 0.5 * (TYPE in same)


def _whole(gold: Sequence[EventFields], predicted: Sequence[EventFields], record: Sequence[str]) -> list[int]:
    """tp, fp and fn of records that are the same in all fields."""
    said = [[tuple(event.values.get(name) for name in record) for event in side] for side in (gold, predicted)]
    same = [
        (g, p)
        for g, one in enumerate(gold)
        for p, other in enumerate(predicted)
        if said[0][g] == said[1][p] and one.documents & other.documents
    ]
    g, p = np.array(same, dtype=np.int64).reshape(-1, 2).T
    tp = int(matched(Edges(g, p, g, g), len(gold), len(predicted)).sum())
    return [tp, len(predicted) - tp, len(gold) - tp]


def _by_field(
    gold: Sequence[EventFields], predicted: Sequence[EventFields], fields: Sequence[str]
) -> Iterator[list[int]]:
    """tp, fp and fn of each field, over what either side states."""
    pairs = list(aligned(gold, predicted))
    for name in fields:
        tp = sum(
            one.values.get(name) is not None and one.values.get(name) == other.values.get(name) for one, other in pairs
        )
        stated = [sum(event.values.get(name) is not None for event in side) for side in (gold, predicted)]
        yield [tp, stated[1] - tp, stated[0] - tp]


def _clusters(groups: Iterable[frozenset[str]], documents: Iterable[str]) -> dict[str, int]:
    """A number for each document, the same for documents that some event has in common."""
    first: dict[str, str] = {}

    def root(name: str) -> str:
        while first.setdefault(name, name) != name:
            name = first[name]
        return name

    for name in documents:
        root(name)
    for group in groups:
        roots = sorted(map(root, group))
        first |= dict.fromkeys(roots, roots[0])
    numbers = {name: place for place, name in enumerate(sorted({root(name) for name in first}))}
    return {name: numbers[root(name)] for name in first}


def _canonical(event: EventFields) -> tuple[list[str], str]:
    """Something to sort by, so that the order of rows cannot matter."""
    return sorted(event.documents), repr(sorted(event.values.items()))
