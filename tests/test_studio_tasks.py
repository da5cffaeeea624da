"""Tasks, predictions, and the score that orders them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import CorpusError, InputError
from workbench.core.span import Relation, Span
from workbench.studio.labeling import Controls
from workbench.studio.tasks import (
    SCORE_OF_NOTHING,
    content_hash,
    meaning,
    meaning_of_result,
    prediction,
    read_task_data,
    task_data,
    task_score,
)


@given(
    st.text(st.sampled_from("ab \n\u00a0😀e\u0301漢\x00"), max_size=30),
    st.none() | st.just("2024-05-08"),
    st.dictionaries(st.sampled_from(["district", "url", "n"]), st.integers() | st.just("x"), max_size=3),
)
def test_a_document_comes_back_whole(text: str, published: str | None, fields: dict[str, object]) -> None:
    document = Document("b-1", text, published=published, source="Daily", fields=fields)
    read = read_task_data(task_data(document), task=7)
    assert read.document == document
    assert read.document.fields == fields
    assert (read.edited, read.known) == (False, True)


def test_an_edited_text_is_seen() -> None:
    data = task_data(Document("b-1", "Six men killed"))
    assert read_task_data(data | {"text": "Five men killed"}, task=7).edited


def test_a_task_of_another_import_has_a_name_and_no_check() -> None:
    read = read_task_data({"text": "a\r\nb", "district": "X"}, task=7)
    assert (read.document.id, read.document.text, read.document.fields) == ("task-7", "a\nb", {"district": "X"})
    assert (read.known, read.edited) == (False, False)
    assert [read.place(offset) for offset in (0, 1, 3, 4)] == [0, 1, 2, 3]


def test_a_task_without_text_is_named() -> None:
    with pytest.raises(CorpusError, match="task 7 has no text in its field 'text'; found title"):
        read_task_data({"title": "x"}, task=7)


def test_a_lone_surrogate_is_named_before_it_is_sent() -> None:
    with pytest.raises(CorpusError, match="bulletin b-1 holds a lone surrogate at character 2"):
        task_data(Document("b-1", "ab\ud800"))


def test_content_is_known_by_its_hash_or_its_text() -> None:
    document = Document("b-1", "Six men")
    assert content_hash(task_data(document), controls=Controls()) == document.hash
    assert content_hash({"text": "Six men"}, controls=Controls()) == document.hash
    assert content_hash({"image": "x.png"}, controls=Controls()) is None


def _annotation(*scores: float | None) -> Annotation:
    return Annotation(tuple(Span(i, i + 1, "A", score) for i, score in enumerate(scores)), origin="model")


def test_the_score_is_the_geometric_mean() -> None:
    assert task_score(_annotation(0.9, 0.4)) == pytest.approx(0.6)
    assert task_score(_annotation(0.8, None)) == pytest.approx(0.8)
    assert task_score(_annotation(None)) is None
    assert task_score(_annotation()) == SCORE_OF_NOTHING == 0.5
    assert task_score(_annotation(0.0, 1.0)) == pytest.approx(1e-3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_score_lies_between_the_least_and_the_most_sure(scores: list[float]) -> None:
    score = task_score(_annotation(*scores))
    assert score is not None
    assert max(min(scores), 1e-6) - 1e-9 <= score <= max(max(scores), 1e-6) + 1e-9
    assert not math.isnan(score)


def test_a_prediction_names_its_model() -> None:
    entry = Entry(Document("b", "Six"), Annotation((Span(0, 3, "A", 0.25),), origin="model", model_version="m2"))
    made = prediction(entry)
    assert (made["model_version"], made["score"], len(made["result"])) == ("m2", 0.25, 1)
    with pytest.raises(InputError, match="bulletin b carries no annotation"):
        prediction(Entry(Document("b", "Six")))


def test_the_meaning_does_not_depend_on_scores_or_ids() -> None:
    entry = Entry(
        Document("b", "Six men"),
        Annotation((Span(0, 3, "A", 0.5), Span(4, 7, "B")), (Relation(0, 1, "x"),), origin="model"),
    )
    result = prediction(entry)["result"]
    assert entry.annotation is not None
    same = meaning((Span(0, 3, "A"), Span(4, 7, "B")), entry.annotation.relations)
    assert meaning_of_result("Six men", result) == same
    assert meaning((Span(0, 3, "A"),), ()) != same
    # What was chosen for a span is something said: annotators who differ in it differ.
    chosen = [meaning((Span(0, 3, "A", None, choices),), ()) for choices in ((), (("c", "x"),), (("c", "y"),))]
    assert len(set(chosen)) == 3
    assert meaning_of_result("Sixmen", result) is None
