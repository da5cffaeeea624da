"""Event records as a report shows them: read from the .jsonl of `workbench records`, and cut down to a page."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date as calendar
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import bounded_lines, open_text
from workbench.core.parse import json_value

# In the order of the page; the first two have columns of their own.
KINDS = ("killed", "injured", "casualty", "detained", "returned", "displaced")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Claims that are listed of one number.
MOST_CLAIMS = 30
_SCOPES = {
    "subset": "a part of another number, not added",
    "cumulative": "the sum so far",
    "period": "a sum over a period, not this event's",
    "forecast": "expected, not counted",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A claim with its sentence cut around the span: `before` + `phrase` + `after`. `remarks` say why it may not
    count."""

    before: str
    phrase: str
    after: str
    document: str
    start: int
    end: int
    published: str | None
    source: str
    source_kind: str
    stance: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers of one kind: least and most stated, the headline, why claims conflict, and the claims (`total` of
    them, of which some are kept). The three are None where claims state no number of this event, only of others."""

    kind: str
    least: int | None
    headline: int | None
    most: int | None
    conflict: str | None
    evidence: tuple[Evidence, ...]
    total: int

    @property
    def text(self) -> str:
        """The headline; where no claim states a number of this event, the words of the first."""
        return f"{self.headline:,}" if self.headline is not None else f"“{self.evidence[0].phrase[:40]}”"

    @property
    def spread(self) -> str:
        """Least to most, where they differ."""
        return "" if self.least is None or self.least == self.most else f"{self.least:,}–{self.most:,}"


@dataclass(frozen=True)
class Event:
    """One event. `day` and `until` are ISO dates or empty; `spot` are latitude and longitude of what the gazetteer
    calls `spot_name`, a place of the kind in `precision`."""

    id: str
    type: str
    mode: str
    day: str
    until: str
    when: str
    place: str
    spot: tuple[float, float] | None
    spot_name: str
    precision: str
    actors: tuple[str, ...]
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    documents: tuple[str, ...]
    conflicts: tuple[str, ...]
    flags: tuple[str, ...]
    spans: Mapping[str, Span] = field(default_factory=dict)

    @cached_property
    def others(self) -> tuple[Span, ...]:
        """The numbers beside killed and injured."""
        return tuple(self.spans[kind] for kind in KINDS[2:] if kind in self.spans)

    def headline(self, kind: str) -> int:
        """The number that stands for it, 0 where none is stated."""
        span = self.spans.get(kind)
        return span.headline or 0 if span else 0


@dataclass(frozen=True)
class Records:
    """The events of a file: all in short (see Short); in full the newest, which stand first, the undated last."""

    name: str
    all: tuple["Short", ...]
    shown: tuple[Event, ...]

    @cached_property
    def conflicts(self) -> int:
        """Events whose claims cannot all be true."""
        return sum(short.conflict for short in self.all)

    def total(self, kind: str) -> tuple[int, int, int]:
        """Sums over all events of least, headline and most; planned events and sums of periods state none."""
        rows = [short.numbers[kind] for short in self.all if kind in short.numbers]
        least, headline, most = (sum(row[place] for row in rows) for place in range(3))
        return least, headline, most


@dataclass(frozen=True, slots=True)
class Short:
    """What map and timeline need of an event; `numbers` are least, headline and most by kind."""

    id: str
    type: str
    day: str
    name: str
    spot: tuple[float, float] | None
    precision: str
    conflict: bool
    numbers: Mapping[str, tuple[int, int, int]]


def read_records(path: Path, *, most: int = 1000) -> Records:
    """Reads a .jsonl of event records; of more than `most` events the newest are kept in full.

    Raises InputError, naming file and line, for what is no such file.
    """
    if path.suffix.lower() != ".jsonl":
        raise InputError(
            f"{path} ends in {path.suffix or 'nothing'}; expected the .jsonl that `workbench records` writes"
        )
    shorts: list[Short] = []
    newest: list[tuple[str, int, Event]] = []
    for place, event in enumerate(_events(path)):
        shorts.append(_short(event))
        (heapq.heappush if len(newest) < most else heapq.heappushpop)(newest, (event.day, -place, event))
    if not shorts:
        raise InputError(f"{path} holds no event; make records with `workbench records` first")
    return Records(path.name, tuple(shorts), tuple(x for _, _, x in sorted(newest, key=_newest_first)))


def _newest_first(row: tuple[str, int, Event]) -> tuple[int, int]:
    day, place, _ = row
    return -int(day.replace("-", "") or 0), -place


def _events(path: Path) -> Iterator[Event]:
    with open_text(path) as file:
        for number, line in enumerate(bounded_lines(file, where=path), start=1):
            if not line.strip():
                continue
            try:
                yield _event(json_value(line))
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
                raise InputError(
                    f"{path}, line {number}: found no event record ({type(error).__name__}: {str(error)[:80]}); "
                    "expected the .jsonl that `workbench records` writes"
                ) from None


def _event(row: dict[str, Any]) -> Event:
    date, place = row["date"] or {}, row["place"] or {}
    spot = None if place.get("latitude") is None else (float(place["latitude"]), float(place["longitude"]))
    if spot is not None and not (-90 <= spot[0] <= 90 and -180 <= spot[1] <= 180):
        raise ValueError(f"{spot} is no place on Earth")
    names = [place.get("written"), place.get("name"), place.get("province"), place.get("country")]
    claims: dict[str, list[dict[str, Any]]] = {}
    for claim in row["claims"]:
        claims.setdefault(claim["counts"], []).append(claim)
    return Event(
        id=str(row["event_id"]), type=str(row["event_type"]), mode=str(row["mode"]),
        day=_day(date.get("start")), until=_day(date.get("end")), when=_when(date, str(row["mode"])),
        place=", ".join(dict.fromkeys(str(name) for name in names if name)), spot=spot,
        spot_name=str(place.get("name") or place.get("written") or ""),
        precision=str(place.get("precision") or ""),
        actors=_texts(x["name"] for x in row["actors"]), targets=_texts(x["name"] for x in row["targets"]),
        sources=_texts(row["sources"]), documents=_texts(row["documents"]), conflicts=_texts(row["conflict_reasons"]),
        flags=_texts(flag for incident in row["incidents"] for flag in incident["flags"]),
        spans={k: _span(k, row["figures"].get(k), claims.get(k, [])) for k in KINDS if k in claims},
    )  # fmt: skip


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for value in values))


def _day(value: Any) -> str:
    return str(calendar.fromisoformat(value)) if value else ""


def _when(date: Mapping[str, Any], mode: str) -> str:
    """A time in words, with what it is worth: "2024-05-08", "by 2024-05-08", "Wednesday, no date"."""
    if not date.get("start"):
        day = date.get("weekday")
        return "no date" if day is None else f"{_WEEKDAYS[int(day)]}, no date"
    start, end = str(date["start"]), str(date["end"] or date["start"])
    shown = start if start == end else f"{start} to {end}"
    known = "by " if date.get("basis") == "publication" and mode == "actual" else ""
    return known + shown


def _span(kind: str, view: Mapping[str, Any] | None, claims: list[dict[str, Any]]) -> Span:
    least, headline, most = (None if view is None else int(view[key]) for key in ("min", "headline", "max"))
    evidence = tuple(_evidence(claim) for claim in claims[:MOST_CLAIMS])
    return Span(kind, least, headline, most, view["conflict"] if view else None, evidence, len(claims))


def _evidence(claim: Mapping[str, Any]) -> Evidence:
    """Records made before claims kept their sentence show the phrase alone."""
    phrase, sentence = str(claim["phrase"]), str(claim.get("sentence") or "")
    start, end = int(claim["start"]), int(claim["end"])
    left = start - int(claim.get("sentence_start") or 0)
    inside = left >= 0 and sentence[left : left + len(phrase)] == phrase
    remarks = [
        claim["problem"],
        "replaced by a later number" if claim["superseded"] else None,
        _SCOPES.get(claim["scope"]),
    ]
    return Evidence(
        before=sentence[:left] if inside else "", phrase=phrase, after=sentence[left + len(phrase) :] if inside else "",
        document=str(claim["document_id"]), start=start, end=end, published=claim["published"],
        source=str(claim["source"] or "no source named"), source_kind=str(claim["source_kind"]),
        stance=str(claim["stance"]), remarks=_texts(x for x in remarks if x),
    )  # fmt: skip


def _short(event: Event) -> Short:
    numbers = {
        kind: (span.least or 0, span.headline, span.most or 0)
        for kind, span in event.spans.items()
        if span.headline is not None and event.mode == "actual"
    }
    return Short(
        event.id, event.type, event.day, event.spot_name, event.spot, event.precision, bool(event.conflicts), numbers
    )
