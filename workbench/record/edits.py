"""What a person decided about events: incidents that are one, incidents that are not. Kept in a file, always obeyed.

[[merge]]
incidents = ["i-0a1b2c3d4e5f", "i-…"]

[[apart]]
incidents = ["i-…", "i-…"]
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import open_text
from workbench.record.incident import Incident


@dataclass(frozen=True)
class Edits:
    """Merges and separations by incident id; `merged` maps an id to its whole group. Ids come from the text and its
    first trigger (see Incident), so they still fit when records are made again."""

    merged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kept_apart: frozenset[frozenset[str]] = frozenset()

    def together(self, incident: str) -> tuple[str, ...]:
        """The ids that a person merged with this one."""
        return self.merged.get(incident, ())

    def parts(self, incident: str, members: Sequence[Incident]) -> bool:
        """Whether a person keeps it apart from one of the members."""
        return bool(self.kept_apart) and any(frozenset((incident, x.id)) in self.kept_apart for x in members)

    def unknown(self, ids: Iterable[str]) -> list[str]:
        """Ids of the edits that no incident has: their bulletin is not there, or was labelled otherwise."""
        return sorted((set(self.merged) | {x for pair in self.kept_apart for x in pair}) - set(ids))


def load_edits(path: Path) -> Edits:
    """Edits of a TOML file. Raises InputError where it is broken or merges what it keeps apart."""
    try:
        with open_text(path) as file:
            table = tomllib.loads(file.read())
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML ({error}); mend that line") from None
    merged: dict[str, tuple[str, ...]] = {}
    for group in _groups(table, "merge", path):
        whole = tuple(dict.fromkeys(x for one in group for x in (one, *merged.get(one, ()))))
        merged |= dict.fromkeys(whole, whole)
    apart = frozenset(frozenset(pair) for group in _groups(table, "apart", path) for pair in combinations(group, 2))
    for pair in apart:
        one, other = sorted(pair)
        if other in merged.get(one, ()):
            raise InputError(f"{path} merges {one} with {other} and also keeps them apart; leave one of the two out")
    return Edits(merged, apart)


def _groups(table: dict[str, Any], name: str, path: Path) -> list[list[str]]:
    groups = []
    for entry in table.get(name, []):
        ids = entry.get("incidents") if isinstance(entry, dict) else None
        if not isinstance(ids, list) or len(set(map(str, ids))) < 2 or not all(isinstance(x, str) for x in ids):
            raise InputError(f"{path} has a [[{name}]] without incidents = [two or more ids]; found {entry!r}")
        groups.append(ids)
    return groups
