"""JSON Lines, the form of a corpus, and whole JSON files: a list of rows or an export of Label Studio."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from workbench.core.corpus import row_from_line
from workbench.core.errors import CorpusError, InputError
from workbench.read.encoding import open_decoded
from workbench.read.forms.columns import row_of_cells
from workbench.read.row import Row, Rows, Source, suffix


def rows(source: Source) -> Rows:
    """The rows of a file of either kind, told apart by its first characters, whatever its suffix."""
    with open_decoded(source) as file:
        first = next((line for line in file if line.strip()), "")
        if first.lstrip().startswith("["):
            yield from _list_rows(first + file.read(), source)
        elif suffix(source.path) == ".json" and not _is_json(first):
            yield from _list_rows(f"[{first}{file.read()}]", source)
        else:
            yield from rows_of_lines(chain([first], file))


def rows_of_lines(lines: Iterable[str]) -> Rows:
    """A row for each line that is not blank; a line that is not JSON is a row with a problem."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield Row(f"line {number}", row_from_line(line))
        except CorpusError as error:
            yield Row(f"line {number}", problem=str(error))


def _is_json(line: str) -> bool:
    try:
        row_from_line(line)
    except CorpusError:
        return False
    return True


def _list_rows(text: str, source: Source) -> Rows:
    try:
        items = row_from_line(text)
    except CorpusError as error:
        raise CorpusError(f"{source}: {str(error).replace('that line', 'the file')}") from None
    kind = next((_kind(item) for item in items if isinstance(item, dict)), "rows")
    if kind == "short export":
        raise InputError(
            f"{source} is Label Studio's JSON-MIN, which leaves out relations and who labelled; export it as JSON"
        )
    if kind == "export":
        yield from _export_rows(source)
        return
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            yield Row(f"item {number}", item)
            continue
        yield row_of_cells(f"item {number}", item, made=f"{source.name}-{number}")


def _kind(item: dict[str, Any]) -> str:
    if isinstance(item.get("data"), dict):
        return "export"
    return "short export" if "annotation_id" in item and "annotator" in item else "rows"


def _export_rows(source: Source) -> Iterator[Row]:
    from workbench.studio.export import entries_from_export

    for number, entry in enumerate(entries_from_export(source.path), start=1):
        yield Row(f"entry {number}", entry)
