"""What two labellings must have in common, and what is left out of the gold."""

import pytest
from score_help import entries, entry, schema_of

from workbench.core.corpus import Document, Entry
from workbench.core.errors import CorpusError, SchemaError
from workbench.score.counts import Counts
from workbench.score.evaluation import evaluate_entries

SCHEMA = schema_of("AB")


def test_other_documents_are_refused():
    with pytest.raises(CorpusError, match=r"p\.jsonl lacks 1 of the 2 bulletins of g\.jsonl \(first: 'd1'\)"):
        evaluate_entries(entries([[], []]), entries([[]]), SCHEMA, gold_name="g.jsonl", predicted_name="p.jsonl")
    with pytest.raises(CorpusError, match="the predicted has 1 bulletins that the gold does not have"):
        evaluate_entries(entries([[]]), entries([[], []]), SCHEMA)


def test_another_text_is_refused():
    gold, predicted = [entry([], text="six killed")], [entry([], text="six died")]
    with pytest.raises(
        CorpusError, match=r"bulletin d has another text .* part at character 4: 'died', expected 'killed'"
    ):
        evaluate_entries(gold, predicted, SCHEMA)


def test_another_schema_is_refused():
    with pytest.raises(SchemaError, match="the predicted, bulletin d0, has the label 'Z'"):
        evaluate_entries(entries([[]]), entries([[(0, 1, "Z")]]), SCHEMA)


def test_no_gold_is_refused():
    unlabelled = [Entry(Document("d0", "x" * 60))]
    with pytest.raises(CorpusError, match="the gold holds no labelled bulletin"):
        evaluate_entries(unlabelled, entries([[]]), SCHEMA)
    with pytest.raises(CorpusError, match="bulletin d0 is unlabelled in the predicted"):
        evaluate_entries(entries([[]]), unlabelled, SCHEMA)


def test_assisted_gold_counts_only_when_asked_for():
    gold = [entry([(0, 1, "A")], name="own"), entry([(0, 1, "A")], name="helped", assisted=True)]
    predicted = [entry([(0, 1, "A")], name="own"), entry([], name="helped")]
    found = evaluate_entries(gold, predicted, SCHEMA)
    assert (found.documents, found.assisted, found.counts()) == (1, 1, Counts(tp=1))
    found = evaluate_entries(gold, predicted, SCHEMA, include_assisted=True)
    assert (found.documents, found.assisted, found.counts()) == (2, 0, Counts(tp=1, fn=1))
    with pytest.raises(CorpusError, match="all annotated from suggestions"):
        evaluate_entries(gold[1:], predicted, SCHEMA)


def test_unlabelled_gold_is_left_out_and_counted():
    gold = [entry([(0, 1, "A")], name="a"), Entry(Document("b", "x" * 60))]
    predicted = [entry([(0, 1, "A")], name="a"), entry([(0, 1, "A")], name="b")]
    found = evaluate_entries(gold, predicted, SCHEMA)
    assert (found.documents, found.unlabelled, found.counts()) == (1, 1, Counts(tp=1))


def test_data_hash_knows_texts_and_gold_spans_only():
    one = evaluate_entries(entries([[(0, 1, "A")], []]), entries([[], []]), SCHEMA).data_hash
    renamed = [entry([(0, 1, "A")], name="x"), entry([], name="y")]
    assert evaluate_entries(renamed, renamed, SCHEMA).data_hash == one
    assert evaluate_entries(entries([[(0, 1, "B")], []]), entries([[], []]), SCHEMA).data_hash != one
