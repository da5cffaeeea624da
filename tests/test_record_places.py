"""Places by the gazetteer, resolved by the ones around them."""

from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.record.gazetteer import Gazetteer, key_of, open_gazetteer, skeleton_of
from workbench.record.gazetteer_build import read_extra
from workbench.record.places import locate, where
from workbench.record.run import country_words


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return open_gazetteer(Path(".workbench"))


def found(gazetteer: Gazetteer, text: str, *names: str) -> list[tuple[str | None, bool]]:
    spots = [(name, text.index(name), text.index(name) + len(name)) for name in names]
    located = locate(spots, text, gazetteer, words=country_words(None))
    return [(x.place.id if x.place else None, x.ambiguous) for x in located]


def test_levels_around_a_name_decide(gazetteer: Gazetteer) -> None:
    badakhshan = "A blast in Faizabad city, Badakhshan province."
    assert found(gazetteer, badakhshan, "Faizabad city", "Badakhshan province") == [
        ("geonames:1142170", False),
        ("AF.01", False),
    ]
    text = "In Adam Khel area of Lakki Marwat District of Khyber Pakhtunkhwa, police said."
    assert found(gazetteer, text, "Adam Khel area", "Lakki Marwat District", "Khyber Pakhtunkhwa")[1:] == [
        ("PK.03/lakki marwat", False),
        ("PK.03", False),
    ]
    assert found(gazetteer, "Police in Lahore, Punjab.", "Punjab", "Lahore")[1][0] == "geonames:1172451"


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("Hilmand province", "AF.10"),
        ("Paktiya province", "AF.36"),
        ("Kandahar province", "AF.23"),
        ("Kandahar city", "geonames:1138336"),
        ("Konar", "AF.34"),
        ("Torkham border crossing", "AF.18/torkham"),
        ("North Waziristan Agency", "PK.03/north waziristan"),
        ("Balochistan", "PK.02"),
        ("Gadchiroli District", "IN.16/gadchiroli"),
        ("Afghanistan", "geonames:1149361"),
    ],
)
def test_spellings_and_type_nouns(gazetteer: Gazetteer, name: str, identity: str) -> None:
    assert (
        found(gazetteer, f"Taliban and Afghan forces, Pakistani and Indian police in {name}.", name)[0][0] == identity
    )


def test_what_is_no_place_of_the_gazetteer(gazetteer: Gazetteer) -> None:
    text = "A house near the market in Xyzzyabad village, Afghanistan"
    assert found(gazetteer, text, "house", "market", "Xyzzyabad village") == [(None, False)] * 3
    assert where([], gazetteer) is None


def test_an_unknown_finer_name_keeps_the_coordinates_of_the_coarser(gazetteer: Gazetteer) -> None:
    text = "in the Pul-e Jozgun area of Faizabad city in Badakhshan"
    names = ["Pul-e Jozgun area", "Faizabad city", "Badakhshan"]
    spots = [(name, text.index(name), text.index(name) + len(name)) for name in names]
    spot = where(locate(spots, text, gazetteer, words={}), gazetteer)
    assert spot is not None
    assert spot.place is not None
    assert (spot.written, spot.place.name, spot.precision) == ("Pul-e Jozgun area", "Fayzabad", "city")
    assert spot.province is not None
    assert spot.province.name == "Badakhshan"


def test_an_ambiguous_name_is_flagged(gazetteer: Gazetteer) -> None:
    ((_, ambiguous),) = found(gazetteer, "Shots were heard in Punjab.", "Punjab")
    assert ambiguous


def test_keys_and_skeletons() -> None:
    assert key_of("Pul-e ‘Alam") == key_of("pul e alam")
    assert skeleton_of("Hilmand") == skeleton_of("Helmand")
    assert skeleton_of("Uruzgan") == skeleton_of("Oruzgan")


@pytest.mark.parametrize(
    ("text", "part"),
    [("[[names", "is not TOML"), ("[[names]]\nof = 3", "found the names"), ('[[places]]\nname = "X"', "the place 'X'")],
)
def test_a_broken_place_file_is_named(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "places.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=part) as caught:
        read_extra(path)
    assert str(path) in str(caught.value)


def test_names_of_one_country_vouch_for_it_where_nothing_names_one(gazetteer: Gazetteer) -> None:
    alone = found(gazetteer, "A blast in Kanak area.", "Kanak area")
    among = found(gazetteer, "A blast in Kanak area of Mastung, Quetta.", "Kanak area", "Mastung", "Quetta")
    assert among[0] == (None, False)  # not Konak in Serbia
    assert [x for x, _ in among[1:]] == ["geonames:1170706", "geonames:1167528"]
    assert alone[0][0] is None or alone[0][1]


def test_a_name_of_two_countries_alone_is_no_place(gazetteer: Gazetteer) -> None:
    assert found(gazetteer, "A blast in Hyderabad.", "Hyderabad") == [(None, True)]
    assert found(gazetteer, "A blast in Hyderabad, Pakistan.", "Hyderabad")[0][0] == "geonames:1176734"
    assert found(gazetteer, "A blast in Karachi.", "Karachi") == [("geonames:1174872", False)]


def test_points_of_the_compass_are_no_spelling(gazetteer: Gazetteer) -> None:
    east = found(gazetteer, "In Imphal East and Imphal West, Manipur.", "Imphal East", "Imphal West")
    assert [x for x, _ in east] == ["IN.17/imphal east", None]
    assert found(gazetteer, "Police in Northern Ireland said.", "Northern Ireland")[0][0] == "GB.NIR"
