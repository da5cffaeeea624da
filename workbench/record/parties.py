"""Who: from a party as it is written to its canonical name and kind, by an editable list and string similarity."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.parse import read_toml
from workbench.core.text import brief
from workbench.core.workspace import packaged
from workbench.record.gazetteer import key_of

KINDS = (
    "state forces", "armed group", "civilians", "officials", "foreign nationals", "international", "media", "medical",
    "witness", "unknown",
)  # fmt: skip
# Of a source, by the kinds of the facts: who says so.
SOURCE_KINDS = {
    "state forces": "official", "officials": "official", "armed group": "armed group", "witness": "witness",
    "civilians": "witness", "medical": "medical", "international": "UN or NGO", "media": "media",
    "foreign nationals": "unknown", "unknown": "unknown",
}  # fmt: skip
_LEAST_LIKENESS = 90.0


@dataclass(frozen=True, slots=True)
class Party:
    """A party: its canonical name (as written where the list has none), its kind, and whether the list has it."""

    name: str
    kind: str
    listed: bool

    @property
    def source_kind(self) -> str:
        """What kind of source it is: official, armed group, witness, medical, UN or NGO, media, unknown."""
        return SOURCE_KINDS[self.kind]


class Parties:
    """The list in force. Raises InputError for a name given to two parties."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._names: dict[str, tuple[str, str]] = {}
        for entry in table.get("parties", []):
            self._add(entry)
        self._words = [
            (_kind(entry), tuple(f" {key_of(word)} " for word in entry["words"])) for entry in table.get("words", [])
        ]
        self.resolve = lru_cache(maxsize=20_000)(self._resolve)

    def _add(self, entry: dict[str, Any]) -> None:
        name, also = entry.get("name"), entry.get("also", [])
        if not isinstance(name, str) or not name.strip() or not all(isinstance(x, str) for x in also):
            raise InputError(
                f"found the party {brief(entry)}; expected a name and, in a list named also, other spellings"
            )
        for spelling in (name, *also):
            known = self._names.setdefault(key_of(spelling), (name, _kind(entry)))
            if known[0] != name:
                raise InputError(f"found {spelling!r} with {known[0]!r} and with {name!r}; leave it to one of them")

    def _resolve(self, surface: str) -> Party:
        """The party of a phrase: its name in the list, one inside it ("Taliban police personnel"), or one like it."""
        key = key_of(surface)
        if key in self._names:
            return Party(*self._names[key], listed=True)
        kind = self._kind_of_words(key)
        listed = self._alike(key) or self._inside(key)
        if listed is None:
            return Party(" ".join(surface.split()), kind or "unknown", listed=False)
        # "Taliban's Ministry of Defence" is the Taliban, speaking as officials.
        return Party(listed[0], kind or listed[1], listed=True)

    def _inside(self, key: str) -> tuple[str, str] | None:
        padded = f" {key} "
        hits = [name for name in self._names if len(name) > 2 and f" {name} " in padded.replace("talibans", "taliban")]
        return self._names[max(hits, key=len)] if hits else None

    def _alike(self, key: str) -> tuple[str, str] | None:
        from rapidfuzz import fuzz, process

        if len(key) < 6:
            return None
        hit = process.extractOne(key, self._names.keys(), scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS)
        return self._names[hit[0]] if hit else None

    def _kind_of_words(self, key: str) -> str | None:
        padded = f" {key} "
        return next((kind for kind, words in self._words if any(word in padded for word in words)), None)


def load_parties(path: Path | None = None) -> Parties:
    """The party list of a file, else the one that comes along. Raises InputError naming the file and what is wrong."""
    path = path or packaged("annotations/parties.toml")
    table = read_toml(path)
    try:
        return Parties(table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} does not have the form of a party list ({error}); see annotations/parties.toml"
        ) from None


def _kind(entry: dict[str, Any]) -> str:
    kind = entry.get("kind", "unknown")
    if kind not in KINDS:
        raise InputError(f"found the kind {brief(kind)}; expected one of {', '.join(KINDS)}")
    return str(kind)
