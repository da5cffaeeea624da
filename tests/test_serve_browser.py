"""A person at a real browser: sees the model's spans, asks for all, trains, and finds the tasks in another order."""

import re
from functools import partial
from typing import Any

import pytest
from page_help import open_task, retrieve_predictions, rows_of_tab, signed_in, start_training
from serve_help import Served, documents, ended, project_of, serving, training, wait_for
from studio_help import RunningStudio, versions

from workbench.core.corpus import Annotation, Entry, load_corpus
from workbench.core.workspace import packaged
from workbench.serve.connecting import tie
from workbench.studio.client import Studio
from workbench.studio.importing import import_entries
from workbench.studio.project import Project
from workbench.studio.wiring import VIEW

pytestmark = [pytest.mark.studio, pytest.mark.browser]


def test_spans_appear_when_a_task_is_opened_and_training_starts_from_the_page(
    running_studio: RunningStudio, studio: Studio, browser: Any, title: str
) -> None:
    bulletins = load_corpus(packaged("annotations/new.jsonl"))[:3]
    with serving(running_studio.workspace) as served:
        import_entries(studio, [Entry(each.document) for each in bulletins], title, running_studio.workspace.schema())
        _, version, _ = tie(studio, running_studio.workspace, title)
        project = studio.project(title)
        task = studio.task_ids(project)[0]
        assert versions(studio, project) == [[], [], []]

        page = signed_in(browser, running_studio)
        open_task(page, project, task, marked=True)
        stored = {number: predictions for number, _, predictions in studio.task_predictions(project)}
        [prediction] = stored[task]
        assert prediction["model_version"] == version
        assert page.locator(".lsf-richtext__container .htx-highlight").count() == len(prediction["result"]) > 3

        start_training(page, project)
        [run] = wait_for(partial(runs_of, served, project))
        assert run["why"] == "asked for on the page"
        wait_for(lambda: training(served)["training"]["under_way"] is None)
        # Nobody has labelled anything, so there is nothing to train on: said, and the model stays.
        [run] = runs_of(served, project)
        assert (run["phase"], "has no annotation to pull" in run["detail"]) == ("failed", True)


@pytest.mark.slow
def test_predictions_of_500_tasks_are_retrieved_from_the_list(
    running_studio: RunningStudio, studio: Studio, browser: Any, title: str
) -> None:
    project = project_of(studio, title, 500)
    with serving(running_studio.workspace) as served:
        _, version, _ = tie(studio, running_studio.workspace, title)
        retrieve_predictions(signed_in(browser, running_studio), project)
        wait_for(lambda: training(served)["owed"] == 0, seconds=120)
        [asked] = [event for event in served.events() if event["event"] == "predicted" and event["tasks"] == 500]
        with served.client as client:
            metrics = client.get("/metrics").text
    [seconds] = re.findall(r'request_seconds_sum\{path="/predict"\} (\S+)', metrics)
    # The server would have given up after 100; a busy machine answers in time too, and the rest follows.
    assert (float(seconds) < 60, asked["unreadable"]) == (True, 0)
    assert versions(studio, project) == [[version]] * 500


@pytest.mark.slow
def test_after_training_from_the_page_the_tasks_are_in_the_new_model_s_order(
    running_studio: RunningStudio, studio: Studio, browser: Any, title: str
) -> None:
    corpus = load_corpus(packaged("annotations/corpus.jsonl"))
    labelled = [Entry(entry.document, Annotation(entry.spans)) for entry in corpus[:20]]
    schema = running_studio.workspace.schema()
    import_entries(studio, labelled, title, schema, with_annotations=True)
    import_entries(studio, map(Entry, documents(8)), title, schema)
    project = studio.project(title)
    page = signed_in(browser, running_studio)
    quick = ("--set", "epochs=1", "--set", "refit_below=0", "--margin", "1")
    try:
        with serving(running_studio.workspace, *quick) as served:
            _, old, _ = tie(studio, running_studio.workspace, title)
            retrieve_predictions(page, project)
            before = rows_of_tab(page, project, VIEW)
            assert before == by_score(studio, project, old)
            start_training(page, project)
            wait_for(partial(runs_of, served, project))
            assert ended(served)["phase"] == "accepted"
            wait_for(lambda: training(served)["owed"] == 0, seconds=120)
            new = training(served)["model_version"]
            after = rows_of_tab(page, project, VIEW)
        assert new != old
        assert after == by_score(studio, project, new)
        assert sorted(after) == sorted(before)
        assert after != before
    finally:
        # Other tests of this server go on with the model that came along.
        (running_studio.workspace.state / "model.json").unlink(missing_ok=True)


def by_score(studio: Studio, project: Project, version: str) -> list[int]:
    """The tasks that nobody has labelled, the one that the model is least sure of first."""
    labelled = set(studio.task_ids(project, annotated=True))
    scores = {
        number: each["score"]
        for number, _, found in studio.task_predictions(project)
        for each in found
        if each["model_version"] == version and number not in labelled
    }
    return sorted(scores, key=lambda number: scores[number])


def runs_of(served: Served, project: Project) -> list[dict[str, Any]]:
    """The training runs of a project; other tests have theirs."""
    return [run for run in training(served)["training"]["runs"] if run["project"] == project.id]
