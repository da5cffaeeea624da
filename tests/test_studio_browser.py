"""A person at a real browser: signs in, marks characters with the mouse, submits; the pull has exactly those."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from studio_help import RunningStudio

from workbench.core.corpus import Annotation, Document, Entry, load_corpus
from workbench.core.span import Span
from workbench.core.workspace import packaged
from workbench.studio.client import Studio
from workbench.studio.connect import connect
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.server import find

pytestmark = [pytest.mark.studio, pytest.mark.browser]

TEXT = (
    "😀👩\u200d🚒 Six\u00a0men  killed\nin Quetta, e\u0301tat & <b>bold</b> \\n by gunmen on Friday.\n\n"
    "😀 Two  men\u00a0and one   woman were\thurt."
)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
# The rectangles of some characters of the page's text, wherever in its elements they lie.
PLACE = """([needle, last]) => {
    const root = document.querySelector('.lsf-richtext__container');
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.data.indexOf(needle);
        if (at < 0) continue;
        const range = document.createRange();
        const place = last ? at + needle.length - 1 : at;
        range.setStart(node, place);
        range.setEnd(node, place + 1);
        const box = range.getBoundingClientRect();
        return {x: last ? box.right : box.left, y: box.top + box.height / 2};
    }
    return null;
}"""


@pytest.fixture
def page() -> Iterator[Any]:
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser_path is None:
        pytest.skip("no Chromium is installed, so nobody can be sat in front of it (apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(QUIET))
        yield browser.new_page(viewport={"width": 1400, "height": 900})
        browser.close()


@pytest.fixture
def studio(running_studio: RunningStudio) -> Iterator[Studio]:
    with connect(running_studio.workspace) as client:
        yield client


def sign_in(page: Any, running_studio: RunningStudio) -> str:
    server = find(running_studio.workspace)
    assert server is not None
    page.goto(f"{server.url}/user/login/")
    page.fill("input[name=email]", server.administrator.email)
    page.fill("input[name=password]", server.administrator.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)
    return server.url


def mark(page: Any, label: str, words: str) -> None:
    """Chooses the label, then draws the mouse over exactly these characters."""
    page.locator(".lsf-label", has_text=label).first.click()
    start, end = page.evaluate(PLACE, [words, False]), page.evaluate(PLACE, [words, True])
    page.mouse.move(start["x"] + 1, start["y"])
    page.mouse.down()
    page.mouse.move((start["x"] + end["x"]) / 2, start["y"], steps=5)
    page.mouse.move(end["x"] - 1, end["y"], steps=5)
    page.mouse.up()
    page.wait_for_timeout(500)


def test_what_the_mouse_marked_is_what_the_pull_has(
    running_studio: RunningStudio, studio: Studio, page: Any, tmp_path: Path
) -> None:
    title = "Marked with the mouse"
    schema = running_studio.workspace.schema(packaged("annotations/schema.toml"))
    found = {"Six": "FIGURE_KILLED", "Quetta": "LOCATION", "Friday": "DATE"}
    suggested = tuple(Span(TEXT.index(w), TEXT.index(w) + len(w), label, 0.8) for w, label in found.items())
    prelabelled = Entry(Document("b-😀", TEXT), Annotation(suggested, origin="model", model_version="m1"))
    import_entries(studio, [prelabelled], title, schema)
    project = studio.project(title)
    [task] = studio.task_ids(project)

    url = sign_in(page, running_studio)
    page.goto(f"{url}/projects/{project.id}/data?task={task}")
    page.wait_for_selector(".lsf-richtext__line .htx-highlight", timeout=60000)
    page.wait_for_timeout(1000)
    assert page.locator(".lsf-richtext__container .htx-highlight").count() == 3
    # A run of spaces shows as it is, or marks could not be exact.
    assert page.locator(".lsf-richtext__line").first.evaluate("line => getComputedStyle(line).whiteSpace") == "pre-wrap"

    marked = {
        "men  killed": "EVENT_ATTACK",
        "unme": "ACTOR",
        "men\u00a0and one   wo": "TARGET",
        "were\thurt": "EVENT_OTHER",
    }
    for words, label in marked.items():
        mark(page, label, words)
    page.screenshot(path=str(tmp_path / "labelled.png"))
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST"):
        page.click("button:has-text('Submit')")

    pull(studio, title, tmp_path / "gold.jsonl", schema=schema)
    [entry] = load_corpus(tmp_path / "gold.jsonl")
    assert entry.document == prelabelled.document
    expected = {(found | marked)[words]: words for words in found | marked}
    assert {span.label: entry.surface(span) for span in entry.spans} == expected
    first = entry.document.text.index("men  killed")
    assert Span(first, first + len("men  killed"), "EVENT_ATTACK") in entry.spans
    assert entry.annotation is not None
    assert (entry.annotation.assisted, entry.annotation.model_version) == (True, "m1")
    assert entry.annotation.author == "workbench@localhost"
    studio.delete_project(project)
