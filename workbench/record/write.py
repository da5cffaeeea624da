"""Event records into files: .jsonl with claims, .csv, .parquet, .sqlite, .geojson. Each whole or not at all."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import making_database, replacing, write_lines, write_text
from workbench.record.event import Event
from workbench.record.table import COLUMNS, FORMS, Row, event_row

_WHOLE = ("_min", "_max", "sources", "fatalities", "best", "low", "high", "_precision", "_prec", "number_of_sources")


def check_outputs(names: Sequence[str]) -> list[Path]:
    """The paths, before any work is done for them. Raises InputError for an ending that has no form."""
    for path in map(Path, names):
        if path.suffix.lower() not in _WRITERS:
            raise InputError(f"{path} ends in {path.suffix or 'nothing'}; expected one of {', '.join(_WRITERS)}")
    return list(map(Path, names))


def write_records(events: Sequence[Event], path: Path, *, columns: str = "workbench") -> None:
    """Writes events in the form that the file's name ends with. `columns` names the columns of .csv and .parquet.

    Raises InputError for another ending (see check_outputs), other columns, or a file that cannot be written.
    """
    if columns not in FORMS:
        raise InputError(f"there are no columns {columns!r}; expected one of {', '.join(FORMS)}")
    (target,) = check_outputs([str(path)])
    _WRITERS[target.suffix.lower()](events, target, FORMS[columns])


def _jsonl(events: Sequence[Event], path: Path, form: Callable[[Event], Row]) -> None:
    del form
    write_lines(path, (json.dumps(event.row(), ensure_ascii=False) for event in events))


def _csv(events: Sequence[Event], path: Path, form: Callable[[Event], Row]) -> None:
    write_lines(path, _csv_lines(events, form))


def _csv_lines(events: Sequence[Event], form: Callable[[Event], Row]) -> Iterator[str]:
    def line(cells: Sequence[Any]) -> str:
        text = io.StringIO()
        # Only what is in the line terminator is quoted: with an empty one a line end within a cell would break the row.
        csv.writer(text, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
        return text.getvalue().removesuffix("\r\n")

    yield line(_names(events, form))
    for event in events:
        yield line(list(form(event).values()))


# What a spreadsheet takes for the beginning of a formula; the wide ones are Excel's in East Asian settings.
_CONTROLS, _FORMULA = ("\t", "\r", "\n"), ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet runs as a formula: text that begins like one gets an apostrophe before it."""
    if isinstance(value, str) and (value[:1] in _CONTROLS or value.lstrip()[:1] in _FORMULA):
        return "'" + value
    return value


def _names(events: Sequence[Event], form: Callable[[Event], Row]) -> Sequence[str]:
    return list(form(events[0])) if events else COLUMNS


def _parquet(events: Sequence[Event], path: Path, form: Callable[[Event], Row]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = _names(events, form)
    schema = pa.schema([(name, _arrow_type(pa, name)) for name in names])
    with replacing(path) as file, pq.ParquetWriter(file, schema) as writer:
        for start in range(0, len(events), 10_000):
            rows = [form(event) for event in events[start : start + 10_000]]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _arrow_type(pa: Any, name: str) -> Any:
    if name in ("latitude", "longitude"):
        return pa.float64()
    if name == "conflict":
        return pa.bool_()
    return pa.int64() if name.endswith(_WHOLE) and name != "date_precision" else pa.string()


def _geojson(events: Sequence[Event], path: Path, form: Callable[[Event], Row]) -> None:
    """A FeatureCollection; events without coordinates have a null geometry, as RFC 7946 allows."""
    features = [
        {
            "type": "Feature",
            "id": row.get("event_id"),
            "geometry": None
            if row["latitude"] is None
            else {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]},
            "properties": {key: value for key, value in row.items() if key not in ("latitude", "longitude")},
        }
        for row in map(event_row, events)
    ]
    del form
    write_text(path, json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False) + "\n")


def _sqlite(events: Sequence[Event], path: Path, form: Callable[[Event], Row]) -> None:
    """Two tables: events (the contract's columns) and claims, joined by event_id."""
    del form
    with making_database(path) as base:
        _fill(base, events)


_CLAIM = (
    "event_id", "document_id", "document_hash", "published", "start", "end", "phrase", "label", "counts", "comparator",
    "value", "low", "high", "vague", "unit", "policy", "scope", "part_of", "population", "source", "source_kind",
    "stance", "sentence", "superseded", "producer", "confidence", "problem",
)  # fmt: skip


def _fill(base: sqlite3.Connection, events: Sequence[Event]) -> None:
    base.execute(f"CREATE TABLE events ({', '.join(COLUMNS)}, PRIMARY KEY (event_id)) WITHOUT ROWID")
    base.execute(f"CREATE TABLE claims ({', '.join(_quoted(name) for name in _CLAIM)})")
    for event in events:
        row = event_row(event)
        base.execute(f"INSERT INTO events VALUES ({','.join('?' * len(row))})", list(row.values()))  # noqa: S608
        for claim in event.claims:
            flat = {**claim.row(), **(claim.row()["figure"] or {}), "event_id": event.id}
            cells = [flat.get(name) for name in _CLAIM]
            base.execute(f"INSERT INTO claims VALUES ({','.join('?' * len(cells))})", cells)  # noqa: S608
    base.executescript('CREATE INDEX by_date ON events (date_start); CREATE INDEX by_event ON claims ("event_id");')


def _quoted(name: str) -> str:
    return f'"{name}"'


_WRITERS = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet, ".sqlite": _sqlite, ".geojson": _geojson}
