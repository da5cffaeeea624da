"""Agreement: the reference cases of Krippendorff, Cohen and Fleiss, and the two readings of the project's gold."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from score_help import corpora, entries, entry, evaluate, schema_of

from workbench.core.corpus import load_corpus
from workbench.core.errors import CorpusError
from workbench.core.span import Span
from workbench.core.workspace import Workspace
from workbench.score.agreement import agree
from workbench.score.alpha import alpha_u, disagreement
from workbench.score.kappa import cohen_kappa, fleiss_kappa, one_against_rest
from workbench.score.mismatch import mismatches
from workbench.score.pairs import Pairs

GOLD = Path(__file__).parents[2] / "shared" / "data" / "gold"
SCHEMA = schema_of("AB")


def _units(*sections):
    """Krippendorff's units, offset/length on a continuum that begins at 150."""
    return [Span(offset - 150, offset - 150 + length, "c") for offset, length in sections]


def test_krippendorff_2004_page_254():
    c = disagreement([300], [[_units((225, 70), (370, 30))], [_units((220, 80), (355, 20), (400, 20))]])
    same = _units((180, 60), (300, 50))
    k = disagreement([300], [[same], [same]])
    assert round(alpha_u([c]), 4) == 0.7286
    assert alpha_u([k]) == 1.0
    assert [round(x, 4) for x in (c.observed, c.expected, k.observed, k.expected)] == [0.0144, 0.0532, 0, 0.049]
    # The book rounds these before it divides, and so prints .8591; unrounded it is .8587.
    assert round(1 - 0.0144 / (0.0532 + 0.0490), 4) == 0.8591
    assert alpha_u([c, k]) == pytest.approx(0.8591, abs=0.0005)


def test_alpha_without_variation_is_undefined():
    assert alpha_u([disagreement([50], [[[]], [[]]])]) is None
    assert alpha_u([disagreement([50], [[[Span(0, 50, "c")]], [[Span(0, 50, "c")]]])]) is None
    assert alpha_u([]) is None


def test_alpha_does_not_depend_on_the_order_of_documents_or_annotators():
    a, b = [[Span(0, 9, "c")], [], [Span(2, 4, "c")]], [[Span(0, 8, "c")], [Span(1, 2, "c")], [Span(2, 4, "c")]]
    one = disagreement([20, 30, 10], [a, b])
    other = disagreement([10, 30, 20], [b[::-1], a[::-1]])
    assert (one.observed, one.expected) == pytest.approx((other.observed, other.expected))


def test_overlapping_units_of_an_annotator_count_as_their_union():
    nested = [Span(0, 9, "c"), Span(2, 5, "c"), Span(8, 12, "c")]
    assert disagreement([30], [[nested], [[]]]) == disagreement([30], [[[Span(0, 12, "c")]], [[]]])


def test_cohen_1960_example_2():
    table = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    assert round(cohen_kappa(table), 3) == 0.492
    assert one_against_rest(table, 0).tolist() == [[88, 32], [12, 68]]


def test_fleiss_1971():
    # Thirty patients, six psychiatrists, five diagnoses.
    rows = (
        "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 "
        "00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
    )
    ratings = np.array([[int(x) for x in row] for row in rows.split()])
    assert ratings.sum(axis=0).tolist() == [26, 26, 30, 55, 43]
    assert round(fleiss_kappa(ratings), 3) == 0.430


def test_kappa_without_variation_is_undefined():
    assert cohen_kappa(np.zeros((3, 3), dtype=np.int64)) is None
    assert cohen_kappa(np.array([[7, 0], [0, 0]])) is None
    assert fleiss_kappa(np.array([[3, 0], [3, 0]])) is None
    assert fleiss_kappa(np.zeros((0, 2), dtype=np.int64)) is None


def test_unanimous_emptiness_is_undefined():
    found = agree({"a": entries([[], []]), "b": entries([[], []])}, SCHEMA)
    assert (found.mean_f1(), found.mean_kappa(), found.alpha, found.fleiss, found.mean_typed()) == (None,) * 5


