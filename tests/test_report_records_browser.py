"""The page of event records in a real Chromium: filters, sentences, map and timeline; phone, dark, print, keyboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_help import CONTRAST
from report_records_help import EVIL, write

from workbench.core.schema import load_schema
from workbench.core.workspace import packaged
from workbench.report.atlas import atlas
from workbench.report.contents import Report
from workbench.report.page import render
from workbench.report.records import read_records

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    records = read_records(write(folder))
    schema = load_schema(packaged("annotations/schema.toml"))
    path = folder / "records.html"
    path.write_text(render(Report(schema, records=records, atlas=atlas(records.all))), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """The page, open; whatever it asks of the network or says on the console fails the test."""
    opened, heard = browser.new_page(), []
    opened.on("console", lambda message: heard.append(message.text))
    opened.on("pageerror", lambda error: heard.append(str(error)))
    opened.on("request", lambda request: heard.append(request.url) if request.url != report.as_uri() else None)
    opened.goto(report.as_uri())
    yield opened
    assert opened.title() == "Event records: records.jsonl"
    assert heard == []
    opened.close()


def listed(page: Any) -> list[str]:
    return page.locator("tbody.event:visible").evaluate_all("all => all.map((e) => e.querySelector('th').innerText)")


def test_a_number_shows_its_sentences_and_hides_them_again(page: Any) -> None:
    number = page.locator("tbody.event", has_text="Faizabad").locator("button.number")
    evidence = page.locator("tr.evidence:visible")
    assert evidence.count() == 0
    number.click()
    assert evidence.count() == 1
    assert number.get_attribute("aria-expanded") == "true"
    assert evidence.locator("mark").all_inner_texts() == ["three", "at least six", "two"]
    said = evidence.inner_text()
    assert "The Taliban confirmed the deaths of three of their men." in said
    assert "hospital (medical) asserts" in said
    assert "a part of another number, not added" in said
    assert "killed: 3 (Taliban) against at least 6 (hospital)" in said
    number.click()
    assert evidence.count() == 0


def test_the_table_is_filtered_by_type_place_party_day_and_conflict(page: Any) -> None:
    form = page.locator("#records-filter")
    assert form.locator("output").inner_text() == "4 of 4 events shown"
    form.locator("select").select_option("EVENT_DETENTION")
    assert listed(page) == ["2024-06-20"]
    form.locator("button").click()
    assert len(listed(page)) == 4
    form.locator("[name=place]").fill("faiza")
    assert listed(page) == ["2024-05-08"]
    form.locator("[name=place]").fill("")
    form.locator("[name=party]").fill("taliban")
    assert listed(page) == ["2024-05-08"]
    form.locator("[name=party]").fill("")
    form.locator("[name=from]").fill("2024-05-09")
    assert listed(page) == ["2024-06-20", "2024-05-09 planned"]
    form.locator("[name=from]").fill("")
    form.locator("[name=conflict]").check()
    assert listed(page) == ["2024-05-08"]


def test_map_and_timeline_choose_events(page: Any) -> None:
    page.locator(".map a", has_text="Kabul").click()
    assert listed(page) == ["2024-06-20"]
    assert page.locator("[name=place]").input_value() == "Kabul"
    page.locator(".time a[data-from='2024-05-08']").click()
    assert listed(page) == ["2024-05-08"]
    assert page.locator("[name=place]").input_value() == ""


def test_a_hostile_name_is_text_everywhere(page: Any) -> None:
    page.locator(".map a").last.focus()
    page.locator("[name=party]").fill(EVIL)
    assert listed(page) == ["no date"]
    page.locator("tbody.event:visible button.number").click()
    assert EVIL in page.locator("tr.evidence:visible").inner_text()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_it_fits_its_screen(page: Any, width: int, tmp_path: Path) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.locator("button.number").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=str(tmp_path / "records.png"), full_page=True)
    names = page.locator(".map text:visible")
    assert names.count() >= 1
    assert names.first.evaluate("text => text.getBoundingClientRect().height") >= 10
    if width < 700:
        assert page.locator("table.events thead").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    for number in page.locator("button.number").all():
        number.click()
    ratio, where = page.evaluate(CONTRAST)
    assert ratio >= 4.5, where


def test_it_can_be_used_by_keyboard(page: Any) -> None:
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(e => String(e.dataset.place || e.name || e.classList[0]))(document.activeElement)"))
    assert {"skip", "Kabul", "type", "party", "conflict", "number"} <= reached
    page.locator("button.number").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("tr.evidence:visible").count() == 1


def test_paper_has_every_sentence_and_no_controls(page: Any, tmp_path: Path) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 718, "height": 1000})
    assert page.locator("tr.evidence:visible").count() == 4
    assert not page.locator("form.filter").is_visible()
    assert page.evaluate("document.querySelector('table.events').getBoundingClientRect().right") <= 718
    page.pdf(path=str(tmp_path / "records.pdf"), format="A4")
    assert (tmp_path / "records.pdf").stat().st_size > 10_000


def test_without_scripts_everything_is_there(browser: Any, report: Path) -> None:
    opened = browser.new_page(java_script_enabled=False)
    opened.goto(report.as_uri())
    assert opened.locator("tr.evidence:visible").count() == 4
    opened.close()
