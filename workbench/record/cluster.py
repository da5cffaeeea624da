"""Clusters: incidents of different bulletins that are one event, found in blocks of like type, place and day.

Each incident is compared with the clusters of its blocks only, and with a few members of each, so that the work grows
with the number of incidents and not with its square.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from rapidfuzz import fuzz

from workbench.record.edits import Edits
from workbench.record.incident import Incident

# Points from which two incidents count as one; what gives points is in likeness().
ENOUGH = 3.0
# Newest clusters of a block that are looked at, and members of each: both bound the work.
_CLUSTERS, _MEMBERS = 40, 4
_MILLIONS = 2_000_000
Key = tuple[str, str, str, str]


@dataclass
class _Cluster:
    members: list[Incident] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)

    def add(self, incident: Incident) -> None:
        self.members.append(incident)
        self.documents.add(incident.document)


def cluster(
    incidents: Iterable[Incident], *, edits: Edits | None = None, enough: float = ENOUGH
) -> list[list[Incident]]:
    """Groups of incidents that are one event, each in the order of publication, in the order of their first incident.

    Two that have `enough` points of likeness are one. An incident of the same text that came twice is kept once. What
    a person merged or kept apart (edits) is obeyed before anything is compared.
    """
    edits = edits or Edits()
    once = {incident.id: incident for incident in incidents}
    ordered = sorted(once.values(), key=lambda x: (x.published or "", x.document_id, x.triggers[0][0]))
    clusters: list[_Cluster] = []
    blocks: dict[Key, list[int]] = defaultdict(list)
    home: dict[str, int] = {}
    for incident in ordered:
        place = _merged(incident, edits, home)
        if place is None:
            place = _best(incident, clusters, blocks, edits, enough)
        if place is None:
            place = len(clusters)
            clusters.append(_Cluster())
        clusters[place].add(incident)
        home[incident.id] = place
        if len(clusters[place].members) <= _MEMBERS:
            for key in _homes(incident):
                if not blocks[key] or blocks[key][-1] != place:
                    blocks[key].append(place)
    return [x.members for x in clusters]


def _merged(incident: Incident, edits: Edits, home: dict[str, int]) -> int | None:
    return next((home[other] for other in edits.together(incident.id) if other in home), None)


def _best(
    incident: Incident, clusters: Sequence[_Cluster], blocks: dict[Key, list[int]], edits: Edits, enough: float
) -> int | None:
    """The cluster of the incident's blocks that is most like it, if one is like enough."""
    best, most = None, enough
    seen = {place for key in _visits(incident) for place in blocks.get(key, ())[-_CLUSTERS:]}
    for place in sorted(seen):
        candidate = clusters[place]
        if incident.document in candidate.documents or edits.parts(incident.id, candidate.members):
            continue
        score = max(likeness(incident, member) for member in candidate.members[:_MEMBERS])
        if score >= most and (score > most or best is None):
            best, most = place, score
    return best


def likeness(one: Incident, other: Incident) -> float:
    """Points for being one happening: place up to 2.5, day 1, parties 1, equal figures 1; below 0 what excludes it."""
    place = _place_points(one, other)
    time = _time_points(one, other)
    if place is None or time is None:
        return -10.0
    return place + time + _party_points(one, other) + _figure_points(one, other)


def _place_points(one: Incident, other: Incident) -> float | None:
    here, there = one.where, other.where
    if here is None or there is None or here.place is None or there.place is None:
        return 0.0
    if here.place.id == there.place.id:
        fine = here.place.kind in ("site", "area", "city", "admin2")
        alike = _same_name(here.written, there.written)
        # In a city of millions a day may see two: there it takes parties or figures as well.
        return (0.5 if not fine else 1.5 if here.place.population > _MILLIONS else 2.0) + (
            0.5 if alike and fine else 0.0
        )
    if here.place.inside(there.place) or there.place.inside(here.place):
        return 1.0
    return None


def _same_name(one: str, other: str) -> bool:
    return fuzz.token_set_ratio(one.casefold(), other.casefold()) >= 85


def _time_points(one: Incident, other: Incident) -> float | None:
    """1 for the same day, 0.5 for the next, 0 where one is unknown or wide; None for days that exclude each other."""
    here, there = one.when, other.when
    if here is None or there is None:
        return 0.0
    if here.start is None or there.start is None:
        days = {x.weekday for x in (here, there) if x.weekday is not None}
        return None if len(days) == 2 else 1.0 if here.weekday == there.weekday else 0.0
    if here.precision != "day" or there.precision != "day":
        overlap = here.start <= (there.end or there.start) and there.start <= (here.end or here.start)
        return 0.0 if overlap else None
    apart = abs((here.start - there.start).days)
    # A publication date is the latest day it can have been: a report may come a day or two after.
    reach = 2 if "publication" in (here.basis, there.basis) else 1
    return 1.0 if apart == 0 else 0.5 if apart <= reach else None


def _party_points(one: Incident, other: Incident) -> float:
    points = 0.0
    for mine, theirs in ((one.targets, other.targets), (one.actors, other.actors)):
        names, others = {x.name for x in mine if x.listed}, {x.name for x in theirs if x.listed}
        if names & others:
            points += 0.75
        elif names and others:
            points -= 0.5
        kinds, other_kinds = {x.kind for x in mine} - {"unknown"}, {x.kind for x in theirs} - {"unknown"}
        points += 0.25 if kinds & other_kinds else 0.0
    return min(points, 1.0)


def _figure_points(one: Incident, other: Incident) -> float:
    mine = {(x.counts, x.figure.value) for x in one.claims if x.stated and x.figure and x.figure.value}
    theirs = {(x.counts, x.figure.value) for x in other.claims if x.stated and x.figure and x.figure.value}
    return 1.0 if mine & theirs else 0.0


def _homes(incident: Incident) -> Iterator[Key]:
    """The blocks in which later incidents find this one: its place, and everything around that place."""
    day = _day(incident)
    base = (incident.family, incident.mode)
    spot = incident.where
    if spot is None or spot.place is None:
        yield (*base, "?", day)
        return
    for place in {spot.place.id, spot.place.admin1, spot.country.id if spot.country else None} - {None}:
        yield (*base, str(place), day)


def _visits(incident: Incident) -> Iterator[Key]:
    """The blocks that an incident looks into: its place's and those of the coarser ones, on the days around."""
    spot, base = incident.where, (incident.family, incident.mode)
    places = (
        ["?"]
        if spot is None or spot.place is None
        else [spot.place.id, *([spot.place.admin1] if spot.place.admin1 else [])]
    )
    for day in _days(incident):
        for place in places:
            yield (*base, place, day)


def _day(incident: Incident) -> str:
    when = incident.when
    return str(when.start) if when and when.start else ""


def _days(incident: Incident) -> list[str]:
    when = incident.when
    if when is None or when.start is None:
        return [""]
    start = when.start.toordinal()
    days = (start + shift for shift in (0, -1, 1, -2, 2))
    return [str(date.fromordinal(day)) for day in days if 1 <= day <= date.max.toordinal()]
