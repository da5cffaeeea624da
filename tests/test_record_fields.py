"""Fields of operations reports, on hand-made reports with spans."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from record_help import entry

from workbench.core.schema import load_schema
from workbench.figure.policy import load_policy
from workbench.record.bulletin import Bulletin
from workbench.record.fields import Fields, fields_of
from workbench.record.incident import Tools
from workbench.record.run import load_tools


@pytest.fixture(scope="module")
def tools() -> Tools:
    loaded = load_tools(load_schema("annotations/schema.toml"), cache=Path(".workbench"))
    return replace(loaded, policy=load_policy("isaf"))


def fields(tools: Tools, marked: str) -> Fields:
    return fields_of(Bulletin(entry("r", marked), tools.schema), tools)


HEAD = "KABUL, Afghanistan (Jan. 25, 2013) "


@pytest.mark.parametrize(
    ("body", "killed", "captured"),
    [
        ("The force [detained|D] [numerous|C] [insurgents|T].", 0, 4),
        ("The force [captured|D] a [leader|T] and [several|C] [associates|T].", 0, 4),
        ("The force [captured|D] a [leader|T]. The [leader|T] was detained with [two|C] [insurgents|T].", 0, 3),
        ("The force [arrested|D] a [leader|T]. The force also [detained|D] [two|C] [suspects|T].", 0, 3),
        ("The force [killed|A] a [leader|T] and [detained|D] [two|C] [suspects|T].", 1, 2),
        ("The strike [killed|A] [several|K] [insurgents|T]. The insurgents were armed.", 3, 0),
        ("The force [killed|A] more than [30|K] [insurgents|T].", 30, 0),
        ("The force [killed|A] [more than 30|K] [insurgents|T].", 31, 0),
        ("Several [insurgents|T] were [detained|D]. The [two|C] [men|T] were [detained|D] at home.", 0, 2),
        ("The force [killed|A] [one|K] [insurgent|T]. The [insurgent|T] was [killed|A] near a wall.", 1, 0),
        ("The force [detained|D] [two|C] [insurgents|T] and seized [three|I] [rifles|T].", 0, 2),
        ("The leader planned a blast that [killed|A] [four|K] US [soldiers|T].", 0, 0),
        ("The force searched for a [leader|T].", 0, 0),
        ("[Several|C] [men|T] associated with the [compound|T] were taken into custody.", 0, 3),
        (
            "The force [detained|D] a [commander|T] and a [militant|T]. [Two|C] [militants|T] were [detained|D], "
            "including the [commander|T].",
            0,
            2,
        ),
        (
            "The force [detained|D] a [leader|T] and an [associate|T]. [Several|C] [men|T] were [detained|D]. "
            "Both men were questioned.",
            0,
            2,
        ),
        ("The force [apprehended|D] [several|C] suspected [Islamic Movement|T] of [Uzbekistan insurgents|T].", 0, 3),
        ("The force [killed|A] [one|K] and wounded [two|I] others. It eliminated an [insurgent cell|T].", 1, 0),
        ("The force [captured|D] a [network leader|T].", 0, 1),
    ],
)
def test_who_is_counted(tools: Tools, body: str, killed: int, captured: int) -> None:
    found = fields(tools, HEAD + body)
    assert (found.killed, found.captured) == (killed, captured)


@pytest.mark.parametrize(
    ("body", "day"),
    [
        ("A leader was [captured|D] [yesterday|W].", date(2013, 1, 24)),
        ("A leader was captured yesterday.", date(2013, 1, 24)),
        ("[Today|W], the force confirmed that a leader was [captured|D] [Sunday|W].", date(2013, 1, 20)),
        ("A leader was [captured|D].", date(2013, 1, 25)),
        ("A leader was [captured|D] over the [past 24 hours|W].", date(2013, 1, 25)),
        ("A leader was [captured|D] [Jan. 22|W].", date(2013, 1, 22)),
    ],
)
def test_the_day(tools: Tools, body: str, day: date) -> None:
    assert fields(tools, HEAD + body).day == day


def test_the_province_is_not_the_datelines(tools: Tools) -> None:
    text = (
        "[KABUL|L], Afghanistan (Jan. 25, 2013) In [Andar district|L], [Ghazni province|L], a leader was [captured|D]."
    )
    found = fields(tools, text)
    assert (found.province, found.province_id) == ("Ghazni", "AF.08")
    assert fields(tools, "In [Paktiya province|L] a leader was [captured|D].").province == "Paktia"
    assert fields(tools, "A leader was [captured|D].").province is None


def test_a_province_without_a_label_is_found_but_not_in_the_dateline(tools: Tools) -> None:
    assert fields(tools, HEAD + "Sangin/Helmand The force [killed|A] [two|K] [insurgents|T].").province_id == "AF.10"
    assert fields(tools, HEAD + "The force [killed|A] [two|K] [insurgents|T].").province_id is None
