"""The bookkeeping of a replay, by a learner that is small enough to follow: it knows the words that it was shown."""

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.active.replay import RANDOM, Deal, Plan, Replay, Step, deal, sizes_of
from workbench.active.results import Results, setup_of
from workbench.active.savings import Curve, Estimate, Saving, area, curves_of, estimate, reaches, verdict
from workbench.active.strategies import STRATEGIES
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import CorpusError, InputError
from workbench.core.schema import schema_of_labels
from workbench.core.span import Span
from workbench.score.counts import Counts
from workbench.tag.decode import Floats

SCHEMA = schema_of_labels(["LOCATION"])
PLACES = ("Kabul", "Herat", "Quetta", "Mosul", "Aden", "Goma", "Bria", "Gao")
PLAN = Plan((RANDOM, *STRATEGIES), seeds=2, first=3, step=4)


def corpus(many: int) -> list[Entry]:
    """Bulletins in which one or two of eight places are named, the later ones seldom."""
    entries = []
    for number in range(many):
        names = [PLACES[number % 3], PLACES[(number * number) % 8]]
        text = f"Bulletin {number} of {names[0]} and {names[1]} said"
        spans = {text.index(name): Span(text.index(name), text.index(name) + len(name), "LOCATION") for name in names}
        entries.append(Entry(Document(f"b{number}", text), Annotation(tuple(spans[at] for at in sorted(spans)))))
    return entries


@dataclass
class Words:
    """Sure of the words that it was shown, torn on all others."""

    places: set[str]
    others: set[str]
    labelled: list[str] = field(default_factory=list)

    def log_probs(self, documents: Sequence[Document]) -> list[Floats]:
        rows = {True: (0.05, 0.9, 0.05), False: (0.9, 0.05, 0.05)}
        return [
            np.log(
                np.array(
                    [
                        rows[word in self.places] if word in self.places | self.others else (0.4, 0.3, 0.3)
                        for word in document.text.split()
                    ],
                    dtype=np.float32,
                )
            )
            for document in documents
        ]

    def label(self, documents: Sequence[Document]) -> list[tuple[Span, ...]]:
        self.labelled += [document.id for document in documents]
        return [
            tuple(Span(m.start(), m.end(), "LOCATION") for m in re.finditer(r"\S+", d.text) if m.group() in self.places)
            for d in documents
        ]


@dataclass
class WordLearner:
    """Remembers what it was shown at each step, and what came of it."""

    shown: list[list[str]] = field(default_factory=list)
    fitted: list[Words] = field(default_factory=list)

    def fit(self, entries: Sequence[Entry], *, seed: int) -> Words:
        del seed
        self.shown.append([entry.document.id for entry in entries])
        places = {entry.surface(span) for entry in entries for span in entry.spans}
        self.fitted.append(Words(places, {word for e in entries for word in e.document.text.split()} - places))
        return self.fitted[-1]


def replay(plan: Plan = PLAN, many: int = 30, clusters: Sequence[Sequence[int]] = ()) -> tuple[Replay, WordLearner]:
    learner = WordLearner()
    return Replay(corpus(many), clusters, plan=plan, learner=learner, schema=SCHEMA), learner


def test_no_bulletin_is_labelled_twice_and_the_held_out_are_never_learned_from() -> None:
    done, learner = replay()
    steps = list(done.run({}))
    assert len(steps) == done.steps == len(PLAN.strategies) * 2 * len(done.sizes)
    for (strategy, seed), walk in itertools.groupby(steps, key=lambda step: (step.strategy, step.seed)):
        added = [step.added for step in walk]
        flat = [name for names in added for name in names]
        pool = {f"b{place}" for place in done.deals[seed].pool}
        assert len(set(flat)) == len(flat) == done.sizes[-1], strategy
        assert set(flat) <= pool
        assert [len(names) for names in added] == [3, *[4] * (len(done.sizes) - 1)]
    for seed, dealt in enumerate(done.deals):
        held = {f"b{place}" for place in dealt.held}
        assert held
        assert not held & {f"b{place}" for place in dealt.pool}, seed
    scored = {tuple(sorted(words.labelled)) for words in learner.fitted if words.labelled}
    # What is scored is each seed's held-out part once a model, and nothing else; a model may serve several strategies.
    assert {frozenset(names) for names in scored} == {frozenset(f"b{p}" for p in each.held) for each in done.deals}
    for words, shown in zip(learner.fitted, learner.shown, strict=True):
        assert not {*words.labelled} & {*shown}


def test_all_strategies_of_a_seed_begin_alike_and_the_model_of_it_is_made_once() -> None:
    done, learner = replay(replace(PLAN, strategies=(RANDOM, "entropy", "margin"), seeds=1))
    first = [step for step in done.run({}) if step.documents == 3]
    assert len({(step.added, step.counts) for step in first}) == 1
    assert sum(len(shown) == 3 for shown in learner.shown) == 1


