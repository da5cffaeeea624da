"""Which column of a table means what."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from workbench.core.errors import InputError
from workbench.read.row import Row, Source

_KNOWN = ("id", "text", "published", "source", "spans", "relations", "origin", "author", "model_version", "assisted")


def column_names(header: Sequence[str], source: Source) -> list[str]:
    """The header with the known names in lower case and all others as they are.

    Raises InputError where no column is named text, or two columns bear one name.
    """
    names = [name.strip() for name in header]
    names = [name.lower() if name.lower() in _KNOWN else name for name in names]
    if "text" not in names:
        found = ", ".join(names[:12]) or "no names at all"
        raise InputError(f"{source} has no column named text; found {found}; name the bulletins' column text")
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{source} has two columns named {twice}; give each its own name")
    return [name or f"column {place}" for place, name in enumerate(names, start=1)]


def row_of_cells(place: str, cells: dict[str, Any], *, made: str) -> Row:
    """The row of one line of a table; without an id in it, the made one. Cells become what JSON can hold."""
    values = {name: plain(value) for name, value in cells.items()}
    given = values.get("id")
    has_id = given is not None and str(given).strip() != ""
    values["id"] = str(given).strip() if has_id else made
    if values.get("text") is None:
        values["text"] = ""
    if not isinstance(values["text"], str):
        return Row(place, problem=f"found {str(values['text'])[:40]!r} as text; expected a string")
    return Row(place, values, made_id=not has_id)


def plain(value: Any) -> Any:
    """A cell as JSON can hold it: dates in ISO form, not-a-number and infinity as nothing, bytes as hex digits."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
