"""Parties to canonical names and kinds."""

from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.record.parties import load_parties


@pytest.mark.parametrize(
    ("surface", "name", "kind"),
    [
        ("ISIS", "ISIS", "armed group"),
        ("Islamic State", "ISIS", "armed group"),
        ("Tehreek e Taliban Pakistan (TTP)", "TTP", "armed group"),
        ("Tehrik-e-Taleban Pakistan", "TTP", "armed group"),
        ("Communist Party of India Maoist (CPI Maoist)", "CPI-Maoist", "armed group"),
        ("Taliban's Ministry of Defence", "Taliban", "officials"),
        ("Taliban police personnel", "Taliban", "state forces"),
        ("unidentified gunmen", "unidentified gunmen", "armed group"),
        ("two Policemen", "two Policemen", "state forces"),
        ("Chinese engineers", "Chinese engineers", "foreign nationals"),
        ("Daily Times", "Daily Times", "media"),
        ("sources at the Badakhshan provincial hospital", "sources at the Badakhshan provincial hospital", "medical"),
        ("Residents of Faizabad", "Residents of Faizabad", "witness"),
        ("UNHCR", "UNHCR", "international"),
        ("women", "women", "civilians"),
        ("Qwrt", "Qwrt", "unknown"),
    ],
)
def test_names_and_kinds(surface: str, name: str, kind: str) -> None:
    party = load_parties().resolve(surface)
    assert (party.name, party.kind) == (name, kind)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[[parties", "is not TOML"),
        ('[[parties]]\nname = "A"\nkind = "bandits"', "the kind 'bandits'"),
        ('[[parties]]\nname = "A"\nalso = ["C"]\n[[parties]]\nname = "B"\nalso = ["c"]', "'c' with 'A' and with 'B'"),
        ("[[parties]]\nkind = 'armed group'", "expected a name"),
        ('[[words]]\nkind = "media"', "does not have the form"),
    ],
)
def test_a_broken_list_is_named(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "parties.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=part) as caught:
        load_parties(path)
    assert str(path) in str(caught.value)
