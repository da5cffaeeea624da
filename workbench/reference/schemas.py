"""The schema file: its keys and the labels that come along."""

from collections.abc import Iterator

from workbench.core.schema import GROUPS, Schema, load_schema
from workbench.core.workspace import packaged

# What each key of a [[labels]] table is; the names are those of core.schema.Label.
KEYS = {
    "name": "required; a letter, then letters, digits, `_`, `.` or `-`",
    "group": f"{', '.join(f'`{group}`' for group in GROUPS)}; `other` where left out",
    "color": "six hex digits, such as `#d62728`; one of a palette for the colour-blind where left out",
    "hotkey": "the key that chooses the label on the page; each only once",
    "description": "what annotators read on the page, and a language model in its prompt",
    "example": "a phrase for the page's panel of guidelines, square brackets around what is marked",
    "counts": "of a figure: the column of the records that it fills",
}


def keys() -> Iterator[str]:
    """A table of the keys of a label."""
    yield "| key | value |"
    yield "|---|---|"
    yield from (f"| `{key}` | {what} |" for key, what in KEYS.items())


def labels() -> Iterator[str]:
    """A table of the labels that come along."""
    yield "| label | group | counts | key | what it marks |"
    yield "|---|---|---|---|---|"
    for label in _default().labels:
        yield f"| {label.name} | {label.group} | {label.counts or ''} | {label.hotkey or ''} | {label.description} |"


def relations() -> Iterator[str]:
    """A table of the relations that come along."""
    yield "| relation | from | to | what it says |"
    yield "|---|---|---|---|"
    for kind in _default().relations:
        yield f"| {kind.name} | {', '.join(kind.source)} | {', '.join(kind.target)} | {kind.description} |"


def _default() -> Schema:
    return load_schema(packaged("annotations/schema.toml"))
