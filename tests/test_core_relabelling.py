"""Labels renamed, merged and split: what becomes of spans and relations, and which changes cannot be."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import InputError
from workbench.core.relabelling import (
    REVIEW,
    Part,
    Relabelling,
    load_relabelling,
    relabel_entry,
    relabelling,
    relabelling_of,
)
from workbench.core.span import Relation, Span

TEXT = "Six men and 40 rupees in Quetta."
MONEY = [Part("MONEY", r"\d+ rupees"), Part("REST")]


def entry(*spans: Span, relations: tuple[Relation, ...] = ()) -> Entry:
    return Entry(Document("b", TEXT, fields={"district": "Quetta"}), Annotation(spans, relations, author="anna"))


def test_a_rename_changes_the_label_alone() -> None:
    before = entry(Span(0, 3, "A", 0.5), Span(4, 7, "B"))
    after = relabel_entry(before, relabelling(renames={"A": "C"}))
    assert after == replace(before, annotation=replace(before.annotation, spans=(Span(0, 3, "C"), Span(4, 7, "B"))))  # type: ignore[type-var]
    assert after.spans[0].score == 0.5
    assert after.document.fields == {"district": "Quetta"}


def test_an_entry_without_the_label_is_the_very_same() -> None:
    before = entry(Span(0, 3, "A"))
    assert relabel_entry(before, relabelling(renames={"B": "C"})) is before
    bare = Entry(Document("b", TEXT))
    assert relabel_entry(bare, relabelling(renames={"A": "C"})) is bare


def test_spans_that_become_alike_are_one_and_relations_follow() -> None:
    spans = (Span(0, 3, "A"), Span(0, 3, "B"), Span(25, 31, "X"))
    before = entry(*spans, relations=(Relation(0, 1, "r"), Relation(0, 2, "r"), Relation(1, 2, "r")))
    after = relabel_entry(before, relabelling(merges={"C": ["A", "B"]}))
    assert after.spans == (Span(0, 3, "C"), Span(25, 31, "X"))
    assert after.annotation is not None
    assert after.annotation.relations == (Relation(0, 1, "r"),)


def test_what_was_chosen_for_both_stays() -> None:
    spans = (Span(0, 3, "A", choices=(("sure", "no"),)), Span(0, 3, "B", choices=(("sure", "no"), ("kind", "x"))))
    after = relabel_entry(entry(*spans), relabelling(merges={"C": ["A", "B"]}))
    assert [span.choices for span in after.spans] == [(("sure", "no"), ("kind", "x"))]


def test_a_split_goes_by_the_first_rule_that_fits_and_then_by_the_rest() -> None:
    after = relabel_entry(entry(Span(0, 3, "N"), Span(12, 21, "N")), relabelling(splits={"N": MONEY}))
    assert [span.label for span in after.spans] == ["REST", "MONEY"]
    assert REVIEW not in after.document.fields


def test_what_no_rule_decides_is_marked_for_review_once() -> None:
    change = relabelling(splits={"N": [Part("ONE"), Part("TWO")]})
    after = relabel_entry(entry(Span(0, 3, "N"), Span(4, 7, "X")), change)
    assert [span.label for span in after.spans] == ["ONE", "X"]
    assert after.document.fields[REVIEW] == [{"start": 0, "end": 3, "was": "N"}]
    keeping = relabelling(splits={"N": [Part("N", "never"), Part("TWO", "never")]})
    once = relabel_entry(entry(Span(0, 3, "N")), keeping)
    assert relabel_entry(once, keeping).document.fields == once.document.fields


@pytest.mark.parametrize(
    ("renames", "merges", "splits", "said"),
    [
        ({"A": "B", "B": "C"}, {}, {}, "two migrations"),
        ({"A": "B", "B": "A"}, {}, {}, "two migrations"),
        ({"A": "N"}, {}, {"N": MONEY}, "two migrations"),
        ({"A": "B"}, {"C": ["A"]}, {}, "changed twice"),
        ({}, {}, {}, "no change"),
    ],
)
def test_changes_that_cannot_be(
    renames: dict[str, str], merges: dict[str, list[str]], splits: dict[str, list[Part]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        relabelling(renames=renames, merges=merges, splits=splits)


def test_a_rule_that_is_no_expression_is_said() -> None:
    with pytest.raises(InputError, match="no regular expression"):
        Part("X", "(")


def test_a_file_declares_the_same_as_options(tmp_path: Path) -> None:
    path = tmp_path / "change.toml"
    path.write_text(
        '[rename]\nA = "B"\n[merge]\nC = ["D", "E"]\n[[split.N]]\nlabel = "MONEY"\npattern = "rupees"\n'
        '[[split.N]]\nlabel = "REST"\n',
        encoding="utf-8",
    )
    same = relabelling(
        renames={"A": "B"}, merges={"C": ["D", "E"]}, splits={"N": [Part("MONEY", "rupees"), Part("REST")]}
    )
    assert load_relabelling(path).table() == same.table() == relabelling_of(same.table()).table()
    path.write_text("[renames]\nA = 'B'\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"change\.toml has the unknown table 'renames'"):
        load_relabelling(path)


NAMES = st.sampled_from("ABCDN")
SPANS = st.lists(st.builds(lambda a, n, x: Span(a, a + n, x), st.integers(0, 20), st.integers(1, 9), NAMES), max_size=6)
CHANGES = st.sampled_from(
    [
        relabelling(renames={"A": "Z"}),
        relabelling(merges={"C": ["A", "B", "C"]}),
        relabelling(splits={"N": [Part("N1", "[aeiou]"), Part("N")]}),
        relabelling(renames={"D": "Y"}, splits={"N": [Part("N1", "x"), Part("N2", "y")]}),
    ]
)


@given(SPANS, st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=5), CHANGES)
def test_places_never_move_and_a_second_time_changes_nothing(
    spans: list[Span], pairs: list[tuple[int, int]], change: Relabelling
) -> None:
    unique = tuple(sorted({span for span in spans if TEXT[span.start : span.end].strip()}))
    links = tuple(sorted({Relation(a, b, "r") for a, b in pairs if a != b and max(a, b) < len(unique)}))
    before = entry(*unique, relations=links)
    after = relabel_entry(before, change)
    assert {(s.start, s.end) for s in after.spans} == {(s.start, s.end) for s in before.spans}
    assert {change.of(s.label, before.surface(s))[0] for s in before.spans} == {s.label for s in after.spans}
    again = relabel_entry(after, change)
    assert (again.annotation, again.document.fields) == (after.annotation, after.document.fields)
