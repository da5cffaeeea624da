"""What if: an annotated corpus is labelled once more, in the order of each strategy, and a learner scored on the way.

For each seed the corpus is dealt anew: a part that is only ever scored on, near-copies never on both sides, and a pool.
All strategies of a seed begin with the same bulletins. Nothing is drawn from a stream that runs on: every choice hangs
on the seed and on what was labelled before it, so that a replay that was stopped goes on as if it had not been.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from workbench.active.diverse import ranking
from workbench.active.strategies import COMMITTEE, Signals, signals, strategy_named
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import CorpusError, InputError
from workbench.core.schema import Schema
from workbench.core.span import Span
from workbench.score.counts import Counts
from workbench.score.evaluation import evaluate_entries
from workbench.tag.decode import Floats

RANDOM = "random"


class Fitted(Protocol):
    """What was learned from some bulletins."""

    def log_probs(self, documents: Sequence[Document]) -> list[Floats]:
        """Log probabilities of the tags, [units, tags] for each document; its units are always the same."""
        ...

    def label(self, documents: Sequence[Document]) -> list[tuple[Span, ...]]:
        """The spans of each document."""
        ...


class Learner(Protocol):
    """How a step learns."""

    def fit(self, entries: Sequence[Entry], *, seed: int) -> Fitted:
        """Learns from nothing but these bulletins; the same ones and the same seed give the same."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replayed. Random order is always among the strategies, the first of them.

    Each begins with `first` bulletins and gets `step` more at a time, up to `last` or (0) the whole pool; `held` is
    the share of the corpus that is scored on, `committee` how many members vote where a strategy wants votes.
    """

    strategies: tuple[str, ...]
    seeds: int = 5
    first: int = 10
    step: int = 10
    last: int = 0
    held: float = 0.3
    committee: int = 3

    def __post_init__(self) -> None:
        for name in self.strategies[1:]:
            strategy_named(name)
        if self.strategies[:1] != (RANDOM,) or len({*self.strategies}) < len(self.strategies):
            raise InputError("strategies are compared with the random order and each once; name them without it")
        if COMMITTEE.intersection(self.strategies) and self.committee < 2:
            raise InputError(f"a committee has two members or more; found {self.committee}")


@dataclass(frozen=True, slots=True)
class Step:
    """One point of one curve: `documents` bulletins are labelled, `added` are the ids of those new since the last."""

    strategy: str
    seed: int
    documents: int
    counts: Counts
    added: tuple[str, ...]

    @property
    def f1(self) -> float:
        """Strict micro F1 on the part held out; 0 where nothing was there to find or found."""
        return self.counts.f1 or 0.0


@dataclass(frozen=True, slots=True)
class Deal:
    """The corpus as one seed deals it, in positions: what may be learned from, and what is only scored on.

    `pool` is in random order: that of the strategy "random", and its beginning is where every strategy begins.
    """

    pool: tuple[int, ...]
    held: tuple[int, ...]


Key = tuple[str, int, int]


def deal(count: int, clusters: Sequence[Sequence[int]], *, held: float, seed: int) -> Deal:
    """Deals `count` bulletins; clusters of near-copies stay on one side. At least `held` of them are held out."""
    group = {place: number for number, cluster in enumerate(clusters) for place in cluster}
    order = np.random.default_rng([seed, 0]).permutation(count).tolist()
    chosen: set[int] = set()
    for place in order:
        if len(chosen) < held * count:
            chosen.update(clusters[group[place]] if place in group else (place,))
    return Deal(
        pool=tuple(place for place in order if place not in chosen),
        held=tuple(place for place in range(count) if place in chosen),
    )


def sizes_of(plan: Plan, deals: Sequence[Deal]) -> list[int]:
    """How many bulletins are labelled at each step, the same for all seeds. Raises CorpusError for less than two."""
    smallest = min(len(each.pool) for each in deals)
    last = min(plan.last or smallest, smallest)
    sizes = list(range(plan.first, last + 1, plan.step))
    if len(sizes) < 2:
        raise CorpusError(
            f"a curve needs two steps or more, but of the {smallest} bulletins that are not held out {plan.first} are "
            f"the beginning and {plan.step} a step; choose fewer for --first and --step, or annotate more"
        )
    return sizes


class Replay:
    """A corpus, dealt for every seed of a plan, and a learner. Raises CorpusError where there is too little of it.

    `clusters` are positions of near-copies. `steps` are how many points there will be.
    """

    def __init__(
        self, entries: Sequence[Entry], clusters: Sequence[Sequence[int]], *, plan: Plan, learner: Learner,
        schema: Schema,
    ) -> None:  # fmt: skip
        self.entries, self.clusters, self.plan, self.schema = entries, clusters, plan, schema
        self.deals = [deal(len(entries), clusters, held=plan.held, seed=seed) for seed in range(plan.seeds)]
        self.sizes = sizes_of(plan, self.deals)
        self.steps = len(plan.strategies) * plan.seeds * len(self.sizes)
        self._learner = learner
        # The models of the last few sets: all strategies of a seed begin with the same one.
        self._fits: dict[tuple[int, ...], Fitted] = {}

    def run(self, kept: Mapping[Key, Step]) -> Iterator[Step]:
        """The steps, all strategies of a seed after each other; those `kept` of an earlier run are not done again."""
        for seed in range(self.plan.seeds):
            for strategy in self.plan.strategies:
                yield from self._walk(strategy, seed, kept)
            self._fits.clear()

    def _walk(self, strategy: str, seed: int, kept: Mapping[Key, Step]) -> Iterator[Step]:
        place_of = {self.entries[place].document.id: place for place in self.deals[seed].pool}
        labelled: list[int] = []
        for size in self.sizes:
            step = kept.get((strategy, seed, size))
            if step is None:
                added = self._choose(strategy, seed, labelled, size - len(labelled))
                counts = self._score([*labelled, *added], seed)
                step = Step(strategy, seed, size, counts, tuple(self.entries[place].document.id for place in added))
            labelled += [place_of[name] for name in step.added]
            yield step

    def _choose(self, strategy: str, seed: int, labelled: Sequence[int], many: int) -> list[int]:
        """The next bulletins, by position: those of the pool that the strategy values most, near-copies set back."""
        done = set(labelled)
        pool = [place for place in self.deals[seed].pool if place not in done]
        if strategy == RANDOM or not labelled:
            return pool[:many]
        value_of, seen = strategy_named(strategy), dict[str, int]()
        for span in (span for place in labelled for span in self.entries[place].spans):
            seen[span.label] = seen.get(span.label, 0) + 1
        values = [value_of(each, seen) for each in self._signals(strategy, seed, labelled, pool)]
        here = {place: number for number, place in enumerate(pool)}
        clusters = [[here[place] for place in cluster if place in here] for cluster in self.clusters]
        return [pool[number] for number in ranking(values, clusters)[:many]]

    def _signals(self, strategy: str, seed: int, labelled: Sequence[int], pool: Sequence[int]) -> Iterator[Signals]:
        asked = strategy in COMMITTEE
        members = self._committee(labelled, seed) if asked else [self._fit(labelled, seed)]
        documents = [self.entries[place].document for place in pool]
        scores = [member.log_probs(documents) for member in members]
        for of_text in zip(*scores, strict=True):
            yield signals(of_text[0], self.schema.names, committee=of_text)

    def _fit(self, labelled: Sequence[int], seed: int) -> Fitted:
        places = tuple(sorted(labelled))
        if places not in self._fits:
            if len(self._fits) > 1:  # the first set of the seed is kept, and the newest
                del self._fits[list(self._fits)[-1]]
            self._fits[places] = self._learner.fit([self.entries[place] for place in places], seed=seed)
        return self._fits[places]

    def _committee(self, labelled: Sequence[int], seed: int) -> list[Fitted]:
        """Members that each learned from a bootstrap sample of what is labelled (query by bagging, Abe and Mamitsuka
        1998)."""
        places, members = sorted(labelled), []
        for number in range(self.plan.committee):
            drawn = np.random.default_rng([seed, 1, number, len(places)]).choice(places, size=len(places))
            sample = [self.entries[place] for place in sorted(drawn.tolist())]
            members.append(self._learner.fit(sample, seed=seed + 1000 * (number + 1)))
        return members

    def _score(self, labelled: Sequence[int], seed: int) -> Counts:
        held = [self.entries[place] for place in self.deals[seed].held]
        found = self._fit(labelled, seed).label([entry.document for entry in held])
        predicted = [
            replace(entry, annotation=Annotation(spans, origin="model"))
            for entry, spans in zip(held, found, strict=True)
        ]
        return evaluate_entries(held, predicted, self.schema, include_assisted=True).counts()
