"""When: date phrases to ISO dates with their precision and basis, relative to the publication date.

A small grammar of its own, as what is known of dateparser (1.5) does not fit: it gives nothing for "earlier this
week" and "past 24 hours", reads 05/06/2026 by locale, and fills a missing day with today's; all three would be wrong
dates in silence.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thurs", "friday fri", "saturday sat",
            "sunday sun",
        )
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_NUMBER = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "few": 3, "couple of": 2,
}  # fmt: skip
_COUNT = "|".join((r"\d{1,3}", *_NUMBER))
_UNITS = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30, "year": 365}

_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*:\d)(?:\s*(?:,\s*)?(\d{{4}})\b)?", re.IGNORECASE
)
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\b\.?(?:\s*(?:,\s*)?(\d{{4}})\b)?", re.IGNORECASE
)
_MONTH_YEAR = re.compile(rf"\b({_MONTH})\.?\s*(?:,\s*)?(?:(\d{{4}})|(last|this|next) year)\b", re.IGNORECASE)
_MONTH_ALONE = re.compile(rf"\b(?:(last|this|next|early|late|mid)[\s-]+)?({_MONTH})\b", re.IGNORECASE)
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_WEEKDAY = re.compile(rf"\b(?:(last|next|this)\s+)?({_DAY})\b", re.IGNORECASE)
_AGO = re.compile(rf"\b({_COUNT})\s+(hour|day|week|month|year)s?\s+(?:ago|earlier|before|back)\b", re.IGNORECASE)
_PAST = re.compile(rf"\b(?:past|last|previous|over)\s+(?:({_COUNT})\s*)?(hour|day|week|month|year)s?\b", re.IGNORECASE)
_THIS = re.compile(r"\b(?:(earlier|later|early|late)\s+)?(this|next|the previous)\s+(week|month|year)\b", re.IGNORECASE)
_RELATIVE = {
    "day before yesterday": -2, "yesterday": -1, "last night": -1, "overnight": -1, "a day before": -1,
    "a day earlier": -1, "previous day": -1, "day earlier": -1, "day before": -1, "today": 0, "tonight": 0,
    "this morning": 0, "this afternoon": 0, "this evening": 0, "tomorrow": 1,
}  # fmt: skip
_NUMERIC = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")


_DAY_WORDS = re.compile(rf"\b(?:{'|'.join(_RELATIVE)}|{_DAY})\b", re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:until|till|through|deadline of|expir(?:es|ing) on|(?:extended|postponed) to)\s+$", re.IGNORECASE
)
_RELEASE = re.compile(r"\b(20\d\d)-\d\d-[A-Z]{1,3}-\d+")


@dataclass(frozen=True, slots=True)
class When:
    """A time as dates, both inclusive. `precision`: day, week, month, year, or weekday where only the day's name is
    known (then start and end are None and `weekday` is 0 for Monday). `basis`: explicit, relative (counted from the
    publication date) or publication. `future`: lies behind the publication date."""

    start: date | None
    end: date | None
    precision: str
    basis: str
    weekday: int | None = None
    future: bool = False


def read_date(phrase: str, *, published: date | None, ahead: bool = False) -> When | None:
    """The dates of a phrase; None where it states none that can be read without guessing ("morning", "05/06/2026").

    A weekday is the last one up to the publication date, a month and day without a year the nearest one not after it
    by more than a week, or, where the words before look `ahead` ("until"), the next. Without a publication date only
    what states a year gives dates, and weekdays their name. None also for a day outside of the calendar's years 1 to
    9999.
    """
    try:
        return _read(phrase, published, ahead=ahead)
    except (ValueError, OverflowError):
        return None


def _read(phrase: str, published: date | None, *, ahead: bool) -> When | None:
    if any(pattern.search(phrase) for pattern in (_ISO, _NUMERIC, _MONTH_DAY, _DAY_MONTH)):
        # What states a day and is none (February 30) must not fall back to its month or year.
        return _marked(_explicit(phrase, published, ahead=ahead), published)
    for reader in (_month_words, _counted, _relative_day, _weekday, _bare):
        found = reader(phrase, published)
        if found is not None:
            return _marked(found, published)
    return None


def _marked(found: When | None, published: date | None) -> When | None:
    if found is None or found.start is None or published is None or found.start <= published:
        return found
    return replace(found, future=True)


def dateline(text: str) -> date | None:
    """The publication date that a bulletin carries in its head: "KABUL, Afghanistan (Jan. 25, 2013) -".

    Where it names no year, a release number such as "2010-09-CA-005" gives it. None where the head has neither.
    """
    head = text[:600]
    release = _RELEASE.search(head)
    for match in _MONTH_DAY.finditer(head):
        year = int(match[3]) if match[3] else int(release[1]) if release else None
        found = _day(year, _MONTHS[match[1].lower()], int(match[2]), "explicit") if year else None
        if found is not None:
            return found.start
    return None


def first_day(text: str, *, published: date | None) -> When | None:
    """The first day that a text names in words ("yesterday", "last night", "Tuesday"), for a text without labels."""
    match = _DAY_WORDS.search(text)
    return read_date(match[0], published=published) if match else None


def publication(published: date) -> When:
    """The publication date as an event's time, where the bulletin says none."""
    return When(published, published, "day", "publication")


