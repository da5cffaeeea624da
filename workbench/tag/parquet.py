"""A labelled corpus as a Parquet file, which `workbench` and any table reader take."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.core.corpus import read_corpus, row_from_entry
from workbench.core.files import replacing

# Rows in memory at a time.
_BATCH = 1024
_TEXTS = ("id", "text", "published", "source", "origin", "author", "model_version")


def parquet_of_lines(lines: Path, target: Path) -> None:
    """Writes the bulletins of a JSON Lines corpus as Parquet, in order, whole or not at all.

    Spans are lists of structs. A field of the user's keeps its type where it has one throughout, else its values
    become text: strings as they are, all else as JSON.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds: dict[str, set[type]] = {}
    for row in _rows(lines):
        for name, value in row.items():
            kinds.setdefault(name, set()).add(type(value))
    schema = pa.schema([(name, _type(name, kind)) for name, kind in kinds.items()])
    as_text = {name for name, kind in kinds.items() if pa.types.is_string(schema.field(name).type) and kind != {str}}
    with replacing(target) as file, pq.ParquetWriter(file, schema) as writer:
        rows = (_plain(row, as_text) for row in _rows(lines))
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def _rows(lines: Path) -> Iterator[dict[str, Any]]:
    for entry in read_corpus(lines):
        row = row_from_entry(entry)
        yield {name: value for name, value in row.items() if value is not None}


def _type(name: str, kinds: set[type]) -> Any:
    import pyarrow as pa

    if name == "spans":
        span = [("start", pa.int64()), ("end", pa.int64()), ("label", pa.string()), ("score", pa.float64())]
        return pa.list_(pa.struct(span))
    if name == "relations":
        return pa.list_(pa.struct([("from", pa.int64()), ("to", pa.int64()), ("type", pa.string())]))
    if name in _TEXTS:
        return pa.string()
    numbers = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    if len(kinds) == 1 and (kind := next(iter(kinds))) in numbers:
        return numbers[kind]
    return pa.float64() if kinds == {int, float} else pa.string()


def _plain(row: Mapping[str, Any], as_text: set[str]) -> dict[str, Any]:
    return {
        name: json.dumps(value, ensure_ascii=False) if name in as_text and not isinstance(value, str) else value
        for name, value in row.items()
    }
