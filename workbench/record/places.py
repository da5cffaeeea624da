"""Where: from place names in a bulletin to gazetteer places, each resolved by the others around it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from workbench.record.gazetteer import KINDS, Gazetteer, Place, key_of

# Type nouns behind or before a name, and the kinds that they ask for.
_TYPES: dict[str, tuple[str, ...]] = {
    "province": ("admin1",), "state": ("admin1",), "provinces": ("admin1",),
    "district": ("admin2", "city"), "districts": ("admin2", "city"), "agency": ("admin2",), "division": ("admin2",),
    "county": ("admin2",), "tehsil": ("city", "admin2"), "taluka": ("city", "admin2"),
    "subdivision": ("city", "admin2"),
    "city": ("city",), "town": ("city",), "village": ("city",), "villages": ("city",), "cantonment": ("city",),
    "area": ("area", "city", "admin2"), "areas": ("area", "city"), "region": (), "valley": ("area", "admin1"),
    "border": ("site", "city"), "crossing": ("site", "city"), "crossings": ("site", "city"), "limits": (), "hills": (),
    "bazaar": (), "bazar": (), "market": (), "locality": (), "neighbourhood": (), "neighborhood": (), "road": (),
    "station": (), "police": (), "camp": (), "border crossing": ("site", "city"), "border crossings": ("site", "city"),
}  # fmt: skip
# A name that is only these is no place of the gazetteer ("market", "residence").
_FINE = frozenset(("road", "station", "police", "bazaar", "bazar", "market", "camp", "hills", "locality"))
_LEAST_LIKENESS = 82
# People of a town that a bulletin may name without saying where it is.
_KNOWN = 15_000
# Points of _score by which a place must lead one of its name in another country, where nothing names a country: half
# of them is a town some 45 times as large.
_GUESS = 0.5
_COMPASS = frozenset(("north", "south", "east", "west", "upper", "lower", "northern", "southern", "eastern", "western"))


@dataclass(frozen=True, slots=True)
class Located:
    """A place name as it was read. `place` None: not in the gazetteer. `ambiguous`: another place fits as well."""

    surface: str
    start: int
    end: int
    place: Place | None
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """Where an event was: the finest name written, the gazetteer's place (perhaps a coarser one), and both levels.

    `precision` is the kind of the place that the coordinates belong to.
    """

    written: str
    place: Place | None
    province: Place | None
    country: Place | None
    precision: str | None
    ambiguous: bool


def locate(
    names: Sequence[tuple[str, int, int]], text: str, gazetteer: Gazetteer, *, words: Mapping[str, Sequence[str]]
) -> list[Located]:
    """Every place name of a bulletin (surface, start, end) with its gazetteer place, in order.

    Provinces and countries that are named once and for all count first; the rest take the candidate that lies in
    them. `words` says which country a bulletin is about where its names do not (places.toml).
    """
    options = [_options(surface, gazetteer) for surface, _, _ in names]
    countries, provinces = _context(options, text, words)
    found = []
    for (surface, start, end), candidates in zip(names, options, strict=True):
        fitting = candidates or _sounding(surface, gazetteer, countries, provinces)
        place, ambiguous = _best(fitting, surface, countries, provinces)
        found.append(Located(surface, start, end, place, ambiguous))
    return found


def where(located: Sequence[Located], gazetteer: Gazetteer) -> Where | None:
    """One event's place out of its names: the finest that lies in the coarser ones; None for no name at all."""
    if not located:
        return None
    known = [item for item in located if item.place is not None]
    known.sort(key=lambda item: KINDS.index(item.place.kind) if item.place else len(KINDS))
    # A name that is unknown to the gazetteer is finer than any that it knows: "Pul-e Jozgun area".
    unknown = [item for item in located if item.place is None and bare_name(item.surface)]
    written = unknown[0] if unknown and not any(x.place and x.place.kind in ("site", "area") for x in known) else None
    if not known:
        return Where((written or located[0]).surface, None, None, None, None, ambiguous=True)
    best = max(known, key=lambda item: _support(item, known))
    place = best.place
    assert place is not None  # noqa: S101 - `known` holds only such
    shown = written or best
    return Where(
        shown.surface,
        place,
        gazetteer.region(place.admin1),
        gazetteer.region(place.country),
        place.kind,
        best.ambiguous,
    )


def _support(item: Located, others: Sequence[Located]) -> tuple[int, int, int]:
    """Fineness and how many of the other names agree: a lone name that lies elsewhere loses against two that agree."""
    place = item.place
    assert place is not None  # noqa: S101 - called with such
    agreeing = sum(1 for other in others if other.place and (place.inside(other.place) or other.place.inside(place)))
    return (agreeing, -KINDS.index(place.kind), -item.start)


def _options(surface: str, gazetteer: Gazetteer) -> tuple[Place, ...]:
    """Candidates of a name: as written, else without its type noun and anything in brackets."""
    whole = gazetteer.named(surface)
    bare, kinds = _bare(surface)
    if not bare:
        return ()
    # What has a name of its own with its point of the compass is not the place without: Northern Ireland.
    own = whole and _compass(surface)
    candidates = gazetteer.named(bare) if key_of(bare) != key_of(surface) and not own else whole
    if not candidates and (parts := [part for part in re.split(r"[/,]", bare) if part.strip()])[1:]:
        # "Sangin/Helmand": the first part that is known.
        candidates = next((found for part in parts if (found := gazetteer.named(part.strip()))), ())
    # The kinds of a type noun stand in the order of preference: a district before the city of its name.
    by_kind = [[place for place in (*whole, *candidates) if place.kind == kind] for kind in kinds]
    typed = next((places for places in by_kind if places), [])
    return tuple(dict.fromkeys(typed or (*whole, *candidates)))


