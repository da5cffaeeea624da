"""How the marks of a corpus are shaped, and predicted spans brought into that shape."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.span import Span
from workbench.tag.shape import ANY_SHAPE, Shape, shape_of, shaped

STRICT = Shape(joined=("A",), before=".,;:)]}-–—/", after=",;:([{-–—/", balanced=True)


def entry(text: str, *spans: Span) -> Entry:
    return Entry(Document("d", text), Annotation(spans))


def many(text: str, *spans: Span, times: int = 100) -> list[Entry]:
    return [replace(entry(text, *spans), document=Document(f"d{n}", text)) for n in range(times)]


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("The New Express said", [(0, 3), (4, 15)], [(0, 15)]),
        ("Kabul\nKunduz", [(0, 5), (6, 12)], [(0, 5), (6, 12)]),  # a line's end parts them
        ("Kabul, Kunduz", [(0, 5), (7, 13)], [(0, 5), (7, 13)]),
        ("killed. Deka", [(6, 12)], [(8, 12)]),
        ("February 18 (today)", [(0, 13)], [(0, 11)]),
        ("a tehsil (revenue unit", [(2, 22)], [(2, 8)]),
        ("Basu) and", [(0, 5)], [(0, 4)]),
        ("the Militia (PRM) said", [(4, 17)], [(4, 17)]),
        ("-- ,", [(0, 4)], []),
        ("U.S. forces in A (B", [(0, 11), (15, 19)], [(0, 11), (15, 16)]),
    ],
)
def test_slips_are_mended(text: str, spans: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    found = shaped([Span(start, end, "A", 0.5) for start, end in spans], text, STRICT)
    assert [(span.start, span.end) for span in found] == expected
    assert all(span.label == "A" and span.score == pytest.approx(0.5) for span in found)


def test_only_labels_that_never_stand_side_by_side_are_joined() -> None:
    spans = [Span(0, 3, "B", 0.9), Span(4, 7, "B", 0.4)]
    assert shaped(spans, "one two", STRICT) == tuple(spans)
    [one] = shaped([replace(span, label="A") for span in spans], "one two", STRICT)
    assert one == Span(0, 7, "A")
    assert one.score == pytest.approx(0.6)  # the root of 0.9 * 0.4


def test_a_shape_is_what_the_corpus_never_does() -> None:
    text = "Reuters BBC said (six), -x-, (y"
    marks = [(0, 7, "S"), (8, 11, "S"), (17, 22, "N"), (24, 27, "N"), (29, 31, "N")]
    found = shape_of(many(text, *(Span(*mark) for mark in marks)))
    assert found.joined == ("N",)
    assert "-" not in found.before
    assert "-" not in found.after
    assert "," in found.before
    assert not found.balanced


def test_few_spans_say_nothing_of_what_is_never_done() -> None:
    assert shape_of(many("six died", Span(0, 3, "N"), times=150)) == ANY_SHAPE
    assert shape_of(many("six died", Span(0, 3, "N"), times=250)).balanced


@given(st.text(alphabet="ab ().,-\n", min_size=1, max_size=40), st.data())
def test_shaped_spans_stay_flat_inside_what_was_predicted_and_are_shaped_already(
    text: str, data: st.DataObject
) -> None:
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=2)))
    spans = [Span(start, end, data.draw(st.sampled_from("AB"))) for start, end in pairwise(edges)]
    found = shaped(spans, text, STRICT)
    assert all(left.end <= right.start for left, right in pairwise(found))
    covered = {place for span in spans for place in range(span.start, span.end)}
    for span in found:
        words = text[span.start : span.end]
        assert words.strip() == words
        assert words[0] not in STRICT.before
        assert words[-1] not in STRICT.after
        assert covered >= {n for n in range(span.start, span.end) if not text[n].isspace()}


@given(st.text(alphabet="ab ().,-", min_size=1, max_size=40))
def test_without_a_shape_nothing_changes(text: str) -> None:
    spans = (Span(0, len(text), "A", 0.3),)
    assert shaped(spans, text, ANY_SHAPE) == spans
