"""What a person does at Label Studio's page, in a real Chromium."""

import re
from typing import Any

from studio_help import RunningStudio

from workbench.studio.accounts import read_accounts
from workbench.studio.project import Project
from workbench.studio.server import Home

ADMINISTRATOR = "workbench@localhost"
# The rectangles of some characters of the page's text, wherever in its elements they lie.
_PLACE = """([needle, last]) => {
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


def signed_in(browser: Any, running_studio: RunningStudio, email: str = ADMINISTRATOR) -> Any:
    """A page of a browser window of that user's own, signed in with the password that the workspace keeps."""
    url = running_studio.server.url
    account = read_accounts(Home.of(running_studio.workspace).accounts)[email]
    page = browser.new_context(base_url=url, viewport={"width": 1400, "height": 900}).new_page()
    page.goto("/user/login/")
    page.fill("input[name=email]", account.email)
    page.fill("input[name=password]", account.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def open_task(page: Any, project: Project, task: int, *, marked: bool = False) -> None:
    """Opens a task from the list; with `marked`, waits until marks are shown."""
    page.goto(f"/projects/{project.id}/data?task={task}")
    page.wait_for_selector(".lsf-richtext__line" + (" .htx-highlight" if marked else ""), timeout=60000)
    page.wait_for_timeout(1000)


def mark(page: Any, label: str, words: str, *, key: str | None = None) -> None:
    """Chooses the label, by its button or its key, then draws the mouse over exactly these characters."""
    if key is None:
        page.locator(".lsf-label", has_text=label).first.click()
    else:
        page.keyboard.press(key)
    start, end = page.evaluate(_PLACE, [words, False]), page.evaluate(_PLACE, [words, True])
    page.mouse.move(start["x"] + 1, start["y"])
    page.mouse.down()
    page.mouse.move((start["x"] + end["x"]) / 2, start["y"], steps=5)
    page.mouse.move(end["x"] - 1, end["y"], steps=5)
    page.mouse.up()
    page.wait_for_timeout(500)


def select(page: Any, words: str) -> None:
    """Clicks on the mark that begins with these words."""
    place = page.evaluate(_PLACE, [words, False])
    page.mouse.click(place["x"] + 3, place["y"])
    page.wait_for_timeout(500)


def relate(page: Any, first: str, second: str, kind: str) -> None:
    """Draws a relation of that kind from one mark to another."""
    select(page, first)
    page.keyboard.press("Alt+r")
    select(page, second)
    page.locator(".lsf-panel-tabs__tab:visible", has_text="Relations").first.click()
    line = page.locator(".lsf-relations__item").last
    line.hover()
    line.locator(".lsf-relations__action button").first.click(force=True)
    page.locator("text=Select labels").last.click()
    page.locator("[role=option]:visible, .ant-select-item:visible", has_text=kind).first.click()
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)


def submit(page: Any) -> None:
    """Submits, and waits until the server has it."""
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST"):
        page.click("button:has-text('Submit')")


def retrieve_predictions(page: Any, project: Project) -> None:
    """Chooses all tasks of the list's first tab, then "Retrieve Predictions"; returns when the server has them."""
    page.goto(f"/projects/{project.id}/data")
    page.wait_for_selector(".lsf-table-row")
    page.locator("input[type=checkbox]").first.click(force=True)
    page.wait_for_timeout(500)
    page.locator("button:visible", has_text=re.compile(r"^\d+ Tasks?$")).first.click()
    page.wait_for_timeout(500)
    page.click("text=Retrieve Predictions")
    with page.expect_response(
        lambda answer: "retrieve_tasks_predictions" in answer.url and answer.request.method == "POST", timeout=120_000
    ):
        page.locator("button:visible", has_text=re.compile("^OK$")).click()


def start_training(page: Any, project: Project) -> None:
    """The button of the project's settings."""
    page.goto(f"/projects/{project.id}/settings/ml")
    page.click("button[aria-label='Machine learning model options']")
    page.click(".lsf-main-menu__item:has-text('Start Training')")
    page.click("button:has-text('Start Training')")


def rows_of_tab(page: Any, project: Project, title: str) -> list[int]:
    """The tasks that a tab of the list shows in the window, from top to bottom."""
    page.goto(f"/projects/{project.id}/data")
    page.get_by_text(title, exact=True).first.click()
    page.wait_for_timeout(3000)
    return [int(text.split()[0]) for text in page.locator(".lsf-table-row").all_inner_texts()]
