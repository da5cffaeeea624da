"""Reference cases of other scorers and papers, and the very same numbers as seqeval and seqscore."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_help import evaluate, spans_of_tags
from seqeval.metrics import classification_report, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2
from seqscore.encoding import get_encoding
from seqscore.model import AnnotatedSequence
from seqscore.scoring import compute_scores

CONLL = Path(__file__).parent / "data" / "conll2000_tags.txt"
TAGS = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B", "B-C", "I-C"]), min_size=8, max_size=8)


def test_seqscore_sample_pair():
    # "University of Pennsylvania is in [West] Philadelphia, Pennsylvania.": samples/ of seqscore.
    gold = [[(0, 26, "ORG"), (33, 50, "LOC"), (52, 64, "LOC")]]
    predicted = [[(0, 26, "ORG"), (33, 37, "LOC"), (38, 50, "LOC"), (52, 64, "LOC")]]
    scores = evaluate(gold, predicted, labels=["ORG", "LOC"], text="x" * 65).counts()
    assert [round(100 * x, 2) for x in (scores.precision, scores.recall, scores.f1)] == [50.00, 66.67, 57.14]


def test_seqeval_ground_truth_file():
    sentences = [[pair.split("/") for pair in line.split()] for line in CONLL.read_text().splitlines()]
    gold, predicted = ([[pair[side] for pair in sentence] for sentence in sentences] for side in (0, 1))
    labels = sorted({tag[2:] for tags in gold + predicted for tag in tags} - {""})
    # get_entities reads invalid sequences as seqeval's default mode does.
    spans = [spans_of_tags(side, get_entities) for side in (gold, predicted)]
    mine = evaluate(*spans, labels=labels)
    counts = mine.counts()
    assert len(sentences) == 40
    assert [round(x, 4) for x in (counts.precision, counts.recall, counts.f1)] == [0.6883, 0.8083, 0.7435]
    theirs = classification_report(gold, predicted, output_dict=True, zero_division=0)
    for label, found in mine.by_label().items():
        assert found.gold == theirs[label]["support"]
        assert (found.f1 or 0.0) == theirs[label]["f1-score"]


def test_semeval_2013_table():
    # Task 9.1's six kinds of answer: missed, spurious, right type with a wrong boundary, right boundary with a wrong
    # type, two right ones, and both wrong.
    gold = [
        [(0, 7, "BRAND"), (13, 21, "DRUG"), (24, 35, "DRUG"), (36, 45, "DRUG"), (46, 58, "DRUG"), (65, 79, "GROUP")]
    ]
    predicted = [
        [(8, 9, "BRAND"), (10, 21, "DRUG"), (24, 35, "BRAND"), (36, 45, "DRUG"), (46, 58, "DRUG"), (60, 79, "DRUG")]
    ]
    found = evaluate(gold, predicted, labels=["BRAND", "DRUG", "GROUP"], text="x" * 80)
    assert round(found.counts("relaxed").f1, 2) == 0.50
    assert round(found.counts("partial").f1, 2) == 0.67  # the table cuts 2/3 to .66
    assert round(found.counts("boundary").f1, 2) == 0.50
    assert round(found.counts("strict").f1, 2) == 0.33


def test_spurious_type_shows_in_macro():
    found = evaluate([[(0, 1, "A"), (2, 3, "A")]], [[(0, 1, "A"), (1, 2, "B"), (2, 3, "A")]])
    assert found.counts().f1 == pytest.approx(0.80)
    assert found.macro_f1() == 0.50


def test_greedy_trap_of_nervaluate():
    for predicted in ([(0, 4, "A"), (0, 10, "A")], [(0, 10, "A"), (0, 4, "A")]):
        assert evaluate([[(0, 10, "A")]], [predicted]).counts().f1 == pytest.approx(2 / 3)


def _repaired(tags: list[str]) -> list[str]:
    """An I- that continues nothing of its kind becomes a B-, so that every reader agrees on the spans."""
    fixed = ["O"]
    for tag in tags:
        fixed.append("B" + tag[1:] if tag[0] == "I" and fixed[-1][1:] != tag[1:] else tag)
    return fixed[1:]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=8))
def test_same_digits_as_seqeval_and_seqscore(sentences):
    gold, predicted = ([_repaired(pair[side]) for pair in sentences] for side in (0, 1))
    mine = evaluate(spans_of_tags(gold, get_entities), spans_of_tags(predicted, get_entities)).counts()

    options = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    if any(tag != "O" for tags in gold + predicted for tag in tags):
        assert (mine.precision or 0.0) == precision_score(gold, predicted, **options)
        assert (mine.recall or 0.0) == recall_score(gold, predicted, **options)
        assert (mine.f1 or 0.0) == f1_score(gold, predicted, **options)
    theirs, _ = compute_scores([[_sequence(tags) for tags in predicted]], [[_sequence(tags) for tags in gold]])
    assert (mine.tp, mine.fp, mine.fn) == (theirs.true_pos, theirs.false_pos, theirs.false_neg)
    assert ((mine.precision or 0.0), (mine.recall or 0.0)) == (theirs.precision, theirs.recall)
    assert (mine.f1 or 0.0) == theirs.f1


def _sequence(tags: list[str]) -> AnnotatedSequence:
    return AnnotatedSequence.from_tokens_and_labels(["w"] * len(tags), tags, get_encoding("BIO"))
