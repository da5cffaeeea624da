"""What a person decided about events: incidents that are one, incidents that are not. Kept in a file, always obeyed.

[[merge]]
incidents = ["i-0a1b2c3d4e5f", "i-…"]

[[apart]]
incidents = ["i-…", "i-…"]
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.core.parse import read_toml
from workbench.core.text import brief
from workbench.record.incident import Incident

Pair = frozenset[str]
_HEAD = (
    "# What people decided about events; `workbench confirm --take-back` keeps it up to date, and it may be edited.\n"
)


@dataclass(frozen=True)
class Edits:
    """Merges and separations by incident id; `merged` maps an id to its whole group. Ids come from the text and its
    first trigger (see Incident), so they still fit when records are made again. Made by make_edits."""

    merged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kept_apart: frozenset[Pair] = frozenset()

    def together(self, incident: str) -> tuple[str, ...]:
        """The ids that a person merged with this one."""
        return self.merged.get(incident, ())

    def parts(self, incident: str, members: Sequence[Incident]) -> bool:
        """Whether a person keeps it, or one it is merged with, apart from one of the members or what is theirs."""
        if not self.kept_apart:
            return False
        mine = self.merged.get(incident, (incident,))
        theirs = (other for x in members for other in self.merged.get(x.id, (x.id,)))
        return any(frozenset(pair) in self.kept_apart for pair in product(mine, theirs))

    def unknown(self, ids: Iterable[str]) -> list[str]:
        """Ids of the edits that no incident has: their bulletin is not there, or was labelled otherwise."""
        return sorted((set(self.merged) | {x for pair in self.kept_apart for x in pair}) - set(ids))

    def groups(self) -> list[tuple[str, ...]]:
        """The merged groups, each once."""
        return list(dict.fromkeys(self.merged.values()))

    def outside(self, ids: set[str]) -> "Edits":
        """The edits without what they say of two incidents that are both among `ids`."""
        merges = [pair for group in self.groups() for pair in combinations(group, 2) if not ids.issuperset(pair)]
        return make_edits(merges, [pair for pair in self.kept_apart if not ids >= pair])


def make_edits(merges: Iterable[Sequence[str]], apart: Iterable[Iterable[str]]) -> Edits:
    """Edits of groups that are one and pairs that are not; groups that share an incident are one group.

    Raises InputError where a pair is both.
    """
    merged: dict[str, tuple[str, ...]] = {}
    for group in merges:
        whole = tuple(sorted({x for one in group for x in (one, *merged.get(one, ()))}))
        merged |= dict.fromkeys(whole, whole)
    pairs = frozenset(frozenset(pair) for pair in apart)
    for pair in pairs:
        one, other = sorted(pair)
        if other in merged.get(one, ()):
            raise InputError(f"{one} is merged with {other} and also kept apart from it; leave one of the two out")
    return Edits(merged, pairs)


def load_edits(path: Path) -> Edits:
    """Edits of a TOML file. Raises InputError where it is broken or merges what it keeps apart."""
    table = read_toml(path)
    apart = (pair for group in _groups(table, "apart", path) for pair in combinations(group, 2))
    try:
        return make_edits(_groups(table, "merge", path), apart)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def write_edits(edits: Edits, path: Path) -> None:
    """Writes the edits as TOML, the same ones always in the same order."""
    write_text(path, _HEAD + "".join(_lines(edits)))


def _lines(edits: Edits) -> Iterator[str]:
    for name, groups in (("merge", sorted(edits.groups())), ("apart", sorted(map(sorted, edits.kept_apart)))):
        # A JSON list of strings is a TOML one.
        yield from (f"\n[[{name}]]\nincidents = {json.dumps(list(group))}\n" for group in groups)


def _groups(table: dict[str, Any], name: str, path: Path) -> list[list[str]]:
    groups = []
    entries = table.get(name, [])
    for entry in entries if isinstance(entries, list) else [entries]:
        ids = entry.get("incidents") if isinstance(entry, dict) else None
        if not isinstance(ids, list) or len(set(map(str, ids))) < 2 or not all(isinstance(x, str) for x in ids):
            raise InputError(f"{path} has a [[{name}]] without incidents = [two or more ids]; found {brief(entry)}")
        groups.append(list(dict.fromkeys(ids)))
    return groups