def test_f1_is_that_of_the_held_out_part() -> None:
    done, _ = replay(replace(PLAN, strategies=(RANDOM,), seeds=1))
    (first, *_) = done.run({})
    entries = corpus(30)
    known = {entries[p].surface(span) for p in done.deals[0].pool[:3] for span in entries[p].spans}
    gold = [entries[p].surface(span) for p in done.deals[0].held for span in entries[p].spans]
    right = sum(name in known for name in gold)
    assert first.counts == Counts(right, 0, len(gold) - right)


def test_a_strategy_of_doubt_takes_the_bulletin_with_strange_words_first() -> None:
    done, _ = replay(Plan((RANDOM, "entropy"), seeds=1, first=3, step=1, last=4))
    entries, dealt = corpus(30), done.deals[0]
    steps = {(step.strategy, step.documents): step for step in done.run({})}
    seen = {word for place in dealt.pool[:3] for word in entries[place].document.text.split()}

    def strange(name: str) -> int:
        return len({*entries[int(name[1:])].document.text.split()} - seen)

    (chosen,) = steps["entropy", 4].added
    assert strange(chosen) == max(strange(f"b{place}") for place in dealt.pool[3:])
    assert steps[RANDOM, 4].added == (f"b{dealt.pool[3]}",)


def test_a_replay_that_was_stopped_goes_on_as_if_it_had_not_been() -> None:
    plan = Plan((RANDOM, "least_confidence", "vote_entropy"), seeds=2, first=3, step=6)
    whole = list(replay(plan, 20)[0].run({}))
    assert len(whole) == 12
    for stop in (1, 3, 6, 9, 12):
        kept = {(step.strategy, step.seed, step.documents): step for step in whole[:stop]}
        again, learner = replay(plan, 20)
        assert list(again.run(kept)) == whole
        assert (learner.shown == []) == (stop == 12)


@given(st.integers(2, 40), st.floats(0.05, 0.9), st.integers(0, 50), st.data())
def test_near_copies_are_dealt_to_one_side(count: int, held: float, seed: int, data: st.DataObject) -> None:
    groups = data.draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    clusters = [[place for place, group in enumerate(groups) if group == number] for number in range(3)]
    found = deal(count, [cluster for cluster in clusters if cluster], held=held, seed=seed)
    assert sorted((*found.pool, *found.held)) == list(range(count))
    assert len(found.held) >= held * count
    for cluster in clusters:
        assert not cluster or {*cluster} <= {*found.pool} or {*cluster} <= {*found.held}


def test_sizes_are_those_that_every_seed_has() -> None:
    deals = [Deal(tuple(range(25)), ()), Deal(tuple(range(23)), ())]
    assert sizes_of(Plan((RANDOM,), first=5, step=6), deals) == [5, 11, 17, 23]
    assert sizes_of(Plan((RANDOM,), first=5, step=6, last=16), deals) == [5, 11]
    with pytest.raises(CorpusError, match="of the 23 bulletins that are not held out 20 are the beginning"):
        sizes_of(Plan((RANDOM,), first=20, step=10), deals)


def test_a_plan_is_checked() -> None:
    with pytest.raises(InputError, match="there is no strategy 'best'"):
        Plan((RANDOM, "best"))
    with pytest.raises(InputError, match="each once"):
        Plan((RANDOM, "entropy", "entropy"))
    with pytest.raises(InputError, match="two members or more; found 1"):
        Plan((RANDOM, "vote_entropy"), committee=1)


def step(strategy: str, seed: int, documents: int, f1: float) -> Step:
    right = round(1000 * f1)
    return Step(strategy, seed, documents, Counts(right, 1000 - right, 1000 - right), (f"{seed}-{documents}",))


def test_the_results_survive_a_kill_and_take_up_behind_the_last_whole_step(tmp_path: Path) -> None:
    path, setup = tmp_path / "r.jsonl", setup_of(corpus(5), schema=SCHEMA, learner="words", plan=PLAN)
    results = Results(path, setup)
    for each in (first := step(RANDOM, 0, 10, 0.5)), step(RANDOM, 0, 20, 0.6):
        results.add(each)
    whole = path.read_bytes()
    rows = [json.loads(line) for line in whole.splitlines()]
    assert rows[1] == {
        "strategy": "random", "seed": 0, "documents": 10, "f1": 0.5, "tp": 500, "fp": 500, "fn": 500,
        "added": ["0-10"],
    }  # fmt: skip
    steps = [first, step(RANDOM, 0, 20, 0.6)]
    for cut in (1, 60, *(place + 1 + more for place, byte in enumerate(whole) if byte == 10 for more in (-1, 0, 9))):
        path.write_bytes(whole[:cut])
        again = Results(path, setup)
        assert list(again.steps.values()) == steps[: max(0, whole[:cut].count(b"\n") - 1)]
        for each in steps:
            again.add(each)
        assert path.read_bytes() == whole


