"""Events as flat rows: the contract's columns, and the same under ACLED's and UCDP GED's names."""

from collections.abc import Callable
from typing import Any

from workbench.record.event import Event

COUNTED = ("killed", "injured", "detained", "returned", "displaced")
COLUMNS = (
    "event_id", "document_id", "event_type", "date_start", "date_end", "date_precision", "place", "province", "country",
    "latitude", "longitude", "actor", "target", "killed_min", "killed_max", "injured_min", "injured_max",
    "detained_min", "detained_max", "returned_min", "returned_max", "displaced_min", "displaced_max", "sources",
    "conflict",
)  # fmt: skip
Row = dict[str, Any]
# ACLED: 1 the day, 2 the week, 3 the month. UCDP: 1 the day, 2 to 4 up to a month, 5 the year.
_ACLED_TIME = {"day": 1, "week": 2, "month": 3}
_UCDP_TIME = {"day": 1, "week": 3, "month": 4, "year": 5}
# ACLED: 1 the town, 2 near it or a part of its region, 3 a larger region. UCDP: 1 exact, 2 nearby, 3 district,
# 4 province, 6 country.
_ACLED_PLACE = {"site": 1, "area": 2, "city": 1, "admin2": 2, "admin1": 3, "country": 3}
_UCDP_PLACE = {"site": 1, "area": 2, "city": 1, "admin2": 3, "admin1": 4, "country": 6}
_ACLED_TYPES = {
    "EVENT_ATTACK": ("Violence against civilians", "Attack"),
    "EVENT_EXPLOSION": ("Explosions/Remote violence", "Remote explosive/landmine/IED"),
    "EVENT_CLASH": ("Battles", "Armed clash"),
    "EVENT_DETENTION": ("Strategic developments", "Arrests"),
    "EVENT_PROTEST": ("Protests", "Peaceful protest"),
    "EVENT_RETURN": ("Strategic developments", "Other"),
    "EVENT_DISPLACEMENT": ("Strategic developments", "Other"),
    "EVENT_POLICY": ("Strategic developments", "Change to group/activity"),
}


def event_row(event: Event) -> Row:
    """The contract's row: numbers as numbers, nothing stated as None, several names joined by "; "."""
    when, spot = event.when, event.where
    place = spot.place if spot else None
    row: Row = {
        "event_id": event.id,
        "document_id": "; ".join(dict.fromkeys(x.document_id for x in event.incidents)),
        "event_type": event.type,
        "date_start": str(when.start) if when and when.start else None,
        "date_end": str(when.end) if when and when.end else None,
        "date_precision": when.precision if when else None,
        "place": spot.written if spot else None,
        "province": spot.province.name if spot and spot.province else None,
        "country": spot.country.name if spot and spot.country else None,
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
        "actor": "; ".join(event.actors) or None,
        "target": "; ".join(event.targets) or None,
    }
    for counts in COUNTED:
        view = event.views.get(counts)
        row[f"{counts}_min"] = int(view.least) if view else None
        row[f"{counts}_max"] = int(view.most) if view else None
    return row | {"sources": len(event.sources), "conflict": bool(event.conflicts)}


def acled_row(event: Event) -> Row:
    """ACLED's columns. Its fatalities are one number: the headline, 0 where none is stated, as its codebook wants."""
    row, view, spot = event_row(event), event.views.get("killed"), event.where
    kind, sub = _ACLED_TYPES.get(event.type, ("Strategic developments", "Other"))
    return {
        "event_id_cnty": row["event_id"], "event_date": row["date_start"],
        "year": (row["date_start"] or "")[:4] or None,
        "time_precision": _ACLED_TIME.get(row["date_precision"]), "event_type": kind, "sub_event_type": sub,
        "actor1": row["actor"], "actor2": row["target"], "country": row["country"], "admin1": row["province"],
        "location": row["place"], "latitude": row["latitude"], "longitude": row["longitude"],
        "geo_precision": _ACLED_PLACE.get(spot.precision or "") if spot else None,
        "source": "; ".join(event.sources), "notes": row["document_id"],
        "fatalities": int(view.headline) if view else 0,
    }  # fmt: skip


def ucdp_row(event: Event) -> Row:
    """UCDP GED's columns: best, low and high estimates; empty where no number is stated."""
    row, view, spot = event_row(event), event.views.get("killed"), event.where
    return {
        "id": row["event_id"], "date_start": row["date_start"], "date_end": row["date_end"],
        "date_prec": _UCDP_TIME.get(row["date_precision"]), "where_coordinates": row["place"], "adm_1": row["province"],
        "country": row["country"], "latitude": row["latitude"], "longitude": row["longitude"],
        "where_prec": _UCDP_PLACE.get(spot.precision or "") if spot else None, "side_a": row["actor"],
        "side_b": row["target"], "number_of_sources": row["sources"], "source_original": "; ".join(event.sources),
        "source_article": row["document_id"], "best": int(view.headline) if view else None,
        "low": row["killed_min"], "high": row["killed_max"],
    }  # fmt: skip


FORMS: dict[str, Callable[[Event], Row]] = {"workbench": event_row, "acled": acled_row, "ucdp": ucdp_row}
