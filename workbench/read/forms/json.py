"""JSON Lines, the form of a corpus, and whole JSON files: a list of rows or an export of Label Studio."""

from collections.abc import Iterable
from itertools import chain
from typing import IO, Any

from workbench.core.corpus import row_from_line
from workbench.core.errors import CorpusError, InputError
from workbench.core.files import bounded_lines, bounded_text
from workbench.read.encoding import open_decoded
from workbench.read.forms.columns import row_of_cells
from workbench.read.row import Row, Rows, Source, suffix

# Characters of a JSON list, which is read as a whole: half a gigabyte, some 100,000 tasks.
MOST_LISTED = 1 << 29


def rows(source: Source) -> Rows:
    """The rows of a file of either kind, told apart by its first characters, whatever its suffix."""
    with open_decoded(source) as file:
        lines = bounded_lines(file, where=str(source))
        first = next((line for line in lines if line.strip()), "")
        if first.lstrip().startswith("["):
            yield from _list_rows(first + _rest(file, source), source)
        elif suffix(source.path) == ".json" and not _is_json(first):
            yield from _list_rows(f"[{first}{_rest(file, source)}]", source)
        else:
            yield from rows_of_lines(chain([first], lines))


def rows_of_lines(lines: Iterable[str]) -> Rows:
    """A row for each line that is not blank; a line that is not JSON is a row with a problem."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield Row(f"line {number}", row_from_line(line))
        except CorpusError as error:
            yield Row(f"line {number}", problem=str(error))


def _rest(file: IO[str], source: Source) -> str:
    return bounded_text(file, where=str(source), most=MOST_LISTED)


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
        yield from _export_rows(items)
        return
    for number, item in enumerate(items, start=1):
        yield _list_row(f"item {number}", item, made=f"{source.name}-{number}")


def _list_row(place: str, item: Any, *, made: str) -> Row:
    if not isinstance(item, dict):
        return Row(place, item)
    if "text" not in item:
        found = ", ".join(list(item)[:8]) or "nothing"
        return Row(place, problem=f"has no text; found {found}; name the bulletin's text text")
    return row_of_cells(place, item, made=made)


def _kind(item: dict[str, Any]) -> str:
    if isinstance(item.get("data"), dict) and "text" not in item:
        return "export"
    return "short export" if "annotation_id" in item and "annotator" in item else "rows"


def _export_rows(tasks: list[Any]) -> Rows:
    """The export's tasks, annotated or not; then a row with a problem for each annotation that does not fit."""
    from workbench.studio.export import Tally, entries_from_export

    tally = Tally()
    entries = entries_from_export(tasks, unannotated=True, leave_out=True, tally=tally)
    yield from (Row(f"task {number}", entry) for number, entry in enumerate(entries, start=1))
    yield from (Row("annotations", problem=problem) for problem in tally.problems)
