"""Plain text: one bulletin a file, or several between blank lines."""

import re

from workbench.read.encoding import read_text
from workbench.read.forms import html
from workbench.read.row import Row, Rows, Source

SPLITS = ("blank",)
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_PAGE = re.compile(r"\A\s*(<\?xml[^>]*>\s*)?(<!doctype html|<html)", re.IGNORECASE)


def rows(source: Source) -> Rows:
    """The file's bulletins. Undivided, its text stays as it is, so that offsets are those of the file."""
    text = read_text(source)
    if _PAGE.match(text):
        yield from html.rows_of_page(text, source)
    elif source.split is None:
        yield Row("text", {"id": source.name, "text": text}, made_id=True)
    else:
        pieces = (piece.strip("\n") for piece in _BLANK.split(text) if piece.strip())
        for number, piece in enumerate(pieces, start=1):
            yield Row(f"bulletin {number}", {"id": f"{source.name}-{number}", "text": piece}, made_id=True)
