"""A schema for data that come without one: groups, colours and hotkeys guessed from the names of the labels."""

import json
from collections.abc import Iterable

from workbench.core.schema import GROUPS, PALETTE, Label, Schema, schema_of_labels

_DIGITS = "123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# What a figure's name says of the column that it fills (see annotations/schema.toml).
_COUNTS = ("killed", "injured", "casualty", "detained", "returned", "displaced", "other")


def suggest_schema(names: Iterable[str], *, name: str = "labels") -> Schema:
    """The labels by group, then by name; events have digits as hotkeys, others a letter of their name.

    The same names give the same schema. Raises SchemaError for a name that no label may have, or no name.
    """
    bare = sorted(schema_of_labels(names, name=name).labels, key=lambda label: (GROUPS.index(label.group), label.name))
    taken = set[str]()
    labels = []
    for place, label in enumerate(bare):
        hotkey = _hotkey(label, taken)
        taken |= {hotkey} if hotkey else set()
        ending = label.name.split("_")[-1].lower()
        counts = ending if label.group == "figure" and ending in _COUNTS else None
        labels.append(Label(label.name, label.group, PALETTE[place % len(PALETTE)], hotkey, counts=counts))
    return Schema(name, tuple(labels))


def schema_toml(schema: Schema) -> str:
    """The text of a schema file, which load_schema reads back to an equal schema; relations are not written."""
    parts = [f"name = {_quoted(schema.name)}\nversion = {schema.version}\n"]
    for label in schema.labels:
        lines = [f"name = {_quoted(label.name)}", f"group = {_quoted(label.group)}"]
        lines += [f"counts = {_quoted(label.counts)}"] if label.counts else []
        lines += [f"color = {_quoted(label.color)}"]
        lines += [f"hotkey = {_quoted(label.hotkey)}"] if label.hotkey else []
        lines += [f"description = {_quoted(label.description)}"]
        parts.append("[[labels]]\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _hotkey(label: Label, taken: set[str]) -> str | None:
    """A free key: a digit for an event, else a letter of the name, the telling part first; None where none is left."""
    telling = label.name.split("_")[-1].lower()
    wanted = (_DIGITS if label.group == "event" else "") + telling + label.name.lower() + _LETTERS + _DIGITS
    return next((key for key in wanted if key in _DIGITS + _LETTERS and key not in taken), None)


def _quoted(text: str) -> str:
    """A JSON string is a TOML string as well, but for the one control character that JSON lets stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
