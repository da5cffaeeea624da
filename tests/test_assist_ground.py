"""Quotes to offsets: every status, one to one, and no number that the text does not say."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from assist_answers import Quote, alter, changed, elide, proposals_of, recase, respace, stands_there
from hypothesis import given
from hypothesis import strategies as st

from workbench.assist.fold import fold, fold_only
from workbench.assist.ground import ground
from workbench.assist.numbers import number_key, number_runs
from workbench.assist.proposal import Evidence, Grounded, Proposal, Status
from workbench.core.corpus import Entry, load_corpus
from workbench.core.workspace import Workspace, packaged

SCHEMA = Workspace(Path("/nowhere")).schema()
CORPUS = load_corpus(packaged("annotations/corpus.jsonl"))
TEXT = (
    "On January 9, gunmen killed at least six people and injured 12 others in Quetta. Police arrested 12 suspects; "
    "nearly 4,000 fled. The “unarmed” villagers of Adam Khel (AK) saw twenty-three bombs—and half a million rupees."
)


def one(label: str, quote: str, left: str = "", right: str = "", occurrence: int | None = None) -> Grounded:
    return ground(TEXT, [Proposal(label, quote, left, right, occurrence)], SCHEMA).grounded[0]


def surface(found: Grounded) -> str | None:
    return found.span and TEXT[found.span.start : found.span.end]


@pytest.mark.parametrize(
    ("label", "quote", "status", "expected"),
    [
        ("FIGURE_KILLED", "at least six", Status.VERBATIM, "at least six"),
        ("FIGURE_KILLED", "At  Least\nSIX", Status.FOLDED, "at least six"),
        ("FIGURE_KILLED", " at least six, ", Status.VERBATIM, "at least six"),
        ("TARGET", '"unarmed" villagers', Status.FOLDED, "“unarmed” villagers"),
        ("EVENT_EXPLOSION", "bombs - and", Status.FOLDED, "bombs—and"),
        ("LOCATION", "Adam … (AK)", Status.ELIDED, "Adam Khel (AK)"),
        ("LOCATION", "the Adam Kel (AK)", Status.NEAR, None),
        ("ACTOR", "the gunmen", Status.NEAR, "gunmen"),
        ("TARGET", "vilagers", Status.NEAR, "villagers"),
        ("FIGURE_OTHER", "twenty-three", Status.VERBATIM, "twenty-three"),
    ],
)
def test_a_quote_is_found_however_it_is_written(label: str, quote: str, status: Status, expected: str | None) -> None:
    found = one(label, quote)
    if expected is None:
        assert found.span is None
    else:
        assert (found.status, surface(found)) == (status, expected)


@pytest.mark.parametrize(
    ("label", "quote", "status"),
    [
        ("FIGURE_KILLED", "at least nine", Status.NUMBER),
        ("FIGURE_KILLED", "at most six", Status.NUMBER),
        ("FIGURE_KILLED", "6", Status.NUMBER),
        ("FIGURE_OTHER", "4000", Status.NUMBER),
        ("FIGURE_OTHER", "4.000", Status.NUMBER),
        ("FIGURE_OTHER", "000", Status.NUMBER),
        ("FIGURE_OTHER", "4", Status.NUMBER),
        ("FIGURE_OTHER", "three", Status.NUMBER),
        ("FIGURE_OTHER", "twenty", Status.NUMBER),
        ("FIGURE_OTHER", "million", Status.NUMBER),
        ("DATE", "January 8", Status.NUMBER),
        ("DATE", "June 9", Status.NUMBER),
        ("TARGET", "armed villagers", Status.ABSENT),
        ("TARGET", "13 suspects", Status.NUMBER),
        ("ACTOR", "gun", Status.ABSENT),
        ("ACTOR", "militants", Status.ABSENT),
        ("NOBODY", "gunmen", Status.LABEL),
        ("ACTOR", " ,; ", Status.EMPTY),
        ("FIGURE_KILLED", "at lest six", Status.NUMBER),
    ],
)
def test_what_the_text_does_not_say_is_refused_with_its_reason(label: str, quote: str, status: Status) -> None:
    found = one(label, quote)
    assert (found.status, found.span) == (status, None)


def test_a_number_elsewhere_is_not_the_number_between_the_quoted_words() -> None:
    found = one("FIGURE_KILLED", "9", "killed at least", "people")
    assert (found.status, found.span, found.places) == (Status.CONTEXT, None, ((11, 12),))


def test_superscripts_are_no_digits() -> None:
    found = ground("They seized 6² bags.", [Proposal("FIGURE_OTHER", "62")], SCHEMA).grounded[0]
    assert (found.status, found.span) == (Status.NUMBER, None)


def test_fullwidth_digits_are_the_same_digits() -> None:
    found = ground("They seized ６２ bags.", [Proposal("FIGURE_OTHER", "62")], SCHEMA).grounded[0]
    assert found.span is not None
    assert (found.status, found.span.start, found.span.end) == (Status.FOLDED, 12, 14)


def both(*proposals: Proposal) -> list[tuple[str | None, Evidence | None, str]]:
    found = ground(TEXT, proposals, SCHEMA).grounded
    return [(str(each.span.start) if each.span else None, each.evidence, each.status.value) for each in found]


INJURED, DETAINED = Proposal("FIGURE_INJURED", "12"), Proposal("FIGURE_DETAINED", "12")
FIRST, SECOND = str(TEXT.index("12")), str(TEXT.rindex("12"))


def test_a_repeated_number_without_evidence_is_flagged_and_not_placed() -> None:
    grounding = ground(TEXT, [DETAINED, INJURED], SCHEMA)
    assert grounding.spans == ()
    assert [each.status for each in grounding.to_review] == [Status.AMBIGUOUS] * 2
    assert grounding.hallucinated == ()


def test_context_tells_repeats_apart_in_any_order() -> None:
    arrested = Proposal("FIGURE_DETAINED", "12", "Police arrested", "suspects")
    injured = Proposal("FIGURE_INJURED", "12", "and injured", "others in")
    assert both(arrested, injured) == [(SECOND, Evidence.CONTEXT, "verbatim"), (FIRST, Evidence.CONTEXT, "verbatim")]


def test_the_occurrence_tells_them_apart_where_there_is_no_context() -> None:
    assert both(Proposal("FIGURE_DETAINED", "12", occurrence=2)) == [(SECOND, Evidence.OCCURRENCE, "verbatim")]


def test_what_one_proposal_takes_the_other_cannot_have() -> None:
    arrested = Proposal("FIGURE_DETAINED", "12", "Police arrested")
    assert both(INJURED, arrested) == [(FIRST, Evidence.REST, "verbatim"), (SECOND, Evidence.CONTEXT, "verbatim")]


def test_an_answer_in_text_order_settles_its_repeats_and_asks_for_a_look() -> None:
    answer = [Proposal("ACTOR", "gunmen"), INJURED, Proposal("LOCATION", "Quetta"), DETAINED]
    found = ground(TEXT, answer, SCHEMA)
    assert [str(each.span.start) for each in found.grounded if each.span][1::2] == [FIRST, SECOND]
    assert [each.proposal.label for each in found.to_review] == ["FIGURE_INJURED", "FIGURE_DETAINED"]


def test_a_disorderly_answer_settles_nothing() -> None:
    answer = [Proposal("LOCATION", "Quetta"), INJURED, Proposal("ACTOR", "gunmen"), DETAINED]
    assert [status for _, _, status in both(*answer)] == ["verbatim", "ambiguous", "verbatim", "ambiguous"]


def test_equal_proposals_fill_all_places_and_what_is_over_is_surplus() -> None:
    found = both(*[Proposal("FIGURE_OTHER", "12")] * 3)
    assert [status for _, _, status in found] == ["verbatim", "verbatim", "surplus"]
    assert {start for start, _, _ in found} == {FIRST, SECOND, None}


def test_of_overlapping_spans_the_longer_stays() -> None:
    found = both(Proposal("LOCATION", "Khel"), Proposal("TARGET", "villagers of Adam Khel"))
    assert [status for _, _, status in found] == ["overlap", "verbatim"]


def test_of_two_labels_for_the_same_words_the_first_of_the_schema_stays_for_review() -> None:
    grounding = ground(TEXT, [Proposal("TARGET", "Police"), Proposal("ACTOR", "Police")], SCHEMA)
    assert [span.label for span in grounding.spans] == ["ACTOR"]
    assert [each.proposal.label for each in grounding.to_review] == ["ACTOR"]


def test_a_text_without_spaces_between_words_can_be_marked_anywhere() -> None:
    found = ground("武装分子在喀布尔杀害六人。", [Proposal("LOCATION", "喀布尔")], SCHEMA).spans
    assert [(span.start, span.end) for span in found] == [(5, 8)]


@pytest.mark.parametrize(
    ("phrase", "runs"),
    [
        ("one hundred and five men", ["one hundred and five"]),
        ("six, seven", ["six", "seven"]),
        ("half a million of 4 million", ["half a million", "4 million"]),
        ("August 20 2 people", ["20", "2"]),
        ("10-15 of 2,500", ["10-15", "2,500"]),
        ("several hundred", ["several hundred"]),
    ],
)
def test_numbers_are_taken_whole(phrase: str, runs: list[str]) -> None:
    assert [phrase[start:end] for start, end in number_runs(phrase)] == runs


def test_number_keys_compare_what_is_written() -> None:
    assert number_key("Six of 12 and six") == ("12", "six", "six")
    assert number_key("½ of ٣") == ("3", "½")


@given(st.text(max_size=60))
def test_folding_keeps_a_way_back_for_every_character(text: str) -> None:
    folded = fold(text)
    assert folded.text == fold_only(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(folded.starts, folded.ends, strict=True))
    assert folded.starts == sorted(folded.starts)


texts = st.text(alphabet="ab 1,2-–'\"“é\u0301ﬁ²６\n(", min_size=1, max_size=40)


@given(texts, st.lists(st.tuples(st.sampled_from(SCHEMA.names), texts, texts, texts), max_size=6))
def test_whatever_is_proposed_only_flat_spans_of_the_text_come_out(
    text: str, said: list[tuple[str, str, str, str]]
) -> None:
    proposals = [Proposal(*each) for each in said]
    grounding = ground(text, proposals, SCHEMA)
    assert len(grounding.grounded) == len(proposals)
    spans = grounding.spans
    assert all(span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    for found in grounding.grounded:
        if found.span:
            assert number_key(text[found.span.start : found.span.end]) == number_key(found.proposal.quote)


@given(st.data())
def test_a_span_quoted_with_its_context_comes_back_exactly(data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(CORPUS))
    change = data.draw(st.sampled_from([recase, respace, lambda quote, _: quote]))
    quotes = changed(proposals_of(entry), change, random.Random(data.draw(st.integers(0, 99))))  # noqa: S311
    quotes = data.draw(st.permutations(quotes))
    grounding = ground(entry.document.text, [quote.proposal for quote in quotes], SCHEMA)
    for found, quote in zip(grounding.grounded, quotes, strict=True):
        assert found.span is None or found.span == quote.gold
    placed = sum(each.span is not None for each in grounding.grounded)
    assert placed >= 0.9 * len(quotes)


@given(st.sampled_from(CORPUS), st.integers(0, 10_000), st.booleans())
def test_an_altered_number_is_never_accepted(entry: Entry, seed: int, context: bool) -> None:
    draw = random.Random(seed)  # noqa: S311
    for quote in proposals_of(entry, context=context):
        new = alter(quote.proposal.quote, draw)
        if new is None:
            continue
        proposal = Proposal(quote.proposal.label, new, quote.proposal.left, quote.proposal.right)
        if not stands_there(entry.document.text, proposal, context=context):
            assert ground(entry.document.text, [proposal], SCHEMA).spans == ()


def test_long_names_with_their_middle_cut_out_come_back_whole() -> None:
    told = exact = 0
    for entry in CORPUS:
        quotes: list[Quote] = changed(proposals_of(entry), elide, random.Random(0))  # noqa: S311
        found = ground(entry.document.text, [quote.proposal for quote in quotes], SCHEMA).grounded
        for each, quote in zip(found, quotes, strict=True):
            if {"...", "…"} & set(quote.proposal.quote.split()) and not number_key(quote.proposal.quote):
                told += 1
                exact += each.span == quote.gold
    assert told > 30
    assert exact / told > 0.97
