"""Training from the page, with a real Label Studio and real training in a process of its own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serve_help import TEXT, Served, asking, ended, newest, serving, training, wait_for
from studio_help import RunningStudio

from workbench.core.corpus import Annotation, Entry, load_corpus
from workbench.core.workspace import Workspace, packaged
from workbench.serve.connecting import tie
from workbench.serve.home import Home
from workbench.serve.runs import Runs
from workbench.studio.client import Studio
from workbench.studio.importing import import_entries
from workbench.studio.project import Project
from workbench.tag.find import current_model
from workbench.tag.model import read_manifest

pytestmark = [pytest.mark.studio, pytest.mark.slow]
VERSION = read_manifest(packaged("models/starter")).version
CORPUS = [
    Entry(entry.document, Annotation(entry.spans)) for entry in load_corpus(packaged("annotations/corpus.jsonl"))[:24]
]
QUICK = ("--set", "epochs=1", "--set", "refit_below=0", "--set", "faster=none")
TITLE = "Trained from the page"


@pytest.fixture
def project(running_studio: RunningStudio, studio: Studio) -> Iterator[Project]:
    """Twenty annotated bulletins, and four that nobody has labelled."""
    schema = Workspace(Path("/nowhere")).schema()
    import_entries(studio, CORPUS[:20], TITLE, schema, with_annotations=True)
    import_entries(studio, [Entry(entry.document) for entry in CORPUS[20:]], TITLE, schema)
    yield studio.project(TITLE)
    studio.delete_project(studio.project(TITLE))
    # Other tests of this server go on with the model that came along.
    (running_studio.workspace.state / "model.json").unlink(missing_ok=True)


def test_a_run_is_asked_for_on_the_page_judged_and_swapped_in(
    running_studio: RunningStudio, studio: Studio, project: Project
) -> None:
    ruinous = (*QUICK, "--set", "learning_rate=0.05")
    with serving(running_studio.workspace, *ruinous) as served:
        _, _, wired = tie(studio, running_studio.workspace, TITLE)
        studio.sdk.ml.train(wired.backend)
        studio.sdk.ml.train(wired.backend)  # a person clicks twice
        with served.client as client:
            wait_for(lambda: newest(served)["phase"] == "training", seconds=60)
            [made] = client.post("/predict", json=asking([TEXT])).json()["results"]
            assert (made["model_version"], newest(served)["annotated"]) == (VERSION, 20)
        run = ended(served)
        assert [each["project"] for each in training(served)["training"]["runs"]].count(project.id) == 1
        # Steps that large unlearn everything.
        assert (run["phase"], "lower bound of the difference" in run["detail"]) == ("refused", True)
        assert len(run["epochs"]) == 1
        assert training(served)["model_version"] == VERSION
    assert current_model(running_studio.workspace) is None
    with serving(
        running_studio.workspace,
        *(*QUICK, "--margin", "1", "--train-every", "2", "--keep-models", "1"),
        port=port_of(served),
    ) as served:
        for task in studio.task_ids(project)[-4:-2]:
            studio.annotate(task, [])
        run = ended_after(served, run["name"])
        assert (run["phase"], run["why"]) == ("accepted", "2 new annotated tasks")
        version = training(served)["model_version"]
        assert version == run["new"] != VERSION
        wait_for(lambda: training(served)["owed"] == 0, seconds=60)
    assert studio.project(TITLE).model_version == version
    stored = {task: [each["model_version"] for each in found] for task, _, found in studio.task_predictions(project)}
    assert [stored[task] for task in studio.task_ids(project)[-2:]] == [[version]] * 2
    found = current_model(running_studio.workspace)
    assert found is not None
    assert read_manifest(found).version == version
    # The refused one made room.
    assert [path.name for path in running_studio.workspace.models.glob("page-*")] == [found.name]


def test_a_killed_run_and_a_killed_backend_leave_the_old_model(
    running_studio: RunningStudio, studio: Studio, project: Project
) -> None:
    with serving(running_studio.workspace, *QUICK) as served:
        _, _, wired = tie(studio, running_studio.workspace, TITLE)
        studio.sdk.ml.train(wired.backend)
        first = wait_for(lambda: pid_of(served), seconds=60)
        os.killpg(first, signal.SIGKILL)
        run = ended(served)
        assert (run["phase"], "was ended by signal 9" in run["detail"]) == ("failed", True)
        assert training(served)["model_version"] == VERSION
        studio.sdk.ml.train(wired.backend)
        second = wait_for(lambda: pid_of(served), seconds=60)
        served.process.kill()
        served.process.wait()
    with serving(running_studio.workspace, port=port_of(served)) as served:
        run = newest(served)
        assert (run["phase"], training(served)["model_version"]) == ("stopped", VERSION)
        wait_for(lambda: not Path(f"/proc/{second}").exists(), seconds=30)
    assert [run.phase for run in Runs(Home.of(running_studio.workspace).runs).all()][-2:] == ["failed", "stopped"]


def port_of(served: Served) -> int:
    return int(served.url.rpartition(":")[2])


def pid_of(served: Served) -> int | None:
    run = newest(served)
    pid = run["pid"] if run["phase"] == "training" else None
    return int(pid) if pid else None


def ended_after(served: Served, name: str) -> dict[str, Any]:
    wait_for(lambda: newest(served)["name"] != name, seconds=60)
    return ended(served)
