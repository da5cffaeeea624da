"""The report in a real Chromium: wide and narrow, light, dark and printed, by keyboard, and with a hostile bulletin."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser_help import CONTRAST

from workbench.core.corpus import Annotation, Document, Entry, load_corpus
from workbench.core.schema import load_schema
from workbench.core.span import Span
from workbench.core.workspace import packaged
from workbench.report.contents import Point, Report, compare_annotators, score
from workbench.report.page import render
from workbench.score.evaluation import evaluate_entries
from workbench.score.history import History
from workbench.score.pairs import pair_up
from workbench.score.record import record_run

pytestmark = pytest.mark.browser

SCHEMA = load_schema(packaged("annotations/schema.toml"))
HOSTILE = "Six </p></article><script>document.title='taken'</script><img src='//x/y' onerror=alert(1)> died."


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two real annotators, one of them taken for a model, with a hostile bulletin among theirs."""
    folder = tmp_path_factory.mktemp("report")
    sides = [load_corpus(packaged(f"annotations/annotator-{name}.jsonl"))[:60] for name in "ab"]
    evil = Document("<script>document.title='taken'</script>", HOSTILE)
    gold = [*sides[0], Entry(evil, Annotation((Span(0, 3, "FIGURE_KILLED"),)))]
    spans = (Span(0, 3, "FIGURE_INJURED", 0.5),)
    found = [*(scored(entry) for entry in sides[1]), Entry(evil, Annotation(spans, origin="model"))]
    history = History(folder / "history.sqlite3")
    for share in (3, 2, 1):
        fewer = [replace(e, annotation=Annotation(e.spans[::share])) for e in found]
        record_run(
            history, evaluate_entries(gold, fewer, SCHEMA), name=f"<b>model {share}", recorded="2024-05-08T10:00"
        )
    names = {"gold_name": "<i>gold", "predicted_name": "<i>predicted"}
    agreement, entries = compare_annotators({"anna": sides[0], "<b>bert": sides[1]}, SCHEMA)
    page = render(
        Report(
            SCHEMA,
            runs=tuple(history.runs()),
            scored=score(pair_up(gold, found, schema=SCHEMA), SCHEMA, resamples=200, **names),
            agreement=agreement,
            spans=entries,
            curve=(Point(50, 0.5), Point(100, 0.6, 0.55, 0.65), Point(200, 0.66, 0.6, 0.7)),
        )
    )
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def scored(entry: Entry) -> Entry:
    spans = tuple(replace(span, score=0.4 + (span.start * 7 % 60) / 100) for span in entry.spans)
    return replace(entry, annotation=Annotation(spans, origin="model", model_version="m1"))


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """The report, open; whatever it asks of the network or says on the console fails the test."""
    opened, heard = browser.new_page(), []
    opened.on("console", lambda message: heard.append(message.text))
    opened.on("pageerror", lambda error: heard.append(str(error)))
    opened.on("dialog", lambda dialog: heard.append(dialog.message))
    opened.on("request", lambda request: heard.append(request.url) if not request.url.endswith("report.html") else None)
    opened.goto(report.as_uri())
    yield opened
    assert opened.title() == "Evaluation report: <i>predicted on <i>gold"
    assert heard == []
    opened.close()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_its_screen(page: Any, width: int, tmp_path: Path) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=str(tmp_path / "report.png"))
    chart = page.locator("#history figure svg text.y").first
    assert chart.evaluate("text => text.getBoundingClientRect().height") >= (8 if width < 400 else 12)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((part) => part.open = true)")
    page.add_style_tag(content=".card { content-visibility: visible !important }")
    ratio, where = page.evaluate(CONTRAST)
    assert ratio >= 4.5, where
    assert (page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)") == (
        scheme == "light"
    )


def test_the_filter_shows_a_label_a_kind_and_words(page: Any) -> None:
    form, cards = page.locator("form[data-for=errors]"), page.locator("#errors-cards > .card")
    total = cards.count()
    assert form.locator("output").inner_text() == f"{total} of {total} shown"
    form.locator("select[name=label]").select_option("LOCATION")
    shown = page.locator("#errors-cards > .card:visible")
    assert 0 < shown.count() < total
    assert all("LOCATION" in labels.split() for labels in shown.evaluate_all("all => all.map((c) => c.dataset.labels)"))
    form.locator("select[name=kind]").select_option("label")
    assert set(shown.evaluate_all("all => all.map((card) => card.dataset.kind)")) <= {"label"}
    form.locator("select[name=kind]").select_option("")
    form.locator("select[name=label]").select_option("")
    form.locator("input[name=words]").fill("ONERROR=alert")
    assert shown.count() == 1
    assert "FIGURE_INJURED" in shown.text_content()  # a card off the screen is not laid out yet
    assert page.locator("#errors-cards img, #errors-cards script").count() == 0


def test_it_can_be_used_by_keyboard(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.tagName"))
    assert {"A", "DIV", "SUMMARY", "label", "kind", "words"} <= reached
    page.locator("select[name=label]").first.focus()
    page.keyboard.press("ArrowDown")
    assert "of" in page.locator("form[data-for=errors] output").inner_text()


def test_labels_are_told_by_name_not_by_colour_alone(page: Any) -> None:
    card = page.locator("#errors-cards > .card").first
    marks = card.locator("mark").count()
    assert marks > 0
    assert card.locator(".tag").count() >= marks - 2  # a span cut off at the edge has its name in the other half
    unnamed = "all => all.filter((e) => !e.getAttribute('aria-labelledby') && !e.getAttribute('aria-hidden')).length"
    assert page.locator("svg").evaluate_all(unnamed) == 0


def test_paper_has_everything_but_the_controls(page: Any, tmp_path: Path) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("nav").is_visible()
    assert not page.locator("form.filter").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
