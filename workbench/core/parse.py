"""TOML and JSON to plain values: whatever a parser trips over is one kind of error."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import open_text

# TOML's whole numbers have 64 bits; Python's parser takes longer ones, which then cannot even be shown.
_GREATEST = 2**63


def json_value(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError for everything else, what is nested too deeply to read included."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply to read") from None


def read_toml(path: Path, *, raises: type[InputError] = InputError) -> dict[str, Any]:
    """The table of a TOML file. Raises `raises` for what is none, InputError where the file cannot be read."""
    with open_text(path) as file:
        text = file.read()
    try:
        table = tomllib.loads(text)
        if any(not -_GREATEST <= number < _GREATEST for number in _numbers(table)):
            raise ValueError("a number has more than 64 bits")
    # Beside its own error the parser lets through those of int() and of the stack.
    except ValueError as error:
        raise raises(f"{path} is not TOML ({error}); mend that line") from None
    except RecursionError:
        raise raises(f"{path} is nested too deeply to read; mend it") from None
    return table


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int):
        yield value