def _bare(surface: str) -> tuple[str, tuple[str, ...]]:
    """A name without its type noun, and the kinds the noun asks for; an empty name where only types are left."""
    words = re.sub(r"\([^()]*\)", " ", surface).split()
    kinds: tuple[str, ...] = ()
    while words and (noun := words[-1].casefold().strip(".,")) in _TYPES:
        kinds = kinds or _TYPES[noun]
        words.pop()
    lower = [word.casefold() for word in words]
    if len(words) > 1 and lower[0] in ("the", "central", "northern", "southern", "eastern", "western", "greater"):
        words = words[1:]
    if len(lower) > 2 and lower[-2] == "of" and lower[0] in _TYPES:
        kinds, words = _TYPES[lower[0]], words[-1:]
    return (" ".join(words) if any(word[:1].isupper() for word in words) else ""), kinds


def _compass(name: str) -> frozenset[str]:
    """The points of the compass in a name: Imphal West is not Imphal East spelled otherwise."""
    return _COMPASS.intersection(key_of(name).split())


def bare_name(surface: str) -> str:
    """The name in a place's surface without its type noun; empty where it names nothing ("residence", "market")."""
    return _bare(surface)[0]


def _context(
    options: Sequence[tuple[Place, ...]], text: str, words: Mapping[str, Sequence[str]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Weights of countries and of provinces: what unambiguous names vouch for, then the words of the text."""
    countries: dict[str, float] = {}
    provinces: dict[str, float] = {}
    for code, marks in words.items():
        hits = sum(text.count(mark) for mark in marks)
        if hits:
            countries[code] = min(2.0, 0.5 * hits)
    for candidates in options:
        regions = [place for place in candidates if place.kind in ("admin1", "country")]
        for place in regions if len({x.country for x in regions}) == 1 else ():
            countries[place.country] = countries.get(place.country, 0.0) + 2.0
            if place.kind == "admin1":
                provinces[place.id] = provinces.get(place.id, 0.0) + 2.0
    return countries or _neighbours(options), provinces


def _neighbours(options: Sequence[tuple[Place, ...]]) -> dict[str, float]:
    """Weights of countries where nothing names one: each name that only one country has vouches for it, a place that
    people know (a district, a town of some size) more than a hamlet."""
    countries: dict[str, float] = {}
    for candidates in dict.fromkeys(options):
        if len({place.country for place in candidates}) == 1:
            best = max(candidates, key=lambda place: place.population)
            known = best.kind == "admin2" or best.population >= _KNOWN
            countries[best.country] = countries.get(best.country, 0.0) + (1.0 if known else 0.25)
    return countries


def _best(
    candidates: Sequence[Place], surface: str, countries: Mapping[str, float], provinces: Mapping[str, float]
) -> tuple[Place | None, bool]:
    """The candidate that fits the context best, and whether another in another place fits as well."""
    if not candidates:
        return None, False
    scores = {place.id: _score(place, surface, countries, provinces) for place in candidates}
    ranked = sorted(candidates, key=lambda place: -scores[place.id])
    best = ranked[0]
    rivals = [x for x in ranked[1:] if (x.admin1, x.country) != (best.admin1, best.country) or x.kind == best.kind]
    ambiguous = any(scores[best.id] - scores[rival.id] < 1.0 for rival in rivals if not rival.inside(best))
    named = key_of(best.name) == key_of(bare_name(surface) or surface)
    if provinces and best.admin1 not in provinces and best.kind == "city" and not named and best.population < 500_000:
        # A further spelling of a place in another province: as good as unknown.
        return None, False
    # A small place of an unsupported country is more often a wrong hit than the place that is meant.
    if countries and best.country not in countries and best.kind != "country":
        return (best, True) if best.population > 200_000 else (None, False)
    # "Hyderabad" alone may be India's or Pakistan's: as a place of either it would be a guess.
    abroad = (rival for rival in rivals if rival.country != best.country)
    if not countries and any(scores[best.id] - scores[rival.id] < _GUESS for rival in abroad):
        return None, True
    return best, ambiguous


def _score(place: Place, surface: str, countries: Mapping[str, float], provinces: Mapping[str, float]) -> float:
    score = 0.3 * math.log10(place.population + 10) + min(4.0, 2.0 * countries.get(place.country, 0.0))
    score += min(4.0, 2.0 * provinces.get(place.admin1 or "", 0.0))
    score += {"admin1": 0.8, "country": 1.5, "admin2": 0.3}.get(place.kind, 0.0)
    return score + (0.5 if key_of(place.name) == key_of(_bare(surface)[0] or surface) else 0.0)


def _sounding(
    surface: str, gazetteer: Gazetteer, countries: Mapping[str, float], provinces: Mapping[str, float]
) -> tuple[Place, ...]:
    """Candidates that are spelled otherwise, only within the countries that the bulletin is about."""
    bare, kinds = _bare(surface)
    if len(bare) < 4 or not countries or (len(bare.split()) > 3):
        return ()
    del provinces
    key = key_of(bare)
    return tuple(
        place
        for place in gazetteer.sounding(bare)
        if place.country in countries
        and (not kinds or place.kind in kinds)
        and _compass(bare) == _compass(place.name)
        and fuzz.ratio(key, key_of(place.name)) >= _LEAST_LIKENESS
    )
