"""Events as scoring compares them, out of the forms that they come in: labelled bulletins, and files of records."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, labelled, read_corpus, row_from_line
from workbench.core.errors import InputError
from workbench.core.files import bounded_lines, open_text
from workbench.record.gazetteer import key_of
from workbench.record.incident import Tools
from workbench.record.run import records_of
from workbench.record.view import COUNTS
from workbench.score.events import EventFields
from workbench.score.pairs import pair_up

# What makes a record the same; the parties, whose names are free text, are scored by themselves.
RECORD = ("type", "date", "place", *COUNTS)
# What a .jsonl file may hold that scoring of records takes.
FORMS = ("corpus", "fields", "records")
Row = Mapping[str, Any]


def form_of(path: str | Path) -> str:
    """What of FORMS a .jsonl file holds, by its first row; one with spans is a corpus, whatever else it has.

    Raises InputError where that row is no JSON object.
    """
    for number, row in _rows(Path(path)):
        if not isinstance(row, dict):
            raise InputError(f"{path} line {number} holds {type(row).__name__}; expected a JSON object")
        if "event_id" in row:
            return "records"
        return "fields" if isinstance(row.get("gold"), dict) and "spans" not in row else "corpus"
    return "corpus"


def events_of(entries: Iterable[Entry], tools: Tools) -> list[EventFields]:
    """The events of labelled bulletins."""
    return [event_fields(event.row()) for event in records_of(entries, tools).events]


@dataclass(frozen=True)
class Side:
    """The events of one file, the ids of the bulletins that it tells of, and how many gold bulletins do not count."""

    events: Sequence[EventFields]
    documents: frozenset[str]
    left_out: int = 0


def both_sides(
    gold: str | Path, predicted: str | Path, tools: Tools, *, include_assisted: bool = False
) -> tuple[Side, Side]:
    """Gold and predicted events of two files.

    Bulletins of a corpus are held against each other as `pair_up` does, and gold without labels, or (unless asked
    for) annotated from suggestions, is left out. Raises InputError where the two tell of different bulletins.
    """
    forms = form_of(gold), form_of(predicted)
    if "fields" in forms:
        raise InputError(f"{(gold, predicted)[forms.index('fields')]} holds gold fields; expected events or labels")
    if forms == ("corpus", "corpus"):
        mine, others = list(read_corpus(gold)), list(read_corpus(predicted))
        pairs = pair_up(
            mine,
            others,
            schema=tools.schema,
            include_assisted=include_assisted,
            gold_name=str(gold),
            predicted_name=str(predicted),
        )
        kept, left_out = frozenset(document.id for document in pairs.documents), pairs.unlabelled + pairs.assisted
        told = [events_of([e for e in side if e.document.id in kept], tools) for side in (mine, others)]
        return Side(told[0], kept, left_out), Side(told[1], kept)
    first = _side(gold, forms[0], tools, assisted=include_assisted)
    second = _side(predicted, forms[1], tools, assisted=True)
    strange = second.documents - first.documents
    if strange and (forms[0] == "corpus" or not first.documents & second.documents):
        raise InputError(
            f"{predicted} tells of bulletins that {gold} does not have (first: {min(strange)!r}); expected the same "
            "ones in both: make the records of exactly the gold's bulletins and score again"
        )
    return first, second


def _side(path: str | Path, form: str, tools: Tools, *, assisted: bool) -> Side:
    if form == "records":
        events = list(map(event_fields, read_rows(path)))
        return Side(events, frozenset(name for event in events for name in event.documents))
    entries = list(read_corpus(path))
    kept = [e for e in labelled(entries, where=path) if assisted or not (e.annotation and e.annotation.assisted)]
    documents = frozenset(entry.document.id for entry in kept)
    return Side(events_of(kept, tools), documents, len(entries) - len(kept))


def read_rows(path: str | Path) -> Iterator[Row]:
    """The rows of a .jsonl that `workbench records` wrote. Raises InputError naming the line that is none."""
    for number, row in _rows(Path(path)):
        try:
            event_fields(row)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(
                f"{path} line {number} is no event record ({type(error).__name__}: {error}); expected a line of a "
                ".jsonl file that `workbench records` wrote: make it again"
            ) from None
        yield row


def event_fields(row: Row) -> EventFields:
    """An event's JSON object (see Event.row) as plain fields, None for what is not stated.

    A place is the gazetteer's where it is known, else its name as written.
    """
    place = row["place"] or {}
    values: dict[str, Hashable | None] = {
        "type": str(row["event_type"]),
        "date": _time(row["date"] or {}),
        "place": place.get("id") or key_of(place.get("written") or "") or None,
        "province": place.get("province"),
    }
    for counts in COUNTS:
        view = row["figures"].get(counts)
        values[counts] = None if view is None else (view["min"], view["max"])
    for name in ("actors", "targets"):
        values[name] = tuple(sorted({key_of(party["name"]) for party in row[name]})) or None
    documents = frozenset(map(str, row["documents"]))
    if not documents:
        raise ValueError("it names no bulletin")
    return EventFields(documents, values)


def _time(when: Row) -> Hashable | None:
    """First and last day, or the day of the week where no more is known."""
    if when.get("start"):
        return date.fromisoformat(when["start"]), date.fromisoformat(when["end"])
    return when.get("weekday")


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    """The values of a JSON Lines file with their line numbers. Raises InputError for a line that is no JSON."""
    with open_text(path) as lines:
        for number, line in enumerate(bounded_lines(lines, where=path), start=1):
            if not line.strip():
                continue
            try:
                yield number, row_from_line(line)
            except InputError as error:
                raise InputError(f"{path} line {number}: {error}") from None