def test_found_is_told_from_typed():
    a = entries([[(0, 3, "A"), (4, 7, "A"), (10, 12, "B")]], text="one two xx yy zz")
    b = entries([[(0, 3, "B"), (4, 7, "A")]], text="one two xx yy zz")
    found = agree({"a": a, "b": b}, SCHEMA)
    assert found.mean_f1() == pytest.approx(2 * 1 / (3 + 2))
    assert found.mean_f1("boundary") == found.mean_f1("found") == pytest.approx(2 * 2 / (3 + 2))
    assert found.mean_typed() == 0.5
    assert found.mean_f1(label="B") == 0.0
    # Tokens: one/A against B, two/A alike, xx outside alike, yy/B against outside, zz outside alike.
    assert found.pairs[0].kappa == pytest.approx(cohen_kappa(np.array([[2, 0, 0], [0, 1, 1], [1, 0, 0]])))


def test_three_annotators_make_three_pairs():
    found = agree({"a": entries([[(0, 3, "A")]]), "b": entries([[(0, 3, "A")]]), "c": entries([[]])}, SCHEMA)
    assert [(pair.first, pair.second, pair.evaluation.counts().f1) for pair in found.pairs] == [
        ("a", "b", 1.0),
        ("a", "c", 0.0),
        ("b", "c", 0.0),
    ]
    assert found.mean_f1() == pytest.approx(1 / 3)


def test_only_documents_that_all_labelled_count():
    a, b = entries([[(0, 3, "A")], []]), [entry([(0, 3, "A")], name="d0"), entry([], name="other")]
    found = agree({"a": a, "b": b}, SCHEMA)
    assert (found.documents, found.left_out, found.mean_f1()) == (1, 2, 1.0)


def test_refusals():
    with pytest.raises(CorpusError, match="two annotators or more; found 1"):
        agree({"a": entries([[]])}, SCHEMA)
    with pytest.raises(CorpusError, match="a, b have no labelled bulletin in common"):
        agree({"a": [entry([], name="x")], "b": [entry([], name="y")]}, SCHEMA)
    with pytest.raises(CorpusError, match="bulletin d has another text in b than in a"):
        agree({"a": [entry([], text="one")], "b": [entry([], text="two")]}, SCHEMA)


def test_mismatch_kinds():
    document = entry([], text="x" * 60).document
    first = (Span(0, 3, "A"), Span(5, 9, "A"), Span(12, 15, "A"), Span(20, 22, "B"), Span(30, 33, "A"))
    second = (Span(0, 3, "B"), Span(5, 8, "A"), Span(13, 16, "B"), Span(25, 28, "A"), Span(30, 33, "A"))
    found = list(mismatches(Pairs((document,), (first,), (second,))))
    assert [one.kind for one in found] == ["label", "boundary", "label and boundary", "only first", "only second"]


@settings(max_examples=60, deadline=None)
@given(corpora())
def test_every_span_is_right_or_in_one_mismatch(pairs):
    sides = [[pair[side] for pair in pairs] for side in (0, 1)]
    strict = evaluate(*sides).counts()
    documents = tuple(entry([], name=str(i)).document for i in range(len(pairs)))
    spans = [tuple(tuple(Span(*s) for s in some) for some in side) for side in sides]
    found = list(mismatches(Pairs(documents, *spans)))
    assert sum(one.first is not None for one in found) == strict.fn
    assert sum(one.second is not None for one in found) == strict.fp


@pytest.mark.skipif(not GOLD.exists(), reason="the shared data is not beside the project")
def test_the_two_readings_of_the_gold():
    # One language model read twice: this is its consistency with itself, not what two people would reach.
    sides = {name: load_corpus(GOLD / f"annotator-{name}.jsonl") for name in "ab"}
    found = agree(sides, Workspace(Path(__file__).parents[1]).schema())
    assert (found.documents, found.left_out) == (78, 0)
    assert round(found.mean_f1(), 3) == 0.963
    assert round(found.mean_kappa(), 3) == 0.967
    assert round(found.alpha, 3) == 0.973
    assert found.alpha_by_label["EVENT_RETURN"] is None
