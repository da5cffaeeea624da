"""Scores by set algebra and by one-to-one matching, against brute force and by their invariants."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_help import corpora, entries, evaluate, schema_of, span_sets

from workbench.score.counts import Counts
from workbench.score.evaluation import BY_LABEL, WITHOUT_LABEL, evaluate_entries

MEASURES = tuple(name for name in (*BY_LABEL, *WITHOUT_LABEL) if name != "values")


def best(gold, predicted, credit):
    """The most credit that any one-to-one pairing earns, by trying all of them."""
    if len(gold) > len(predicted):
        return best(predicted, gold, lambda a, b: credit(b, a))
    return max(
        sum(credit(a, b) for a, b in zip(gold, chosen, strict=True)) for chosen in permutations(predicted, len(gold))
    )


def shared(a, b):
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def overlap(a, b):
    return int(a[2:] == b[2:] and shared(a, b) > 0)


def half(a, b):
    return int(a[2:] == b[2:] and 2 * shared(a, b) >= max(a[1], b[1]) - min(a[0], b[0]) and shared(a, b) > 0)


def muc(a, b):
    return 2 if a == b else overlap(a, b)


@settings(max_examples=150, deadline=None)
@given(span_sets(most=5), span_sets(most=5))
def test_matchings_are_the_best_there_are(gold, predicted):
    found = evaluate([gold], [predicted])
    plain = [sorted({span[:2] for span in side}) for side in (gold, predicted)]
    assert found.counts("strict").tp == len(set(gold) & set(predicted))
    assert found.counts("boundary").tp == len(set(plain[0]) & set(plain[1]))
    assert found.counts("relaxed").tp == best(gold, predicted, overlap)
    assert found.counts("relaxed_iou").tp == best(gold, predicted, half)
    assert found.counts("found").tp == best(*plain, overlap)
    assert found.counts("partial").tp == best(*plain, muc)
    assert (found.gold_spans, found.predicted_spans) == (len(gold), len(predicted))


@settings(max_examples=60, deadline=None)
@given(corpora(), st.randoms(use_true_random=False))
def test_order_of_spans_and_documents_does_not_count(pairs, random: Random):
    gold, predicted = (entries([pair[side] for pair in pairs]) for side in (0, 1))
    mixed = [entries([random.sample(p[side], len(p[side])) for p in pairs]) for side in (0, 1)]
    for side in mixed:
        random.shuffle(side)
    schema = schema_of("ABC")
    one, other = evaluate_entries(gold, predicted, schema), evaluate_entries(*mixed, schema)
    assert one.data_hash == other.data_hash
    for measure in MEASURES:
        assert one.by_label(measure) == other.by_label(measure) if measure in BY_LABEL else True
        assert one.counts(measure) == other.counts(measure)


@settings(max_examples=60, deadline=None)
@given(corpora())
def test_swapping_gold_and_predicted_swaps_precision_and_recall(pairs):
    gold, predicted = ([pair[side] for pair in pairs] for side in (0, 1))
    there, back = evaluate(gold, predicted), evaluate(predicted, gold)
    for measure in MEASURES:
        a, b = there.counts(measure), back.counts(measure)
        assert (a.precision, a.recall, a.f1) == (b.recall, b.precision, b.f1)


@settings(max_examples=30, deadline=None)
@given(corpora())
def test_against_itself_everything_is_right(pairs):
    gold = [pair[0] for pair in pairs]
    found = evaluate(gold, gold)
    for measure in MEASURES:
        counts = found.counts(measure)
        assert (counts.fp, counts.fn) == (0, 0)
        assert counts.f1 == (1.0 if any(gold) else None)


def test_undefined_stays_undefined():
    assert (Counts().precision, Counts().recall, Counts().f1) == (None, None, None)
    missed, spurious = Counts(fn=3), Counts(fp=2)
    assert (missed.precision, missed.recall, missed.f1) == (None, 0.0, 0.0)
    assert (spurious.precision, spurious.recall, spurious.f1) == (0.0, None, 0.0)
    nothing = evaluate([[]], [[]])
    assert nothing.macro_f1() is None
    assert nothing.counts().f1 is None


def test_macro_is_over_the_labels_that_occur():
    found = evaluate([[(0, 1, "A"), (2, 3, "B")]], [[(0, 1, "A")]], labels="ABCD")
    assert found.macro_f1() == pytest.approx((1 + 0) / 2)
    assert found.by_label()["C"] == Counts()


def test_groups_and_labels_add_up():
    found = evaluate([[(0, 1, "EVENT_X"), (2, 3, "FIGURE_Y")]], [[(0, 1, "EVENT_X")]], labels=["EVENT_X", "FIGURE_Y"])
    assert found.groups == {"event": ("EVENT_X",), "figure": ("FIGURE_Y",)}
    assert found.counts(labels=found.groups["event"]) == Counts(tp=1)
    assert found.counts(labels=found.groups["figure"]) == Counts(fn=1)


def test_one_long_span_over_thousands_is_matched_once(monkeypatch):
    from workbench.score import matching

    monkeypatch.setattr(matching, "_AT_ONCE", 1000)
    text = "x" * 9000
    gold = [(0, 9000, "A"), *((start, start + 2, "A") for start in range(0, 9000, 3))]
    found = evaluate([gold], [gold], text=text)
    assert found.counts("relaxed") == Counts(tp=3001)
