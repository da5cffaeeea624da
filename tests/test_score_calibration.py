"""Calibration and confusion, by numbers worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_help import corpora, entries, schema_of

from workbench.core.corpus import Document
from workbench.core.span import Span
from workbench.score.calibration import calibrate, document_error
from workbench.score.confusion import confuse
from workbench.score.mismatch import mismatches
from workbench.score.pairs import Pairs, pair_up

DOCUMENT = Document("d", "x" * 60)
GOLD = (Span(0, 5, "A"), Span(10, 15, "A"), Span(20, 25, "B"))


def pairs(*predicted: Span) -> Pairs:
    return Pairs((DOCUMENT,), (GOLD,), (predicted,))


def test_the_expected_calibration_error_by_hand() -> None:
    found = calibrate(
        pairs(Span(0, 5, "A", 0.95), Span(10, 15, "A", 0.91), Span(20, 25, "A", 0.93), Span(30, 35, "B", 0.25))
    )
    low, high = found.bands
    assert (low.low, low.high, low.spans, low.right, low.mean_score) == (0.2, 0.3, 1, 0, 0.25)
    assert (high.spans, high.right, high.mean_score) == (3, 2, pytest.approx(0.93))
    assert found.error == pytest.approx((1 * 0.25 + 3 * (0.93 - 2 / 3)) / 4)


def test_wilson_s_interval_by_hand() -> None:
    """8 of 10: 0.490 to 0.943 (Newcombe 1998, method 3)."""
    spans = [Span(i, i + 1, "A", 0.8) for i in range(10)]
    [band] = calibrate(Pairs((DOCUMENT,), (tuple(spans[:8]),), (tuple(spans),))).bands
    assert (round(band.interval.low, 3), round(band.interval.high, 3)) == (0.490, 0.943)


def test_scores_at_the_edges_and_spans_without_one() -> None:
    found = calibrate(pairs(Span(0, 5, "A", 1.0), Span(10, 15, "A", 0.0), Span(20, 25, "B")))
    assert [(band.low, band.spans) for band in found.bands] == [(0.0, 1), (0.9, 1)]
    assert (found.spans, found.unscored) == (2, 1)
    nothing = calibrate(pairs(Span(20, 25, "B")))
    assert (nothing.bands, nothing.error, nothing.unscored) == ((), None, 1)


def test_the_calibration_error_of_documents_by_hand() -> None:
    """One of two right at .55 and .59 (one band), none right at .35, nothing found."""
    half, none = (GOLD[0], Span(30, 35, "A")), (Span(1, 5, "A"),)
    found = Pairs((DOCUMENT,) * 4, (GOLD,) * 4, (half, half, none, ()))
    scores = iter((0.55, 0.59, 0.35))
    assert document_error(found, lambda _: next(scores)) == pytest.approx((0.05 + 0.09 + 0.35) / 3)
    assert document_error(found, lambda _: None) is None


def test_confusion_by_hand() -> None:
    found = pairs(Span(0, 5, "A"), Span(11, 15, "A"), Span(20, 25, "A"), Span(40, 45, "B"))
    confusion = confuse(found, mismatches(found), ("A", "B", "C"))
    assert confusion.cells == {("A", "A"): 2, ("B", "A"): 1, (None, "B"): 1}
    assert confusion.labels == ("A", "B")
    assert confusion.most() == [("B", "A", 1)]
    assert [confusion.gold(label) for label in ("A", "B", None)] == [2, 1, 1]


@given(corpora())
def test_every_gold_span_is_in_one_cell(documents: list[tuple[list, list]]) -> None:
    gold, predicted = zip(*documents, strict=True)
    schema = schema_of("ABC")
    found = pair_up(entries(gold), entries(predicted), schema=schema)
    confusion = confuse(found, mismatches(found), schema.names)
    for label in schema.names:
        assert confusion.gold(label) == sum(span[2] == label for spans in gold for span in spans)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_the_error_is_a_share_and_all_spans_are_counted(scored: list[tuple[float, bool]]) -> None:
    spans = [Span(i, i + 1, "A", score) for i, (score, _) in enumerate(scored)]
    right = tuple(span for span, (_, good) in zip(spans, scored, strict=True) if good)
    found = calibrate(Pairs((DOCUMENT,), (right,), (tuple(spans),)))
    assert found.spans == len(scored)
    assert sum(band.right for band in found.bands) == len(right)
    assert found.error is not None
    assert 0 <= found.error <= 1
