"""Event records and report fields held against gold, on cases worked out by hand."""

import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.score.counts import Counts
from workbench.score.events import EventFields, aligned, event_intervals, score_events
from workbench.score.fields import field_intervals, score_fields

RECORD = ("type", "place", "killed")


def event(type_: str, place: str | None = None, killed: int | None = None, *, documents: str = "a") -> EventFields:
    return EventFields(frozenset(documents.split()), {"type": type_, "place": place, "killed": killed})


def counts(gold: list[EventFields], predicted: list[EventFields], **found: Counts) -> None:
    scores = score_events(gold, predicted, record=RECORD, documents="ab")
    assert {name: scores.counts(name) for name in found} == found


def test_a_record_is_right_where_all_its_fields_are() -> None:
    gold = [event("attack", "Kabul", 6), event("blast", "Herat"), event("talks")]
    predicted = [event("blast", "Herat", 2), event("attack", "Kabul", 6), event("talks")]
    counts(
        gold,
        predicted,
        record=Counts(2, 1, 1),
        type=Counts(3, 0, 0),
        place=Counts(2, 0, 0),
        killed=Counts(1, 1, 0),
    )


def test_one_gold_event_is_no_two_predicted_ones() -> None:
    same = event("attack", "Kabul", 6)
    counts([same], [same, same], record=Counts(1, 1, 0), killed=Counts(1, 1, 0))


def test_events_are_aligned_for_the_most_agreement_not_in_order() -> None:
    """Greedy would give the first gold event the only partner of the second."""
    gold = [event("attack", "Kabul", 6), event("attack", "Kabul", 2)]
    predicted = [event("attack", "Kabul", 2), event("attack", None, 6)]
    for order in permutations(predicted):
        pairs = {(one.values["killed"], other.values["killed"]) for one, other in aligned(gold, order)}
        assert pairs == {(6, 6), (2, 2)}


def test_events_of_different_bulletins_are_never_one() -> None:
    counts([event("attack", "Kabul", 6)], [event("attack", "Kabul", 6, documents="b")], record=Counts(0, 1, 1))


def test_an_event_of_two_bulletins_meets_one_that_was_made_of_either() -> None:
    merged = event("attack", "Kabul", 6, documents="a b")
    scores = score_events([merged], [event("attack", "Kabul", 6, documents="b")], record=RECORD, documents="abc")
    assert (scores.counts("record"), scores.documents, len(scores.table)) == (Counts(1, 0, 0), 3, 2)


def test_nothing_stated_on_either_side_is_undefined() -> None:
    scores = score_events([event("talks")], [event("talks")], record=RECORD, documents="a")
    assert scores.counts("killed").f1 is None
    assert scores.counts("record").f1 == 1.0
    assert set(event_intervals(scores).values()) == {None}
    nothing = score_events([], [], record=RECORD, documents=())
    assert nothing.counts("record").f1 is None


@st.composite
def some_events(draw: st.DrawFn) -> list[EventFields]:
    one = st.builds(
        event,
        st.sampled_from(["attack", "blast"]),
        st.sampled_from([None, "Kabul", "Herat"]),
        st.sampled_from([None, 1, 2]),
        documents=st.sampled_from(["a", "b", "a b"]),
    )
    return draw(st.lists(one, max_size=5))


@given(gold=some_events(), predicted=some_events(), seed=st.randoms())
def test_neither_order_nor_side_moves_a_score(gold: list[EventFields], predicted: list[EventFields], seed) -> None:  # type: ignore[no-untyped-def]
    scores = score_events(gold, predicted, record=RECORD, documents="ab")
    mixed = [list(side) for side in (gold, predicted)]
    for side in mixed:
        seed.shuffle(side)
    again = score_events(*mixed, record=RECORD, documents="ab")
    swapped = score_events(predicted, gold, record=RECORD, documents="ab")
    for name in ("record", *RECORD):
        one = scores.counts(name) if name in scores.names else Counts()
        assert one == (again.counts(name) if name in again.names else Counts())
        assert min(one.tp, one.fp, one.fn) >= 0
    record, other = scores.counts("record"), swapped.counts("record")
    assert (record.tp, record.fp, record.fn) == (other.tp, other.fn, other.fp)
    alone = score_events(gold, gold, record=RECORD, documents="ab").counts("record")
    assert (alone.tp, alone.fp, alone.fn) == (len(gold), 0, 0)


def test_intervals_are_drawn_over_bulletins_and_the_same_for_a_seed() -> None:
    names = [f"d{number}" for number in range(40)]
    gold = [event("attack", "Kabul", 6, documents=name) for name in names]
    predicted = [event("attack", "Kabul", 6 + (place % 4 == 0), documents=name) for place, name in enumerate(names)]
    scores = score_events(gold, predicted, record=RECORD, documents=names)
    found = event_intervals(scores, seed=3)
    record = found["record"]
    assert scores.counts("record") == Counts(30, 10, 10)
    assert record is not None
    assert 0.58 < record.low < 0.65
    assert 0.85 < record.high < 0.9
    assert found == event_intervals(scores, seed=3)
    assert found["type"] is not None
    assert (found["type"].low, found["type"].high) == (1.0, 1.0)


def test_fields_count_where_they_are_asked() -> None:
    answers = [{"killed": True, "date": False}, {"killed": True}, {}]
    scores = score_fields(answers, ("killed", "date", "province"))
    told = {name: (scores.right(name), scores.asked(name), scores.accuracy(name)) for name in scores.names}
    assert told == {"killed": (2, 2, 1.0), "date": (0, 1, 0.0), "province": (0, 0, None), "all": (1, 2, 0.5)}
    assert set(field_intervals(scores).values()) == {None}


def test_the_interval_of_a_share_is_the_binomials() -> None:
    """48 of 60: the normal interval is .699 to .901."""
    scores = score_fields([{"killed": place % 5 > 0} for place in range(60)], ("killed",))
    found = field_intervals(scores, resamples=10_000)["killed"]
    assert found is not None
    assert found.low == pytest.approx(0.699, abs=0.02)
    assert found.high == pytest.approx(0.901, abs=0.02)
    assert json.dumps(scores.table.tolist()).count("[1, 1]") == 96
