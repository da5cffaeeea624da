"""One module for each form of file: each turns a source into rows and knows nothing of the others."""

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import cast

from workbench.core.errors import InputError
from workbench.core.files import bounded_lines
from workbench.read.row import Row, Rows, Source, suffix

# Which module reads which suffix; .gz may follow each of them but .parquet.
_MODULES = {
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
}
SUFFIXES = tuple(_MODULES)


def rows_of(source: Source) -> Rows:
    """The rows of a file, by its suffix, or of standard input. Raises InputError where no row can be read at all."""
    if str(source.path) == "-":
        yield from _standard_input()
        return
    module = _MODULES.get(suffix(source.path))
    if module is None:
        raise InputError(f"{source} has none of the suffixes {', '.join(SUFFIXES)}; rename or convert it")
    yield from cast(Iterator[Row], import_module(f"workbench.read.forms.{module}").rows(source))


def _standard_input() -> Rows:
    """JSON Lines in UTF-8."""
    from workbench.read.forms.json import rows_of_lines

    sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict")  # type: ignore[union-attr]  # a TextIOWrapper
    try:
        yield from rows_of_lines(bounded_lines(sys.stdin, where="standard input"))
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8 ({error.reason}); convert it to UTF-8 first") from None
