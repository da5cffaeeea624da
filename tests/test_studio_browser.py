"""People at a real browser: each signs in, marks, relates, answers and submits; the pull has just that."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from page_help import ADMINISTRATOR, mark, open_task, relate, select, signed_in, submit
from studio_help import RunningStudio, tasks_by_id

from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry, load_corpus
from workbench.core.schema import Choice, Schema
from workbench.core.span import Relation, Span
from workbench.core.workspace import packaged
from workbench.studio.adjudicating import name_of
from workbench.studio.client import Studio
from workbench.studio.connect import annotator
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull

pytestmark = [pytest.mark.studio, pytest.mark.browser]

TEXT = (
    "😀👩\u200d🚒 Six\u00a0men  killed\nin Quetta, e\u0301tat & <b>bold</b> \\n by gunmen on Friday.\n\n"
    "😀 Two  men\u00a0and one   woman were\thurt."
)
PLAIN = "😀 Gunmen killed six people in Quetta."


def schema_of(running_studio: RunningStudio) -> Schema:
    return running_studio.workspace.schema(packaged("annotations/schema.toml"))


def test_what_the_mouse_marked_is_what_the_pull_has(
    running_studio: RunningStudio, studio: Studio, browser: Any, title: str, tmp_path: Path
) -> None:
    schema = schema_of(running_studio)
    found = {"Six": "FIGURE_KILLED", "Quetta": "LOCATION", "Friday": "DATE"}
    suggested = tuple(Span(TEXT.index(w), TEXT.index(w) + len(w), label, 0.8) for w, label in found.items())
    prelabelled = Entry(Document("b-😀", TEXT), Annotation(suggested, origin="model", model_version="m1"))
    import_entries(studio, [prelabelled], title, schema)
    project = studio.project(title)
    [task] = studio.task_ids(project)

    page = signed_in(browser, running_studio)
    open_task(page, project, task, marked=True)
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
    submit(page)

    pull(studio, title, tmp_path / "gold.jsonl", schema=schema)
    [entry] = load_corpus(tmp_path / "gold.jsonl")
    assert entry.document == prelabelled.document
    expected = {(found | marked)[words]: words for words in found | marked}
    assert {span.label: entry.surface(span) for span in entry.spans} == expected
    first = entry.document.text.index("men  killed")
    assert Span(first, first + len("men  killed"), "EVENT_ATTACK") in entry.spans
    assert entry.annotation is not None
    assert (entry.annotation.assisted, entry.annotation.model_version) == (True, "m1")
    assert entry.annotation.author == ADMINISTRATOR


def test_a_person_reads_the_panel_relates_two_marks_and_answers_for_a_figure(
    running_studio: RunningStudio, studio: Studio, browser: Any, title: str, tmp_path: Path
) -> None:
    plain = schema_of(running_studio)
    asked = Choice("certainty", ("figure",), ("stated", "disputed"), description="How sure is the $5 figure?")
    schema = Schema(plain.name, plain.labels, plain.relations, choices=(asked,))
    import_entries(studio, [Entry(Document("b", PLAIN))], title, schema, guidelines="# House rules\n\n**Mark** it.")
    project = studio.project(title)
    [task] = studio.task_ids(project)
    page = signed_in(browser, running_studio)
    open_task(page, project, task)

    example = page.get_by_text("The count of dead. Example: [At least nine] miners died")
    assert not example.is_visible()
    page.click("text=Guidelines: 22 labels and their keys")
    example.wait_for(state="visible")
    page.click("text=Guidelines: 22 labels and their keys")
    page.click("button:has-text('Instructions')")
    page.get_by_role("heading", name="House rules").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)

    mark(page, "EVENT_ATTACK", "killed")
    mark(page, "FIGURE_KILLED", "six")
    page.keyboard.press("Escape")
    question = page.get_by_text("How sure is the $\u20605 figure?", exact=True)
    select(page, "killed")
    assert not question.is_visible()
    page.keyboard.press("Escape")
    mark(page, "ACTOR", "Gunmen", key="a")
    page.keyboard.press("Escape")
    relate(page, "six", "killed", "figure_of")
    page.keyboard.press("Escape")
    select(page, "six")
    assert question.is_visible()
    page.locator(".lsf-choices").get_by_text("disputed").click()
    page.screenshot(path=str(tmp_path / "answered.png"))
    submit(page)

    pull(studio, title, tmp_path / "gold.jsonl", schema=schema)
    [entry] = load_corpus(tmp_path / "gold.jsonl")
    said = {entry.surface(span): (span.label, span.choices) for span in entry.spans}
    assert said == {
        "Gunmen": ("ACTOR", ()),
        "killed": ("EVENT_ATTACK", ()),
        "six": ("FIGURE_KILLED", (("certainty", "disputed"),)),
    }
    assert entry.annotation is not None
    assert entry.annotation.relations == (Relation(2, 1, "figure_of"),)


def test_two_annotators_and_an_adjudicator_each_sign_in_and_settle_a_bulletin(
    running_studio: RunningStudio, studio: Studio, browser: Any, title: str, tmp_path: Path
) -> None:
    for name in ("anna", "ben", "cara"):
        annotator(running_studio.workspace, running_studio.server, name).close()
    import_entries(studio, [Entry(Document("b", PLAIN))], title, schema_of(running_studio), annotators=2)
    project = studio.project(title)
    for name, label in (("anna", "FIGURE_KILLED"), ("ben", "FIGURE_INJURED")):
        page = signed_in(browser, running_studio, f"{name}@localhost")
        # The button hands the task out to the second person too, and without the marks of the first.
        page.goto(f"/projects/{project.id}/data?labeling=1")
        page.wait_for_selector(".lsf-richtext__line", timeout=60000)
        page.wait_for_timeout(1000)
        assert page.locator(".lsf-richtext__container .htx-highlight").count() == 0
        mark(page, "EVENT_ATTACK", "killed")
        mark(page, label, "six")
        submit(page)
        page.context.close()

    told = answer(running_studio, "agreement", "--project", title)
    [pair] = told["agreements"]
    assert (pair["annotators"], pair["documents"], pair["f1"]) == (["anna@localhost", "ben@localhost"], 1, 0.5)
    people = answer(running_studio, "progress", "--project", title)
    assert [(each["annotator"], each["done"], each["spans"]) for each in people["annotators"]] == [
        ("anna@localhost", 1, 2),
        ("ben@localhost", 1, 2),
    ]
    assert all(each["median_seconds"] > 1 for each in people["annotators"])
    assert (people["finished"], people["annotations_left"]) == (1, 0)

    assert answer(running_studio, "adjudicate", "--project", title)["disputes"] == 1
    target = studio.project(name_of(title))
    page = signed_in(browser, running_studio, "cara@localhost")
    open_task(page, target, tasks_by_id(studio, target.title)["b"])
    for name in ("anna", "ben"):  # what each said stands in a tab of its own
        assert page.get_by_text(name, exact=False).count() > 0
    mark(page, "FIGURE_KILLED", "six")
    page.screenshot(path=str(tmp_path / "decided.png"))
    submit(page)
    page.context.close()

    decided = tmp_path / "decided.jsonl"
    back = answer(running_studio, "adjudicate", "--project", title, "--take-back", "-o", str(decided))
    assert (back["new"], back["open"]) == (1, 0)
    [entry] = load_corpus(decided)
    assert entry.annotation is not None
    assert (entry.annotation.author, [entry.surface(span) for span in entry.spans][-1:]) == ("cara@localhost", ["six"])
    assert Span(PLAIN.index("six"), PLAIN.index("six") + 3, "FIGURE_KILLED") in entry.spans
    pull(studio, title, tmp_path / "gold.jsonl")
    assert load_corpus(tmp_path / "gold.jsonl")[0].annotation == entry.annotation


def answer(running_studio: RunningStudio, *command: str) -> Any:
    """What a command answers to a machine."""
    environment = {"WORKBENCH_HOME": str(running_studio.workspace.root)}
    shown = CliRunner(env=environment).invoke(workbench, [*command, "--json"], catch_exceptions=False)
    return json.loads(shown.stdout)
