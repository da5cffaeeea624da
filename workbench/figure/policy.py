"""Policies: what a vague count ("dozens") is worth at least, by name, from a file that anybody can write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.parse import read_toml
from workbench.core.text import brief
from workbench.core.workspace import packaged
from workbench.figure.words import SCALES, VAGUE_CLASSES

NAMED = ("literal", "acled", "isaf")


@dataclass(frozen=True)
class Policy:
    """A name with its version, and the least number of each vague class; a class that is missing stays open."""

    name: str
    version: int = 1
    low: Mapping[str, int] = field(default_factory=dict, hash=False)  # in ==, so equal names do not mix

    @property
    def label(self) -> str:
        """How figures name it, such as "acled/1"."""
        return f"{self.name}/{self.version}"

    def least(self, vague: str) -> int | None:
        """The least number of a class; of "several hundred" or "tens of thousands" the product of its words."""
        own = self.low.get(vague)
        if own is not None:
            return own
        head, _, scale = vague.rpartition(" ")
        factor = SCALES.get(scale.removesuffix("s")) if head else None
        base = self.low.get(head.removesuffix(" of"))
        return None if factor is None or base is None else base * factor


def load_policy(name_or_path: str | Path) -> Policy:
    """A policy by its name (literal, acled, isaf) or from a TOML file. Raises InputError saying what is wrong."""
    if str(name_or_path) in NAMED:
        return _named(str(name_or_path))
    path = Path(name_or_path)
    if path.suffix != ".toml":
        raise InputError(f"there is no policy {str(name_or_path)!r}; expected {', '.join(NAMED)} or a .toml file")
    return _read(path)


@cache
def _named(name: str) -> Policy:
    return _read(packaged(f"annotations/policies/{name}.toml"))


def _read(path: Path) -> Policy:
    table = read_toml(path)
    try:
        return _policy(table, name=path.stem)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _policy(table: dict[str, Any], *, name: str) -> Policy:
    unknown = sorted(set(table) - {"name", "version", "base", "low"})
    if unknown:
        raise InputError(f"found the key {brief(unknown[0])}; expected name, version, base and a table [low]")
    low, base, version = table.get("low", {}), table.get("base"), table.get("version", 1)
    if not isinstance(low, dict):
        raise InputError("found low that is no table; expected [low] with one line a class, such as dozens = 24")
    if base is not None and base not in NAMED:
        raise InputError(f"found base = {brief(base)}; expected one of {', '.join(NAMED)}")
    if not isinstance(version, int) or isinstance(version, bool):
        raise InputError(f"found version = {brief(version)}; expected a whole number")
    for key, value in low.items():
        _check_class(key, value)
    return Policy(str(table.get("name", name)), version, {**(_named(base).low if base else {}), **low})


def _check_class(key: str, value: Any) -> None:
    if key not in VAGUE_CLASSES:
        raise InputError(f"found the class {brief(key)}; expected one of {', '.join(sorted(VAGUE_CLASSES))}")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InputError(f"found {key} = {brief(value)}; expected a whole number, 0 or more")
