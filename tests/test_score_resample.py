"""Intervals and tests over documents: deterministic, exact where that can be known, and silent on too little gold."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_help import corpora, entry, evaluate, schema_of

from workbench.core.errors import InputError
from workbench.score.counts import Counts
from workbench.score.evaluation import evaluate_entries
from workbench.score.paired import compare_paired, holm
from workbench.score.resample import bootstrap, f1_of
from workbench.score.summary import cluster_numbers


def corpus(rights):
    """A document for each number: that many of its ten A spans found."""
    gold = [[(3 * i, 3 * i + 2, "A") for i in range(10)] for _ in rights]
    predicted = [[(3 * i, 3 * i + 2, "A") for i in range(right)] for right in rights]
    return evaluate(gold, predicted)


def test_interval_of_the_bootstrap_is_the_exact_one():
    # Three documents: all 27 draws can be listed, and the percentiles of many draws come near theirs.
    found = corpus([2, 6, 10])
    f1 = [Counts(tp=sum(d), fn=30 - sum(d)).f1 for d in product([2, 6, 10], repeat=3)]
    low, high = np.quantile(f1, [0.025, 0.975], method="inverted_cdf")
    interval = bootstrap(found, resamples=20_000)["micro"]
    assert (interval.low, interval.high) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))
    assert interval.low < found.counts().f1 < interval.high


def test_same_seed_same_bytes_whatever_the_order():
    rights = [1 + 7 * i % 10 for i in range(50)]
    one, other = corpus(rights), corpus(rights)
    assert repr(bootstrap(one, seed=5)) == repr(bootstrap(other, seed=5))
    assert repr(bootstrap(one, seed=5)) != repr(bootstrap(one, seed=6))
    pair = corpus([(right + 3) % 11 for right in rights])
    assert repr(compare_paired(one, pair, seed=5)) == repr(compare_paired(other, pair, seed=5))
    rows = [entry([(0, 2, "A")] * (i % 2), name=str(i), text="x" * (40 + i)) for i in range(40)] + [
        entry([(0, 2, "A"), (3, 5, "A")], name="more")
    ]
    empty = [entry([(0, 2, "A")], name=row.document.id, text=row.document.text) for row in rows]
    forward = bootstrap(evaluate_entries(rows, empty, schema_of("A")))
    assert repr(forward) == repr(bootstrap(evaluate_entries(rows[::-1], empty[::-1], schema_of("A"))))


def test_chunks_do_not_change_the_answer(monkeypatch):
    from workbench.score import resample

    whole = bootstrap(corpus([2, 6, 10]), resamples=500)
    monkeypatch.setattr(resample, "AT_ONCE", 30)
    assert bootstrap(corpus([2, 6, 10]), resamples=500) == whole


def test_too_little_gold_and_one_document_have_no_interval():
    assert bootstrap(corpus([5, 5]))["label:A"] is None  # 20 gold spans
    found = bootstrap(corpus([5, 5, 5]))
    assert found["label:A"] is not None
    assert found["label:B"] is None
    one = evaluate([[(2 * i, 2 * i + 1, "A") for i in range(30)]], [[]])
    assert set(bootstrap(one).values()) == {None}
    with pytest.raises(InputError, match="two systems were compared on one document"):
        compare_paired(one, one)


def test_no_variation_between_documents_is_a_point():
    interval = bootstrap(corpus([5] * 6))["micro"]
    assert interval.low == interval.high == corpus([5] * 6).counts().f1


def test_clusters_are_drawn_together():
    # Two clusters of alike documents: the interval spans everything from one to the other.
    found = corpus([1, 1, 1, 9, 9, 9])
    apart, together = bootstrap(found)["micro"], bootstrap(found, clusters=_clusters(found))["micro"]
    assert (together.low, together.high) == (Counts(tp=6, fn=54).f1, Counts(tp=54, fn=6).f1)
    assert apart.low > together.low
    with pytest.raises(InputError, match="2 cluster numbers were given for 6 documents"):
        bootstrap(found, clusters=[0, 1])


def _clusters(found):
    return [int(row[:, 0].sum() > 5) for row in found.tables["strict"]]


def test_clusters_from_a_field():
    documents = [entry([], name=str(i)).document for i in range(4)]
    for document, value in zip(documents, ["x", "y", "x"], strict=False):
        document.fields["near"] = value
    assert cluster_numbers(documents, "near") == [0, 1, 0, 2]
    with pytest.raises(InputError, match="no gold bulletin has the field 'other'"):
        cluster_numbers(documents, "other")


@settings(max_examples=20, deadline=None)
@given(corpora(documents=6).filter(lambda pairs: len(pairs) > 1))
def test_a_system_against_itself(pairs):
    gold, predicted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = evaluate(gold, predicted)
    for one in compare_paired(found, found, resamples=50).values():
        assert one.difference in (0.0, None)
        assert one.p in (1.0, None)
        assert one.interval is None or (one.interval.low, one.interval.high) == (0.0, 0.0)


def test_p_is_the_exact_one_of_all_swaps():
    first, second = corpus([2, 3, 4, 5, 6]), corpus([4, 4, 9, 7, 9])
    found = compare_paired(first, second, resamples=20_000)["micro"]
    rows = list(zip([2, 3, 4, 5, 6], [4, 4, 9, 7, 9], strict=True))
    extreme = 0
    for swaps in product([False, True], repeat=5):
        a, b = (sum(row[side ^ swap] for row, swap in zip(rows, swaps, strict=True)) for side in (0, 1))
        extreme += abs(Counts(tp=b, fn=50 - b).f1 - Counts(tp=a, fn=50 - a).f1) >= found.difference - 1e-12
    assert found.p == pytest.approx(extreme / 32, abs=0.01)
    assert found.difference == pytest.approx(Counts(tp=33, fn=17).f1 - Counts(tp=20, fn=30).f1)


def test_other_data_cannot_be_compared():
    with pytest.raises(InputError, match="not scored on the same data"):
        compare_paired(corpus([1, 2]), corpus([1, 2, 3]))


def test_holm():
    # Holm 1979: p times the number of hypotheses left, never falling.
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx(
        {"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02}
    )
    assert holm({}) == {}


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_f1_of_columns_has_the_digits_of_counts(tp, fp, fn):
    found = float(f1_of(np.array([tp, fp, fn], dtype=np.float64)))
    assert Counts(tp, fp, fn).f1 == (None if np.isnan(found) else found)
