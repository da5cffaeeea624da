"""Web pages: their main text, without menus and footers, with title, date and outlet where the page says them."""

from typing import Any

from workbench.core.errors import InputError
from workbench.read.encoding import read_text
from workbench.read.row import Row, Rows, Source

# Dates are only taken from what the page declares, and no limit depends on the day of the run: same page, same answer.
_DATES = {"extensive_search": False, "original_date": True, "max_date": "2999-12-31"}

# Finding the main text takes some seconds a megabyte.
MOST_CHARACTERS = 1 << 23


def rows(source: Source) -> Rows:
    """The page's main text as one bulletin. Raises InputError where the page holds none."""
    yield from rows_of_page(read_text(source), source)


def rows_of_page(page: str, source: Source) -> Rows:
    """The same for a page that was read already."""
    from trafilatura import bare_extraction

    if len(page) > MOST_CHARACTERS:
        raise InputError(f"{source} is a web page of more than {MOST_CHARACTERS:,} characters; save its text as .txt")
    found = bare_extraction(
        page, with_metadata=True, include_comments=False, include_tables=True, date_extraction_params=_DATES
    )
    if found is None or not (found.text or "").strip():
        raise InputError(f"{source} is a web page without a main text; save its text as .txt")
    row: dict[str, Any] = {
        "id": source.name,
        "text": found.text,
        "published": found.date,
        "source": found.sitename or found.hostname,
    }
    row |= {name: value for name in ("title", "url") if (value := getattr(found, name))}
    yield Row("page", row, made_id=True)
