"""The page of event records: what it reads, where map and timeline put things, and that no bulletin can run in it."""

import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from report_records_help import EVIL, event, place, rows, view, write
from test_report import Elements

from workbench.cli.app import workbench
from workbench.core.errors import InputError
from workbench.core.schema import load_schema
from workbench.core.workspace import packaged
from workbench.report.atlas import LOWEST, TALLEST, WIDTH, atlas, view_of
from workbench.report.borders import borders, clipped, unrolled
from workbench.report.contents import Report
from workbench.report.page import render
from workbench.report.records import Records, Short, read_records
from workbench.report.timeline import periods, timeline

SCHEMA = load_schema(packaged("annotations/schema.toml"))


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return read_records(write(tmp_path))


def short(day: str = "", spot: tuple[float, float] | None = None, killed: int | None = None, **said: object) -> Short:
    numbers = {} if killed is None else {"killed": (killed, killed, killed)}
    values = {"name": "Kabul", "precision": "city", "conflict": False, "numbers": numbers} | said
    return Short("e-1", "EVENT_ATTACK", day, spot=spot, **values)  # type: ignore[arg-type]


def test_events_stand_newest_first_with_the_undated_last(records: Records) -> None:
    assert [(x.id, x.when) for x in records.shown] == [
        ("e-2", "2024-06-20"), ("e-4", "2024-05-09"), ("e-1", "2024-05-08"), ("e-3", "no date"),
    ]  # fmt: skip
    assert records.total("killed") == (4, 4, 7)
    assert records.total("returned") == (0, 0, 0)  # planned: nothing has happened
    assert records.conflicts == 1


def test_a_number_keeps_its_claims_with_the_span_cut_out_of_the_sentence(records: Records) -> None:
    killed = records.shown[2].spans["killed"]
    assert (killed.text, killed.spread) == ("3", "3–6")
    assert [(x.before, x.phrase, x.after) for x in killed.evidence][:2] == [
        ("The Taliban confirmed the deaths of ", "three", " of their men."),
        ("It left ", "at least six", " dead."),
    ]
    assert killed.evidence[2].remarks == ("a part of another number, not added",)
    returned = records.shown[1].spans["returned"]
    assert (returned.text, returned.headline) == ("“nearly one million”", None)


def test_records_without_sentences_show_the_phrase(tmp_path: Path) -> None:
    row = rows()[0]
    for claim in row["claims"]:
        del claim["sentence"], claim["sentence_start"]
    [found] = read_records(write(tmp_path, [row])).shown
    claim = found.spans["killed"].evidence[0]
    assert (claim.before, claim.phrase, claim.after) == ("", "three", "")


def test_of_many_events_the_newest_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    days = [str(date(2024, 1, 1) + timedelta(days=n)) for n in (3, 0, 9, 5)]
    found = read_records(write(tmp_path, [event(n, day) for n, day in enumerate(days)]), most=2)
    assert [x.day for x in found.shown] == ["2024-01-10", "2024-01-06"]
    assert len(found.all) == 4
    page = render(Report(SCHEMA, records=found))
    assert "The newest 2 of 4 events are listed" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1: found no event record"),
        ('{"id": "b-1", "text": "Six died."}', "line 1: found no event record (KeyError"),
        ("", "holds no event"),
        (json.dumps(event(1, "2024-13-01")), "line 1"),
        (json.dumps(event(1, None, place=place("x", 95.0, 0.0))), "is no place on Earth"),
        (json.dumps(event(1, None, place=place("x", float("nan"), 0.0))), "is no place on Earth"),
    ],
)
def test_another_file_is_refused_in_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"records\.jsonl") as caught:
        read_records(path)
    assert said in str(caught.value)


def test_a_csv_of_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the \.jsonl"):
        read_records(tmp_path / "records.csv")


