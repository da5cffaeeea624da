"""Gold fields of reports, as people code them, and whether what was found in a report is what they say.

A row has an id and an object `gold`: min_killed, min_captured (numbers), province (a name or several that count as
right; empty: none), start_date. What a row leaves out is not asked of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, read_corpus
from workbench.core.errors import CorpusError, InputError
from workbench.record.bulletin import Bulletin
from workbench.record.fields import Fields, fields_of
from workbench.record.gazetteer import Gazetteer
from workbench.record.incident import Tools

FIELDS = ("killed", "captured", "province", "date")
_NOTHING = Fields(0, 0, None, None, None)


@dataclass(frozen=True, slots=True)
class GoldFields:
    """What people say of one report; None where they say nothing, no provinces where they say that there is none."""

    document: str
    killed: int | None = None
    captured: int | None = None
    provinces: tuple[str, ...] | None = None
    day: date | None = None


def read_gold(path: str | Path) -> list[GoldFields]:
    """The gold fields of a .jsonl file. Raises CorpusError naming the bulletin whose fields cannot be read."""
    found = []
    for entry in read_corpus(path):
        try:
            found.append(_gold(entry.document.id, entry.document.fields["gold"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorpusError(
                f"{path}: the gold fields of bulletin {entry.document.id} cannot be read ({error}); expected an object "
                'such as {"min_killed": 1, "min_captured": 0, "province": ["ghazni"], "start_date": "2013-01-24"}'
            ) from None
    if not found:
        raise CorpusError(f"{path} holds no gold fields; expected one JSON object a line with id, text and gold")
    return found


def fields_of_entries(entries: Iterable[Entry], tools: Tools, *, where: str | Path) -> dict[str, Fields]:
    """The fields of labelled reports, by id. Raises CorpusError for one that nobody labelled."""
    found = {}
    for entry in entries:
        if entry.annotation is None:
            raise CorpusError(
                f"bulletin {entry.document.id} is unlabelled in {where}; expected a list named spans, empty where "
                "nothing was found"
            )
        found[entry.document.id] = fields_of(Bulletin(entry, tools.schema), tools)
    return found


def fields_of_records(rows: Iterable[Mapping[str, Any]], gazetteer: Gazetteer) -> dict[str, Fields]:
    """The fields of the reports that event records (see Event.row) tell of, by id: numbers added up over the events
    of a report, place and day of the first event that states them."""
    found: dict[str, Fields] = {}
    for row in rows:
        figures, place, when = row["figures"], row["place"] or {}, row["date"] or {}
        province = place.get("province")
        for document in row["documents"]:
            so_far = found.get(document, _NOTHING)
            found[document] = Fields(
                killed=so_far.killed + int((figures.get("killed") or {}).get("min", 0)),
                captured=so_far.captured + int((figures.get("detained") or {}).get("min", 0)),
                province=so_far.province or province,
                province_id=so_far.province_id or _province_id(province, place.get("country"), gazetteer),
                day=so_far.day or (date.fromisoformat(when["start"]) if when.get("start") else None),
            )
    return found


def answers(
    gold: Sequence[GoldFields], found: Mapping[str, Fields], gazetteer: Gazetteer, *, complete: bool, where: str | Path
) -> Iterator[dict[str, bool]]:
    """For each report which of FIELDS are right; those that its gold leaves out are not in it.

    Raises InputError where `complete` is asked for and a report is not among the found.
    """
    missing = [row.document for row in gold if row.document not in found]
    if missing and (complete or len(missing) == len(gold)):
        raise InputError(
            f"{where} lacks {len(missing)} of the {len(gold)} bulletins of the gold (first: {missing[0]!r}); expected "
            "the same ids in both: label exactly the gold's bulletins and score again"
        )
    for row in gold:
        said = found.get(row.document, _NOTHING)
        right = {
            "killed": None if row.killed is None else said.killed == row.killed,
            "captured": None if row.captured is None else said.captured == row.captured,
            "province": None if row.provinces is None else _same_province(row.provinces, said, gazetteer),
            "date": None if row.day is None else said.day == row.day,
        }
        yield {name: answer for name, answer in right.items() if answer is not None}


def _same_province(names: Sequence[str], said: Fields, gazetteer: Gazetteer) -> bool:
    """Whether the province is one that bears one of the names, or holds a place of that name."""
    if not names:
        return said.province_id is None
    return said.province_id in {place.admin1 for name in names for place in gazetteer.named(name)} - {None}


def _province_id(name: str | None, country: str | None, gazetteer: Gazetteer) -> str | None:
    for place in gazetteer.named(name) if name else ():
        region = gazetteer.region(place.country)
        if place.kind == "admin1" and (country is None or (region and region.name == country)):
            return place.id
    return None


def _gold(document: str, row: Mapping[str, Any]) -> GoldFields:
    provinces, day = row.get("province"), row.get("start_date")
    names = [provinces] if isinstance(provinces, str) else provinces
    return GoldFields(
        document,
        killed=_number(row, "min_killed"),
        captured=_number(row, "min_captured"),
        provinces=None if names is None else tuple(str(name) for name in names if name),
        day=date.fromisoformat(day) if day else None,
    )


def _number(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    if value is not None and type(value) is not int:
        raise ValueError(f"{name} is {value!r}, expected a whole number")
    return value
