"""Comma, semicolon or tab separated tables with a header."""

import csv
from itertools import chain
from typing import Any

from workbench.core import files
from workbench.core.corpus import row_from_line
from workbench.core.errors import CorpusError, InputError
from workbench.core.files import bounded_lines
from workbench.read.encoding import open_decoded
from workbench.read.forms.columns import column_names, row_of_cells
from workbench.read.row import Row, Rows, Source

_DELIMITERS = ",;\t|"
# Cells that hold JSON where a corpus was saved as a table.
_JSON = ("spans", "relations")


def rows(source: Source) -> Rows:
    """Rows by the header's names. Raises InputError for a header without a text column and for broken quotes."""
    # The default of 128 KiB a cell is less than a long report; C's long is 32 bits wide on some machines.
    csv.field_size_limit(files.LONGEST_LINE)
    with open_decoded(source, newline="") as file:
        blank, lines = 0, bounded_lines(file, where=str(source))
        for header_line in lines:
            if header_line.strip():
                break
            blank += 1
        else:
            raise InputError(f"{source} is empty; expected a header with a column named text")
        delimiter = max(_DELIMITERS, key=header_line.count)
        table = csv.reader(chain([header_line], lines), delimiter=delimiter, strict=True)
        try:
            yield from _rows(table, source, blank)
        except csv.Error as error:
            line = table.line_num + blank
            raise CorpusError(f"{source} line {line} is not CSV ({error}); check the quotes up to there") from None


def _rows(table: Any, source: Source, blank: int) -> Rows:
    header = next(table)
    names = column_names(header, source)
    before, number = table.line_num, 0
    for cells in table:
        place, before = f"line {before + blank + 1}", table.line_num
        if not any(cell.strip() for cell in cells):
            continue
        number += 1
        if len(cells) != len(header):
            yield Row(place, problem=f"found {len(cells)} cells; expected {len(header)} as in the header")
            continue
        yield _row(place, dict(zip(names, cells, strict=True)), f"{source.name}-{number}")


def _row(place: str, cells: dict[str, Any], made: str) -> Row:
    try:
        parsed = {name: row_from_line(cells[name]) for name in _JSON if cells.get(name)}
    except InputError as error:
        return Row(place, problem=f"a cell of spans or relations does not hold JSON ({error})")
    if "spans" in cells and "spans" not in parsed:
        parsed["spans"] = None
    if "assisted" in cells:
        parsed["assisted"] = str(cells["assisted"]).strip().lower() in ("true", "1", "yes")
    return row_of_cells(place, cells | parsed, made=made)
