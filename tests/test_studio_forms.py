"""Regions and spans: the round trip keeps every character, and nothing is dropped without a word."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.core.corpus import Annotation, Document, sorted_annotation
from workbench.core.span import Relation, Span
from workbench.studio.forms import read_regions, regions, same_text
from workbench.studio.labeling import Controls

AWKWARD = "ab \n\u00a0\u200bé😀👩\u200d🚒e\u0301ß漢\t\\n&<>\"'"
ANY = (st.integers(1, 0xD7FF) | st.integers(0xE000, 0x10FFFF)).map(chr).filter(lambda character: character != "\r")
TEXTS = st.text(st.sampled_from(AWKWARD) | ANY, min_size=1, max_size=60)


@st.composite
def annotated(draw: st.DrawFn) -> tuple[Document, Annotation]:
    text = draw(TEXTS)
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)))
    pairs = draw(st.lists(places.filter(lambda p: p[0] < p[1] and bool(text[p[0] : p[1]].strip())), max_size=6))
    labels = st.sampled_from(["A", "B", "EVENT_ATTACK"])
    scores = st.none() | st.floats(0, 1).map(lambda value: round(value, 6))
    chosen = st.lists(
        st.tuples(st.sampled_from(["certainty", "stance"]), st.sampled_from("yno")), max_size=3, unique=True
    )
    sets = chosen.map(lambda some: tuple(sorted(some)))
    spans = list(dict.fromkeys(Span(start, end, draw(labels), draw(scores), draw(sets)) for start, end in pairs))
    links = st.tuples(st.integers(0, max(0, len(spans) - 1)), st.integers(0, max(0, len(spans) - 1)))
    relations = [
        Relation(a, b, draw(st.sampled_from(["figure_of", "claimed_by"])))
        for a, b in (draw(st.lists(links, max_size=4)) if spans else [])
        if a != b
    ]
    return Document("b-1", text), sorted_annotation(Annotation(tuple(spans), tuple(dict.fromkeys(relations))))


@given(annotated())
def test_what_goes_out_comes_back(pair: tuple[Document, Annotation]) -> None:
    document, annotation = pair
    result = regions(document, annotation)
    reading = read_regions(document.text, result)
    assert reading.problems == ()
    assert reading.spans == annotation.spans
    assert [span.score for span in reading.spans] == [span.score for span in annotation.spans]
    assert [span.choices for span in reading.spans] == [span.choices for span in annotation.spans]
    assert reading.relations == annotation.relations
    assert reading.assisted == bool(annotation.spans)
    texts = [item["value"]["text"] for item in result if item["type"] == "labels"]
    assert texts == [document.text[span.start : span.end] for span in annotation.spans]


@given(annotated())
def test_region_ids_are_unique_and_stay(pair: tuple[Document, Annotation]) -> None:
    document, annotation = pair
    ids = [item["id"] for item in regions(document, annotation) if item["type"] == "labels"]
    assert len(set(ids)) == len(ids)
    assert ids == [item["id"] for item in regions(document, annotation) if item["type"] == "labels"]


@given(annotated())
def test_the_text_of_the_page_is_only_compared(pair: tuple[Document, Annotation]) -> None:
    """The page runs spaces together and writes a line end as a backslash and an n: neither is a mismatch."""
    document, annotation = pair
    result = regions(document, annotation)
    for item in result:
        if item["type"] == "labels":
            item["value"]["text"] = " ".join(item["value"]["text"].replace("\n", "\\n").split())
    reading = read_regions(document.text, result)
    assert (reading.problems, reading.spans) == ((), annotation.spans)


@given(annotated(), st.integers(1, 3))
def test_shifted_regions_are_named(pair: tuple[Document, Annotation], shift: int) -> None:
    document, annotation = pair
    assume(annotation.spans)
    result = [item for item in regions(document, annotation) if item["type"] == "labels"]
    longer = "#" * shift + document.text
    reading = read_regions(longer, result)
    kept = {(span.start, span.end) for span in reading.spans}
    for item in result:
        value = item["value"]
        fits = same_text(value["text"], longer[value["start"] : value["end"]])
        assert fits == ((value["start"], value["end"]) in kept)
    assert bool(reading.problems) == (len(kept) < len({(s.start, s.end) for s in annotation.spans}))


def _region(**changes: object) -> dict[str, object]:
    value = {"start": 0, "end": 3, "text": "Six", "labels": ["FIGURE_KILLED"]} | changes
    return {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": value}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": "Five"}, "it says 'Five', but the text there is 'Six'"),
        ({"end": 99}, "ends beyond the text of 14 characters"),
        ({"start": 3, "end": 0}, "a span runs from 3 to 0"),
        ({"start": "0"}, "a span's start is '0'"),
        ({"start": -1}, "a span runs from -1 to 3"),
        ({"labels": []}, "it has no label"),
        ({"labels": [""]}, "expected a name"),
        ({"start": 3, "end": 4, "text": " "}, "it covers only spaces"),
    ],
)
def test_a_bad_region_is_named(changes: dict[str, object], reason: str) -> None:
    reading = read_regions("Six men killed", [_region(**changes)])
    assert reading.spans == ()
    assert len(reading.problems) == 1
    assert reason in reading.problems[0]


def test_regions_counted_in_utf16_are_recognised() -> None:
    reading = read_regions("😀😀 Six men", [_region(start=5, end=8, text="Six")])
    assert "UTF-16" in reading.problems[0]


def test_a_region_given_twice_is_one_span_and_counted() -> None:
    twice = [_region(), _region() | {"id": "r2"}]
    reading = read_regions("Six men killed", [*twice, {"type": "relation", "from_id": "r2", "to_id": "r3"}])
    assert reading.spans == (Span(0, 3, "FIGURE_KILLED"),)
    assert reading.doubles == 1
    assert reading.problems == ("a relation links the region r3, which is not there",)


def test_a_region_with_two_labels_is_two_spans() -> None:
    reading = read_regions("Six men killed", [_region(labels=["A", "B"])])
    assert reading.spans == (Span(0, 3, "A"), Span(0, 3, "B"))


def test_what_was_chosen_for_a_region_is_in_each_of_its_spans_once() -> None:
    sure = {"id": "r1", "from_name": "sure", "type": "choices", "value": {"start": 0, "end": 3, "choices": ["no", "b"]}}
    reading = read_regions("Six men killed", [sure, _region(labels=["A", "B"]), sure])
    assert [(span.label, span.choices) for span in reading.spans] == [
        ("A", (("sure", "no"), ("sure", "b"))),
        ("B", (("sure", "no"), ("sure", "b"))),
    ]
    assert (reading.problems, reading.doubles) == ((), 0)


def test_answers_of_other_controls_are_kept() -> None:
    result = [
        {"id": "r0", "from_name": "label", "type": "labels", "value": {"start": 4, "end": 7, "labels": ["TARGET"]}},
        _region(),
        {"id": "r1", "from_name": "sure", "type": "choices", "value": {"start": 0, "end": 3, "choices": ["no"]}},
        {"id": "r0", "from_name": "note", "type": "textarea", "value": {"start": 4, "end": 7, "text": ["who?"]}},
        {"id": "r0", "from_name": "many", "type": "number", "value": {"start": 4, "end": 7, "number": 3}},
        {"id": "x", "from_name": "topic", "type": "choices", "value": {"choices": ["war"]}},
    ]
    reading = read_regions("Six men killed", result)
    assert [span.label for span in reading.spans] == ["FIGURE_KILLED", "TARGET"]
    assert [span.choices for span in reading.spans] == [(("sure", "no"),), ()]
    assert reading.values == (
        {"span": 1, "name": "note", "value": ["who?"]},
        {"span": 1, "name": "many", "value": 3},
    )
    assert reading.answers == {"topic": ["war"]}
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("right", (Relation(0, 1, "figure_of"),)),
        ("left", (Relation(1, 0, "figure_of"),)),
        ("bi", (Relation(0, 1, "figure_of"), Relation(1, 0, "figure_of"))),
    ],
)
def test_relations_follow_their_direction(direction: str, expected: tuple[Relation, ...]) -> None:
    other = {"id": "r2", "type": "labels", "value": {"start": 8, "end": 14, "labels": ["EVENT_ATTACK"]}}
    link = {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": direction, "labels": ["figure_of"]}
    assert read_regions("Six men killed", [link, other, _region()]).relations == expected


def test_an_unnamed_relation_is_kept_as_related() -> None:
    other = {"id": "r2", "type": "labels", "value": {"start": 8, "end": 14, "labels": ["EVENT_ATTACK"]}}
    link = {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right"}
    assert read_regions("Six men killed", [link, other, _region()]).relations == (Relation(0, 1, "related"),)


def test_what_is_no_text_region_is_named() -> None:
    reading = read_regions("Six", [{"id": "b", "type": "rectanglelabels", "value": {"x": 1}}, "nonsense"])
    assert len(reading.problems) == 2


def test_other_control_names_are_used() -> None:
    made = regions(Document("b", "Six"), Annotation((Span(0, 3, "A"),)), controls=Controls("ner", "body"))
    assert (made[0]["from_name"], made[0]["to_name"], made[0]["origin"]) == ("ner", "body", "prediction")
