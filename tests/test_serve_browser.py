"""A person at a real browser opens a task that nobody has predicted, and sees the model's spans."""

import shutil
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from serve_help import serving, wait_for
from studio_help import RunningStudio

from workbench.core.corpus import Entry, load_corpus
from workbench.core.workspace import packaged
from workbench.serve.connecting import tie
from workbench.studio.connect import connect
from workbench.studio.importing import import_entries
from workbench.studio.server import find

pytestmark = [pytest.mark.studio, pytest.mark.browser]
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
TITLE = "Opened by a person"


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


def test_spans_appear_when_a_task_is_opened_and_training_starts_from_the_page(
    running_studio: RunningStudio, page: Any
) -> None:
    server = find(running_studio.workspace)
    assert server is not None
    bulletins = load_corpus(packaged("annotations/new.jsonl"))[:3]
    with connect(running_studio.workspace) as studio, serving(running_studio.workspace) as served:
        import_entries(studio, [Entry(each.document) for each in bulletins], TITLE, running_studio.workspace.schema())
        _, version, _ = tie(studio, running_studio.workspace, TITLE)
        project = studio.project(TITLE)
        task = studio.task_ids(project)[0]
        assert [predictions for _, _, predictions in studio.task_predictions(project)] == [[], [], []]

        page.goto(f"{server.url}/user/login/")
        page.fill("input[name=email]", server.administrator.email)
        page.fill("input[name=password]", server.administrator.password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "login" not in url)
        page.goto(f"{server.url}/projects/{project.id}/data?task={task}")
        page.wait_for_selector(".lsf-richtext__line .htx-highlight", timeout=60000)
        page.wait_for_timeout(1000)
        stored = {number: predictions for number, _, predictions in studio.task_predictions(project)}
        [prediction] = stored[task]
        assert prediction["model_version"] == version
        assert page.locator(".lsf-richtext__container .htx-highlight").count() == len(prediction["result"]) > 3

        page.goto(f"{server.url}/projects/{project.id}/settings/ml")
        page.click("button[aria-label='Machine learning model options']")
        page.click(".lsf-main-menu__item:has-text('Start Training')")
        page.click("button:has-text('Start Training')")
        with served.client as client:
            runs = partial(runs_of, client, project.id)
            [run] = wait_for(runs)
            assert run["why"] == "asked for on the page"
            wait_for(lambda: client.get("/status").json()["training"]["under_way"] is None)
            # Nobody has labelled anything, so there is nothing to train on: said, and the model stays.
            [run] = runs()
            assert (run["phase"], "has no annotation to pull" in run["detail"]) == ("failed", True)
        studio.delete_project(project)


def runs_of(client: Any, project: int) -> list[dict[str, Any]]:
    """The training runs of a project; other tests have theirs."""
    return [run for run in client.get("/status").json()["training"]["runs"] if run["project"] == project]