def _explicit(phrase: str, published: date | None, *, ahead: bool) -> When | None:
    if match := _ISO.search(phrase):
        return _day(int(match[1]), int(match[2]), int(match[3]), "explicit")
    if match := _NUMERIC.search(phrase):
        first, second = int(match[1]), int(match[2])
        # Only where one of the two can be no month is the order known.
        if first > 12 >= second:
            return _day(int(match[3]), second, first, "explicit")
        return _day(int(match[3]), first, second, "explicit") if second > 12 >= first else None
    for pattern, month_at, day_at in ((_MONTH_DAY, 1, 2), (_DAY_MONTH, 2, 1)):
        if match := pattern.search(phrase):
            month, day = _MONTHS[match[month_at].lower()], int(match[day_at])
            if match[3]:
                return _day(int(match[3]), month, day, "explicit")
            return _next(month, day, published) if ahead else _nearest(month, day, published)
    return None


def _month_words(phrase: str, published: date | None) -> When | None:
    if match := _MONTH_YEAR.search(phrase):
        month = _MONTHS[match[1].lower()]
        if match[2]:
            return _month(int(match[2]), month, "explicit")
        if published is None:
            return None
        return _month(published.year + {"last": -1, "this": 0, "next": 1}[match[3].lower()], month, "relative")
    match = _MONTH_ALONE.search(phrase)
    # "may" and "march" in small letters are verbs.
    if match is None or match[2] in ("may", "march", "mar", "sun", "sat", "dec") or published is None:
        return None
    month = _MONTHS[match[2].lower()]
    return _month(published.year - (month > published.month), month, "relative")


def _counted(phrase: str, published: date | None) -> When | None:
    if published is None:
        return None
    if match := _AGO.search(phrase):
        count, unit = _count(match[1]), match[2].lower()
        return _around(published - timedelta(days=int(count * _UNITS[unit])), unit)
    if match := _THIS.search(phrase):
        return _current(match, published)
    if match := _PAST.search(phrase):
        unit = match[2].lower()
        if match[1] is None:
            return _last(unit, published)
        days = max(1, round(_count(match[1]) * _UNITS[unit]))
        precision = "day" if days == 1 else "week" if days <= 7 else "month" if days <= 31 else "year"
        return When(published - timedelta(days=days), published, precision, "relative")
    return None


def _relative_day(phrase: str, published: date | None) -> When | None:
    lower = phrase.lower()
    for words, shift in _RELATIVE.items():
        if words in lower:
            if published is None:
                return None
            day = published + timedelta(days=shift)
            return When(day, day, "day", "relative")
    return None


def _weekday(phrase: str, published: date | None) -> When | None:
    match = _WEEKDAY.search(phrase)
    if match is None:
        return None
    number = _DAYS[match[2].lower()]
    if published is None:
        return When(None, None, "weekday", "relative", number)
    back = (published.weekday() - number) % 7
    if (match[1] or "").lower() == "next":
        back -= 7
    elif (match[1] or "").lower() == "last" and back == 0:
        back = 7
    day = published - timedelta(days=back)
    return When(day, day, "day", "relative", number)


def _bare(phrase: str, published: date | None) -> When | None:
    del published
    match = _YEAR.search(phrase)
    if match is None:
        return None
    year = int(match[1])
    return When(date(year, 1, 1), date(year, 12, 31), "year", "explicit")


def _day(year: int, month: int, day: int, basis: str) -> When | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return When(found, found, "day", basis)


def _nearest(month: int, day: int, published: date | None) -> When | None:
    """A day without a year: the latest that is not more than a week after the publication date."""
    if published is None:
        return None
    for year in (published.year + 1, published.year, published.year - 1, published.year - 4):
        found = _day(year, month, day, "relative")
        if found and found.start and found.start <= published + timedelta(days=7):
            return found
    return None


def _next(month: int, day: int, published: date | None) -> When | None:
    """A day without a year: the first that is not before the publication date."""
    if published is None:
        return None
    for year in range(published.year, published.year + 9):  # the longest way to a February 29
        found = _day(year, month, day, "relative")
        if found and found.start and found.start >= published:
            return found
    return None


def looks_ahead(text: str, start: int) -> bool:
    """Whether the words right before a date at `start` say that it is to come: "until June 30"."""
    return bool(_AHEAD.search(text[max(0, start - 24) : start]))


def _month(year: int, month: int, basis: str) -> When:
    start = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    return When(start, following - timedelta(days=1), "month", basis)


def _current(match: re.Match[str], published: date) -> When | None:
    shift, unit = {"this": 0, "next": 1, "the previous": -1}[match[2].lower()], match[3].lower()
    found = _span_of(unit, published, shift)
    # "Earlier this month" ends with the publication; so does any "this month" that is reported as news.
    if shift == 0 and (match[1] or "").lower() not in ("later", "late") and found.start is not None:
        return When(found.start, published, found.precision, "relative")
    return found


def _last(unit: str, published: date) -> When | None:
    """ "last week", "last month", "last year"; of hours and days without a count nothing is known."""
    return _span_of(unit, published, -1) if unit in ("week", "month", "year") else None


def _span_of(unit: str, published: date, shift: int) -> When:
    if unit == "week":
        start = published - timedelta(days=published.weekday() - 7 * shift)
        return When(start, start + timedelta(days=6), "week", "relative")
    if unit == "month":
        months = published.year * 12 + published.month - 1 + shift
        return _month(months // 12, months % 12 + 1, "relative")
    year = published.year + shift
    return When(date(year, 1, 1), date(year, 12, 31), "year", "relative")


def _around(day: date, unit: str) -> When:
    if unit in ("hour", "day"):
        return When(day, day, "day", "relative")
    if unit == "week":
        return When(day - timedelta(days=3), day + timedelta(days=3), "week", "relative")
    return _month(day.year, day.month, "relative") if unit == "month" else _span_of("year", day, 0)


def _count(word: str) -> int:
    return _NUMBER.get(word.lower()) or int(word)