def test_nothing_of_a_bulletin_is_markup(records: Records) -> None:
    found = Elements(render(Report(SCHEMA, records=records, atlas=atlas(records.all))))
    assert [tag for tag, _ in found.tags].count("script") == 1
    assert not any(tag in ("img", "iframe", "object") for tag, _ in found.tags)
    assert not any(name.startswith("on") for _, attrs in found.tags for name in attrs)
    assert found.text.count(EVIL) >= 5
    links = [attrs[name] or "" for _, attrs in found.tags for name in ("src", "href") if name in attrs]
    assert all(link.startswith("#") for link in links)


def test_every_number_names_the_row_that_explains_it(records: Records) -> None:
    found = Elements(render(Report(SCHEMA, records=records)))
    ids = {attrs.get("id") for _, attrs in found.tags}
    wanted = [attrs["aria-controls"] for tag, attrs in found.tags if tag == "button" and "aria-controls" in attrs]
    assert len(wanted) == 4
    assert set(wanted) <= ids


def test_a_page_of_records_alone_says_nothing_of_f1(records: Records) -> None:
    page = render(Report(SCHEMA, records=records))
    assert "<title>Event records: records.jsonl</title>" in page
    assert "F1 over time" not in page
    assert "Evaluation report" in render(Report(SCHEMA))


def test_discs_grow_with_the_killed_and_stand_where_they_are() -> None:
    found = atlas([short(spot=(34.5, 69.2), killed=100), short(spot=(31.6, 65.7), killed=25), short(spot=(34.5, 69.2))])
    assert found is not None
    kabul, kandahar = found.discs
    assert (kabul.events, kabul.killed, kandahar.killed) == (2, 100, 25)
    assert kandahar.radius == pytest.approx(kabul.radius / 2)
    assert (kabul.x, kabul.y) > (kandahar.x, 0)  # further east
    assert kabul.y < kandahar.y  # further north
    assert {"AFGHANISTAN", "PAKISTAN"} <= {name.text for name in found.names if name.kind == "country"}


def test_a_stray_place_does_not_shrink_the_map() -> None:
    events = [short(spot=(34.5, 69.2))] * 40 + [short(spot=(38.9, -77.0), name="Washington")]
    found = atlas([*events, short()])
    assert found is not None
    assert found.outside == ("Washington (1)",)
    assert found.nowhere == 1
    assert atlas([short()]) is None


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=40))
def test_a_view_holds_nine_in_ten_and_fits_the_page(spots: list[tuple[float, float]]) -> None:
    seen = view_of(spots)
    assert LOWEST - 1 <= seen.height <= TALLEST + 1
    held = [seen.place(spot) for spot in spots if seen.holds(spot)]
    assert len(held) >= 0.9 * len(spots) - 2
    assert all(-1e-6 <= x <= WIDTH + 1e-6 and -1e-6 <= y <= seen.height + 1e-6 for x, y in held)


def test_labels_cover_no_other_label() -> None:
    spots = [(34 + n % 7 * 0.4, 66 + n % 5 * 0.7) for n in range(35)]
    found = atlas([short(spot=spot, name=f"place {n}", killed=n) for n, spot in enumerate(spots)])
    assert found is not None
    boxes = [(n.x - 6 * len(n.text) if n.end else n.x, n.y, 6 * len(n.text)) for n in found.names if n.kind == "place"]
    assert len(boxes) > 3
    assert not any(
        one != other and abs(one[1] - other[1]) < 12 and one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
        for one in boxes
        for other in boxes
    )


def test_the_outlines_are_of_the_whole_world() -> None:
    names = {name for name, _ in borders()}
    assert {"Afghanistan", "Pakistan", "India", "Nepal", "Sri Lanka", "United Kingdom"} <= names
    assert len(names) > 200
    assert all(-90 <= y <= 90 for _, rings in borders() for ring in rings for _, y in ring)
    # No line goes back across the whole map where a country crosses the 180th meridian.
    steps = [abs(ring[i][0] - ring[i - 1][0]) for _, rings in borders() for ring in rings for i in range(len(ring))]
    assert max(steps) < 90