def test_results_of_another_corpus_or_learner_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    Results(path, setup_of(corpus(5), schema=SCHEMA, learner="words", plan=PLAN)).add(step(RANDOM, 0, 10, 0.5))
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"another simulation \(learner 'words', here 'letters'\)"):
        Results(path, setup_of(corpus(5), schema=SCHEMA, learner="letters", plan=PLAN))
    with pytest.raises(InputError, match=r"another simulation \(data_hash"):
        Results(path, setup_of(corpus(6), schema=SCHEMA, learner="words", plan=PLAN))
    assert path.read_bytes() == before
    more = replace(PLAN, seeds=9, strategies=(RANDOM, "margin"))
    assert len(Results(path, setup_of(corpus(5), schema=SCHEMA, learner="words", plan=more)).steps) == 1
    for text in ('{"id": "a", "text": "A corpus."}\n', "notes without a line end"):
        path.write_text(text)
        with pytest.raises(InputError, match="holds no results of a simulation"):
            Results(path, setup_of(corpus(5), schema=SCHEMA, learner="words", plan=PLAN))
        assert path.read_text() == text


def test_intervals_areas_and_savings_by_hand() -> None:
    # t(0.975, 1 df) = 12.7062; s of 0.4 and 0.6 = 0.1414214; 0.25 / 0.75 = 1/3.
    found = estimate([0.4, 0.6], held=0.25)
    half = 12.7062 * 0.1414214 * (1 / 2 + 1 / 3) ** 0.5
    assert (found.mean, found.high) == (pytest.approx(0.5), pytest.approx(0.5 + half, rel=1e-4))
    assert estimate([0.4], held=0.25) == Estimate(0.4, None, None)
    assert area([10, 20, 40], [0.4, 0.6, 0.6]) == pytest.approx((0.5 * 10 + 0.6 * 20) / 30)
    assert reaches([10, 20, 30], [0.2, 0.4, 0.6], 0.5) == 25
    assert reaches([10, 20, 30], [0.5, 0.4, 0.6], 0.5) == 10
    assert reaches([10, 20, 30], [0.2, 0.4, 0.45], 0.5) is None


def test_the_curves_of_two_seeds() -> None:
    f1 = {
        RANDOM: [(0.40, 0.50, 0.60), (0.44, 0.54, 0.64)],
        "entropy": [(0.40, 0.60, 0.70), (0.44, 0.64, 0.74)],
        "margin": [(0.40, 0.70, 0.60), (0.44, 0.34, 0.58)],
    }
    steps = [
        step(name, seed, size, value)
        for name, seeds in f1.items()
        for seed, row in enumerate(seeds)
        for size, value in zip((10, 20, 30), row, strict=True)
    ]
    random, entropy, margin = curves_of(steps, held=0.3)
    assert (random.gain, random.savings) == (None, ())
    assert [point.mean for point in random.f1] == pytest.approx([0.42, 0.52, 0.62])
    # Half of the last value's 0.1 and the whole of the middle one's, over two widths: 0.075 in either seed.
    assert entropy.gain is not None
    assert (entropy.gain.mean, entropy.gain.beyond_chance) == (pytest.approx(0.075), True)
    # What random has at 20 (0.50 and 0.54) entropy has half-way from 10 to 20; what it has at 30, at 20.
    half, whole = entropy.savings
    assert (half.documents, half.f1, half.needs.mean, half.saves.mean) == (20, pytest.approx(0.52), 15, 5)
    assert (whole.documents, whole.f1, whole.needs, whole.saves) == (
        30, pytest.approx(0.62), Estimate(20, 20, 20), Estimate(10, 10, 10)
    )  # fmt: skip
    assert verdict(entropy) == (
        "entropy: better than random order (mean F1 +0.075, 95 % +0.075 to +0.075); of 20 bulletins saves 5 (5 to 5), "
        "of 30 bulletins saves 10 (10 to 10)"
    )
    # One seed has random's last F1 at 17 bulletins, the other never: it counts as if it had it at its end.
    assert (margin.savings[1].never, margin.savings[1].needs.mean) == (1, (17 + 30) / 2)
    assert margin.savings[1].saves.mean == (13 + 0) / 2
    assert "no difference from random order beyond chance" in verdict(margin)
    # s of 13 and 0 is 9.1924, times t(0.975, 1 df) and the root of 1/2 + 3/7: 112.55 to either side of 6.5.
    assert verdict(margin).endswith("of 30 bulletins saves 6 (-106 to 119, may be chance, 1 seed never got there)")


@pytest.mark.parametrize(
    ("gain", "saves", "said"),
    [
        (Estimate(-0.1, -0.2, -0.05), Estimate(-9, -12, -6), "worse than random order (mean F1 -0.100, 95 % -0.200"),
        (Estimate(-0.1, -0.2, -0.05), Estimate(-9, -12, -6), "of 20 bulletins costs 9 (-12 to -6)"),
        (Estimate(0.1, None, None), Estimate(9, None, None), "one seed says nothing of chance"),
        (Estimate(0.1, 0.05, 0.2), Estimate(4, -1, 9), "of 20 bulletins saves 4 (-1 to 9, may be chance)"),
    ],
)
def test_the_sentence_is_no_kinder_than_the_numbers(gain: Estimate, saves: Estimate, said: str) -> None:
    point = Estimate(0.5, None, None)
    found = Saving(20, 0.5, point, saves)
    assert said in verdict(Curve("margin", (10, 20), (point, point), point, gain, (found,)))
