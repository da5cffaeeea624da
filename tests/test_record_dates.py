"""Dates relative to the publication date, a Thursday."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.record.dates import looks_ahead, read_date

PUBLISHED = date(2024, 5, 9)


@pytest.mark.parametrize(
    ("phrase", "start", "end", "precision", "basis"),
    [
        ("Tuesday", "2024-05-07", "2024-05-07", "day", "relative"),
        ("Tuesday night", "2024-05-07", "2024-05-07", "day", "relative"),
        ("Thursday", "2024-05-09", "2024-05-09", "day", "relative"),
        ("last Thursday", "2024-05-02", "2024-05-02", "day", "relative"),
        ("Friday", "2024-05-03", "2024-05-03", "day", "relative"),
        ("Wednesday's", "2024-05-08", "2024-05-08", "day", "relative"),
        ("yesterday", "2024-05-08", "2024-05-08", "day", "relative"),
        ("last night", "2024-05-08", "2024-05-08", "day", "relative"),
        ("today", "2024-05-09", "2024-05-09", "day", "relative"),
        ("a day before", "2024-05-08", "2024-05-08", "day", "relative"),
        ("earlier this month", "2024-05-01", "2024-05-09", "month", "relative"),
        ("earlier this week", "2024-05-06", "2024-05-09", "week", "relative"),
        ("past 24 hours", "2024-05-08", "2024-05-09", "day", "relative"),
        ("past two days", "2024-05-07", "2024-05-09", "week", "relative"),
        ("last week", "2024-04-29", "2024-05-05", "week", "relative"),
        ("last month", "2024-04-01", "2024-04-30", "month", "relative"),
        ("last year", "2023-01-01", "2023-12-31", "year", "relative"),
        ("November last year", "2023-11-01", "2023-11-30", "month", "relative"),
        ("three days ago", "2024-05-06", "2024-05-06", "day", "relative"),
        ("March 2015", "2015-03-01", "2015-03-31", "month", "explicit"),
        ("March", "2024-03-01", "2024-03-31", "month", "relative"),
        ("November", "2023-11-01", "2023-11-30", "month", "relative"),
        ("May 26, afternoon", "2023-05-26", "2023-05-26", "day", "relative"),
        ("May 10", "2024-05-10", "2024-05-10", "day", "relative"),
        ("September 1", "2023-09-01", "2023-09-01", "day", "relative"),
        ("8.30 pm of September 28", "2023-09-28", "2023-09-28", "day", "relative"),
        ("night of June 5", "2023-06-05", "2023-06-05", "day", "relative"),
        ("Jan. 25, 2013", "2013-01-25", "2013-01-25", "day", "explicit"),
        ("25 January 2013", "2013-01-25", "2013-01-25", "day", "explicit"),
        ("2013-01-25", "2013-01-25", "2013-01-25", "day", "explicit"),
        ("25/01/2013", "2013-01-25", "2013-01-25", "day", "explicit"),
        ("2017", "2017-01-01", "2017-12-31", "year", "explicit"),
        ("February 29", "2024-02-29", "2024-02-29", "day", "relative"),
    ],
)
def test_phrases(phrase: str, start: str, end: str, precision: str, basis: str) -> None:
    found = read_date(phrase, published=PUBLISHED)
    assert found is not None
    assert (str(found.start), str(found.end), found.precision, found.basis) == (start, end, precision, basis)


@pytest.mark.parametrize(
    "phrase", ["morning", "05/06/2026", "10 p.m.", "the", "may", "31/31/2020", "February 30, 2020"]
)
def test_what_states_no_date_gives_none(phrase: str) -> None:
    assert read_date(phrase, published=PUBLISHED) is None


def test_without_a_publication_date_nothing_is_made_up() -> None:
    assert read_date("yesterday", published=None) is None
    assert read_date("May 26", published=None) is None
    weekday = read_date("Wednesday", published=None)
    assert weekday is not None
    assert (weekday.start, weekday.weekday, weekday.precision) == (None, 2, "weekday")
    assert read_date("May 26, 2020", published=None) == read_date("2020-05-26", published=None)


def test_a_date_in_the_future_is_marked() -> None:
    found = read_date("June 30, 2024", published=PUBLISHED)
    assert found is not None
    assert found.future


@given(st.text(max_size=40), st.dates())
def test_any_text_is_a_date_or_none(text: str, published: date) -> None:
    read_date(text, published=published)


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2100, 1, 1)), st.integers(0, 6))
def test_a_weekday_lies_in_the_week_before(published: date, number: int) -> None:
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    found = read_date(names[number], published=published)
    assert found is not None
    assert found.start is not None
    assert found.start.weekday() == number
    assert 0 <= (published - found.start).days < 7


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("extended until June 30", "2024-06-30"),
        ("valid till January 5", "2025-01-05"),
        ("a deadline of May 9", "2024-05-09"),
        ("extended until February 29", "2028-02-29"),
        ("closed until June 30, 2023", "2023-06-30"),
        ("killed on June 30", "2023-06-30"),
    ],
)
def test_a_day_behind_until_is_to_come(text: str, day: str) -> None:
    start = next(text.index(month) for month in ("June", "January", "May", "February") if month in text)
    found = read_date(text[start:], published=PUBLISHED, ahead=looks_ahead(text, start))
    assert found is not None
    assert str(found.start) == day
