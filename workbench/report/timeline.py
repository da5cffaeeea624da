"""When events happened: counted by day, week, month or year, whichever gives a page's worth of bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from workbench.report.records import Short

WIDTH, LEFT, RIGHT = 720, 40, 8
# Height of the bars of events, of those of the killed, and of what stands between and below them.
TOP, EVENTS, BETWEEN, KILLED, BELOW = 20, 84, 34, 84, 22
_MOST_BARS = 62
_UNITS = ("day", "week", "month", "year")


@dataclass(frozen=True, slots=True)
class Bar:
    """One period: where it stands, the tops of its two bars and of the range of the killed, and what it says."""

    x: float
    width: float
    events: float
    killed: float
    low: float
    high: float
    start: str
    end: str
    title: str


@dataclass(frozen=True)
class Timeline:
    """All periods from the first event's to the last's; `marks` are texts of the axis; `undated` events have no day."""

    unit: str
    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, str], ...]
    most_events: int
    most_killed: int
    undated: int
    width: int = WIDTH
    height: int = TOP + EVENTS + BETWEEN + KILLED + BELOW
    left: int = LEFT
    events_base: int = TOP + EVENTS
    killed_base: int = TOP + EVENTS + BETWEEN + KILLED


def timeline(events: Sequence[Short]) -> Timeline | None:
    """The timeline of the events that have a day; None where none has."""
    dated = [(date.fromisoformat(x.day), x) for x in events if x.day]
    if not dated:
        return None
    first, last = min(day for day, _ in dated), max(day for day, _ in dated)
    unit = next((u for u in _UNITS if len(periods(first, last, u)) <= _MOST_BARS), "year")
    found = periods(first, last, unit)
    groups: dict[date, list[Short]] = {start: [] for start, _ in found}
    for day, event in dated:
        groups[_start(day, unit)].append(event)
    numbers = [_killed(groups[start]) for start, _ in found]
    most, peak = max(map(len, groups.values())), max(1, *(row[2] for row in numbers))
    step = (WIDTH - LEFT - RIGHT) / len(found)
    bars = tuple(
        Bar(
            x=LEFT + step * place + step * 0.12, width=step * 0.76,
            events=EVENTS * len(groups[start]) / most,
            killed=KILLED * headline / peak, low=KILLED * least / peak, high=KILLED * top / peak,
            start=str(start), end=str(end), title=_title(start, end, len(groups[start]), least, headline, top),
        )
        for place, ((start, end), (least, headline, top)) in enumerate(zip(found, numbers, strict=True))
    )  # fmt: skip
    every = -(-len(found) // 6)
    marks = tuple(
        (bar.x + (bar.width / 2 if place else 0), _name(bar.start, unit)) for place, bar in enumerate(bars[::every])
    )
    return Timeline(unit, bars, marks, most, peak, len(events) - len(dated))


def periods(first: date, last: date, unit: str) -> list[tuple[date, date]]:
    """Every period of the unit from the one of `first` to the one of `last`: its first and last day."""
    found: list[tuple[date, date]] = []
    start = _start(first, unit)
    # Beyond the most bars nobody looks at the rest: the next unit is tried.
    while start <= last and (len(found) <= _MOST_BARS or unit == "year"):
        if start.year == date.max.year:
            return [*found, (start, date.max)]
        following = _following(start, unit)
        found.append((start, following - timedelta(days=1)))
        start = following
    return found


def _start(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day if unit == "day" else day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def _following(start: date, unit: str) -> date:
    if unit == "month":
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start.replace(year=start.year + 1) if unit == "year" else start + timedelta(days=7 if unit == "week" else 1)


def _killed(events: Sequence[Short]) -> tuple[int, int, int]:
    rows = [event.numbers["killed"] for event in events if "killed" in event.numbers]
    least, headline, most = (sum(row[place] for row in rows) for place in range(3))
    return least, headline, most


def _title(start: date, end: date, events: int, least: int, headline: int, most: int) -> str:
    days = str(start) if start == end else f"{start} to {end}"
    spread = "" if least == most else f", {least:,} to {most:,} stated"
    return f"{days}: {events:,} event{'s' * (events != 1)}, {headline:,} killed{spread}"


def _name(start: str, unit: str) -> str:
    return start[:4] if unit == "year" else start[:7] if unit == "month" else start
