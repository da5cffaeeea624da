"""Events: incidents of many bulletins that are one happening, with every claim and its view."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from workbench.record.claim import Claim
from workbench.record.dates import When
from workbench.record.gazetteer import KINDS
from workbench.record.incident import Incident
from workbench.record.parties import Party
from workbench.record.places import Where
from workbench.record.view import View, casualty_conflict, views_of

_PRECISION = ("day", "week", "month", "year", "weekday")


@dataclass(frozen=True)
class Event:
    """Incidents that are one, in the order of publication. `policy` names the headline (see views_of)."""

    incidents: tuple[Incident, ...]
    policy: str = "conservative"

    @property
    def id(self) -> str:
        """The id of its first incident, as an event's: it stays when later bulletins join."""
        return "e-" + self.incidents[0].id[2:]

    @cached_property
    def type(self) -> str:
        """The label most incidents have, of equals the first's."""
        types = [x.type for x in self.incidents]
        return max(dict.fromkeys(types), key=types.count)

    @cached_property
    def when(self) -> When | None:
        """The most precise time; one that a bulletin states counts before a publication date, of equals the first."""
        times = [x.when for x in self.incidents if x.when is not None]
        return min(times, key=lambda x: (x.basis == "publication", _PRECISION.index(x.precision)), default=None)

    @cached_property
    def where(self) -> Where | None:
        """The finest place that the gazetteer knows, else the first written."""
        spots = [x.where for x in self.incidents if x.where is not None]
        return min(spots, key=lambda x: KINDS.index(x.place.kind) if x.place else len(KINDS), default=None)

    @cached_property
    def actors(self) -> tuple[str, ...]:
        """Names of who carried it out, as the bulletins say; else of who claims it."""
        names = _names(x.actors for x in self.incidents)
        return names or tuple(dict.fromkeys(name for x in self.incidents for name, _ in x.claimants))

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Names of whom it happened to."""
        return _names(x.targets for x in self.incidents)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """All claims of all its bulletins; those that a later toll replaced are marked."""
        return tuple(_superseded([claim for incident in self.incidents for claim in incident.claims]))

    @cached_property
    def views(self) -> dict[str, View]:
        """See views_of."""
        return views_of(self.claims, policy=self.policy)

    @cached_property
    def conflicts(self) -> tuple[str, ...]:
        """Why its claims cannot all be true; empty where they can."""
        found = [view.conflict for view in self.views.values() if view.conflict]
        joint = casualty_conflict(self.views)
        return (*found, joint) if joint else tuple(found)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Who says so, by name, each once; a bulletin that names nobody stands for itself."""
        found = [claim.source or f"bulletin {claim.document_id}" for claim in self.claims]
        return tuple(dict.fromkeys(found or [f"bulletin {x.document_id}" for x in self.incidents]))

    def row(self) -> dict[str, Any]:
        """The event as a JSON object with its claims, each with document hash, start and end."""
        when, spot = self.when, self.where
        return {
            "event_id": self.id, "event_type": self.type, "mode": self.incidents[0].mode,
            "documents": list(dict.fromkeys(x.document_id for x in self.incidents)),
            "date": None if when is None else {
                "start": str(when.start) if when.start else None, "end": str(when.end) if when.end else None,
                "precision": when.precision, "basis": when.basis, "weekday": when.weekday,
            },
            "place": None if spot is None else {
                "written": spot.written, "id": spot.place.id if spot.place else None,
                "name": spot.place.name if spot.place else None, "precision": spot.precision,
                "province": spot.province.name if spot.province else None,
                "country": spot.country.name if spot.country else None,
                "latitude": spot.place.latitude if spot.place else None,
                "longitude": spot.place.longitude if spot.place else None, "ambiguous": spot.ambiguous,
            },
            "actors": [_party(x) for x in _parties(x.actors for x in self.incidents)],
            "targets": [_party(x) for x in _parties(x.targets for x in self.incidents)],
            "responsibility": [{"source": n, "stance": s} for x in self.incidents for n, s in x.claimants],
            "means": list(dict.fromkeys(word for x in self.incidents for word in x.means)),
            "figures": {counts: view.row() for counts, view in self.views.items()},
            "headline_policy": self.policy, "conflict": bool(self.conflicts), "conflict_reasons": list(self.conflicts),
            "sources": list(self.sources),
            "claims": [claim.row() for claim in self.claims],
            "incidents": [
                {"id": x.id, "document_id": x.document_id, "document_hash": x.document, "flags": list(x.flags),
                 "triggers": [{"start": s, "end": e, "text": t} for s, e, t in x.triggers]}
                for x in self.incidents
            ],
        }  # fmt: skip


def _superseded(claims: Sequence[Claim]) -> list[Claim]:
    """Claims with those marked that a later sum so far of the same kind of source replaces; media speak for all."""
    latest: dict[tuple[str, str], str] = {}
    for claim in claims:
        if claim.scope == "cumulative" and claim.stated and claim.published:
            key = (claim.counts, _voice(claim))
            latest[key] = max(latest.get(key, ""), claim.published)
    if not latest:
        return list(claims)
    return [
        replace(claim, superseded=True)
        if claim.published and claim.published < latest.get((claim.counts, _voice(claim)), "")
        else claim
        for claim in claims
    ]


def _voice(claim: Claim) -> str:
    return "media" if claim.source_kind == "unknown" else claim.source_kind


def _parties(groups: Any) -> list[Party]:
    return list(dict.fromkeys(party for group in groups for party in group))


def _names(groups: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(party.name for party in _parties(groups)))


def _party(party: Party) -> dict[str, Any]:
    return {"name": party.name, "kind": party.kind, "listed": party.listed}