def test_a_ring_over_the_180th_meridian_lies_beyond_both_edges() -> None:
    ring = ((170.0, 60.0), (-170.0, 60.0), (-170.0, 70.0), (170.0, 70.0))
    assert list(unrolled(ring)) == [
        ((170.0, 60.0), (190.0, 60.0), (190.0, 70.0), (170.0, 70.0)),
        ((-190.0, 60.0), (-170.0, 60.0), (-170.0, 70.0), (-190.0, 70.0)),
    ]
    square = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))
    assert list(unrolled(square)) == [square]


def test_a_ring_is_clipped_to_the_box() -> None:
    square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    assert sorted(clipped(square, (5, 5, 20, 20))) == [(5, 5), (5, 10), (10, 5), (10, 10)]
    assert clipped(square, (20, 20, 30, 30)) == []


def test_the_timeline_counts_events_and_killed_by_the_unit_that_fits() -> None:
    days = ["2024-05-08", "2024-05-08", "2024-05-10"]
    found = timeline([short(day, killed=n) for n, day in enumerate(days, start=1)] + [short()])
    assert found is not None
    assert (found.unit, found.undated, found.most_events, found.most_killed) == ("day", 1, 2, 3)
    assert [bar.title for bar in found.bars] == [
        "2024-05-08: 2 events, 3 killed", "2024-05-09: 0 events, 0 killed", "2024-05-10: 1 event, 3 killed",
    ]  # fmt: skip
    assert found.bars[0].events == 2 * found.bars[2].events
    assert timeline([short()]) is None


@pytest.mark.parametrize(
    ("last", "unit"), [("2024-02-20", "day"), ("2024-12-31", "week"), ("2027-01-01", "month"), ("2060-01-01", "year")]
)
def test_long_times_are_shown_in_longer_steps(last: str, unit: str) -> None:
    found = timeline([short("2024-01-01"), short(last)])
    assert found is not None
    assert found.unit == unit


@given(st.dates(), st.integers(0, 20_000), st.sampled_from(["day", "week", "month", "year"]))
def test_periods_follow_one_another(first: date, days: int, unit: str) -> None:
    last = min(date.max, date.fromordinal(min(first.toordinal() + days, date.max.toordinal())))
    found = periods(first, last, unit)
    assert all(b[0] - a[1] == timedelta(days=1) for a, b in pairwise(found))
    assert found[0][0] <= first
    if len(found) <= 62:
        assert found[-1][1] >= last


def test_a_timeline_reaches_the_end_of_time(tmp_path: Path) -> None:
    found = timeline([short("0001-01-01"), short("9999-12-31")])
    assert found is not None
    assert found.bars[-1].end == "9999-12-31"


def test_the_command_writes_a_page_of_real_records(tmp_path: Path) -> None:
    text = "A blast killed at least six people in Peshawar, police said."
    row = {
        "id": "a", "text": text, "published": "2024-05-08",
        "spans": [[2, 7, "EVENT_EXPLOSION"], [15, 27, "FIGURE_KILLED"], [38, 46, "LOCATION"], [48, 54, "SOURCE"]],
    }  # fmt: skip
    corpus, made, page = (tmp_path / name for name in ("corpus.jsonl", "records.jsonl", "records.html"))
    corpus.write_text(json.dumps(row) + "\n", encoding="utf-8")
    for arguments in (["records", str(corpus), "-o", str(made)], ["report", "--records", str(made), "-o", str(page)]):
        result = CliRunner().invoke(workbench, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
    html = page.read_text(encoding="utf-8")
    assert '<blockquote dir="auto">A blast killed <mark style="--c:var(--accent)">at least six</mark> people' in html
    assert "Peshawar: 1 event, 6 killed" in html
    assert ">PAKISTAN<" in html


def test_a_number_without_a_claim_is_shown_nowhere(tmp_path: Path) -> None:
    path = write(tmp_path, [event(1, "2024-05-08", figures={"killed": view(1, 2, 3)})])
    [found] = read_records(path).shown
    assert found.spans == {}
