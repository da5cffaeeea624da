"""Takes the README's pictures from the real thing: `python -m tests.make_pictures` (a server, and Chromium)."""

import io
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from workbench.core.corpus import load_corpus, write_corpus
from workbench.core.workspace import Workspace, packaged
from workbench.reference.build import HERE
from workbench.studio.connect import connect
from workbench.studio.importing import import_entries
from workbench.studio.server import Server, start, stop
from workbench.tag.model import load_model
from workbench.tag.prelabel import label_entries, predict
from workbench.train.split import corpus_split

SIZE = {"width": 1280, "height": 800}
PROJECT = "Bulletins in May"


@click.command()
@click.option("--workspace", "folder", metavar="DIR", help="Where a server may run already; else a temporary folder.")
def main(folder: str | None) -> None:
    """Takes the pictures of the labelling page, of the report and of the records."""
    from playwright.sync_api import sync_playwright

    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        here = Workspace(Path(folder or temporary).resolve())
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE)
        keep(labelling(page, here), "labelling")
        keep(report(page, here), "report")
        keep(records(page, here), "records")
        browser.close()
        if not folder:
            stop(here)


def labelling(page: Any, here: Workspace) -> bytes:
    """The page with a bulletin as the starter model pre-annotates it."""
    server = start(here, tell=partial(print, file=sys.stderr))
    model = load_model(packaged("models/starter"))
    _, unseen = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))
    with connect(here) as studio:
        import_entries(studio, _without_labels(unseen[:12]), PROJECT, here.schema(), predict=partial(predict, model))
        project = studio.project(PROJECT)
        task = studio.task_ids(project)[1]
    _sign_in(page, server)
    page.goto(f"{server.url}/projects/{project.id}/data?task={task}")
    page.wait_for_selector(".lsf-richtext__line .htx-highlight", timeout=90_000)
    page.wait_for_timeout(2500)
    return bytes(page.screenshot())


def report(page: Any, here: Workspace) -> bytes:
    """The report of the starter model on the part of the corpus that it never saw."""
    _, unseen = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))
    predicted, _ = label_entries(unseen, model=load_model(packaged("models/starter")))
    write_corpus(here.root / "gold.jsonl", unseen)
    write_corpus(here.root / "predicted.jsonl", predicted)
    run(here, "report --gold gold.jsonl --predicted predicted.jsonl -o report.html")
    return shown(page, here.root / "report.html")


def records(page: Any, here: Workspace) -> bytes:
    """The event records of the same bulletins, by the model's labels."""
    run(here, "records predicted.jsonl -o records.jsonl")
    run(here, "report --records records.jsonl -o records.html")
    page.set_viewport_size({"width": 1280, "height": 1320})
    return shown(page, here.root / "records.html")


def run(here: Workspace, line: str) -> None:
    """One command of the workbench in the workspace."""
    from workbench.cli.app import workbench

    with chdir(here.root):
        workbench.main(line.split(), standalone_mode=False)


def shown(page: Any, path: Path) -> bytes:
    """The page of a file as the browser shows it."""
    page.goto(path.as_uri())
    page.wait_for_timeout(800)
    return bytes(page.screenshot())


def keep(picture: bytes, name: str) -> None:
    """Writes it small, for a page that is read over a slow line."""
    from PIL import Image

    path = HERE / f"{name}.webp"
    Image.open(io.BytesIO(picture)).save(path, "WEBP", quality=70, method=6)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def _without_labels(entries: Sequence[Any]) -> list[Any]:
    return [replace(entry, annotation=None) for entry in entries]


def _sign_in(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/user/login/")
    page.fill("input[name=email]", server.administrator.email)
    page.fill("input[name=password]", server.administrator.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)


if __name__ == "__main__":
    main()
