"""The backend beside a real Label Studio whose tasks, page and events change under it, and a second backend."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from serve_help import Served, asking, documents, newest, project_of, serving, training, wait_for
from studio_help import RunningStudio, opened, retrieve, versions

from workbench.core.corpus import Entry
from workbench.core.errors import StudioError
from workbench.core.schema import Schema
from workbench.core.workspace import Workspace, packaged
from workbench.serve.connecting import tie, untie
from workbench.serve.credentials import make_credentials
from workbench.serve.home import Home
from workbench.studio.client import Studio
from workbench.studio.doctor import examine
from workbench.studio.importing import import_entries
from workbench.tag.model import read_manifest

pytestmark = pytest.mark.studio
VERSION = read_manifest(packaged("models/starter")).version


def test_a_task_that_is_deleted_while_the_server_waits_for_its_prediction_loses_no_other(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    long = [Entry(replace(document, text=document.text * 5)) for document in documents(60)]
    import_entries(studio, long, title, running_studio.workspace.schema())
    project = studio.project(title)
    tasks = studio.task_ids(project)
    with serving(running_studio.workspace) as served:
        tie(studio, running_studio.workspace, title)
        asker = threading.Thread(target=_quietly, args=(studio, title))
        asker.start()
        time.sleep(2)
        assert asker.is_alive()
        assert studio.delete_task(tasks[-1])
        asker.join(timeout=120)
        assert not asker.is_alive()
        # Whatever the server made of that request, opening a task or asking once more gives what is missing.
        retrieve(studio, project)
        wait_for(lambda: training(served)["owed"] == 0, seconds=120)
        assert versions(studio, project) == [[VERSION]] * 59


def test_a_page_that_changes_while_serving_gets_only_labels_that_it_has(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    project = project_of(studio, title)
    schema = running_studio.workspace.schema()
    with serving(running_studio.workspace) as served:
        tie(studio, running_studio.workspace, title)
        tasks = studio.task_ids(project)
        opened(studio, project, tasks[0])
        fewer = Schema("fewer", tuple(label for label in schema.labels if label.name != "TARGET"), schema.relations)
        studio.set_config(project, fewer)
        opened(studio, project, tasks[1])
        studio.set_config(project, Schema("other", schema.labels[:1]))
        opened(studio, project, tasks[2])
        found = {
            number: {region["value"]["labels"][0] for region in predictions[0]["result"]}
            for number, _, predictions in studio.task_predictions(project)
        }
        assert "TARGET" in found[tasks[0]]
        assert found[tasks[1]]
        assert "TARGET" not in found[tasks[1]]
        assert found[tasks[2]] <= {schema.names[0]}
        assert versions(studio, project) == [[VERSION]] * 3
        assert all(event["event"] != "failed" for event in served.events())


def test_an_event_that_comes_twice_or_lies_begins_no_second_run(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    project = project_of(studio, title)
    with serving(running_studio.workspace, "--train-every", "2") as served, served.client as client:
        before = len(training(served)["training"]["runs"])
        tie(studio, running_studio.workspace, title)
        lie = {"action": "ANNOTATION_CREATED", "project": {"id": project.id}, "annotation": {"result": [{}] * 99}}
        for _ in range(5):
            assert client.post("/webhook", json=lie).json() == {"status": "ok"}
        time.sleep(3)
        # Nobody has annotated anything, whatever the event says.
        assert len(training(served)["training"]["runs"]) == before
        for task in studio.task_ids(project)[:2]:
            studio.annotate(task, [])
        wait_for(lambda: len(training(served)["training"]["runs"]) == before + 1)
        for _ in range(3):
            client.post("/webhook", json=lie)
            time.sleep(1.5)
        wait_for(lambda: training(served)["training"]["under_way"] is None, seconds=120)
        assert len(training(served)["training"]["runs"]) == before + 1
        assert (newest(served)["annotated"], training(served)["model_version"]) == (2, VERSION)
        # One with the password, about a project that is not there: a run that ends, and nothing else.
        client.post("/webhook", json={"action": "START_TRAINING", "project": {"id": 999_999}})
        wait_for(lambda: training(served)["training"]["under_way"] is None)
        assert (newest(served)["phase"], training(served)["model_version"]) == ("failed", VERSION)


def test_of_two_backends_one_is_asked_and_the_other_takes_its_place(
    running_studio: RunningStudio, studio: Studio, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, second = project_of(studio, title), Workspace(tmp_path)
    monkeypatch.setenv("LABEL_STUDIO_URL", running_studio.server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", str(running_studio.server.administrator.token))
    with serving(running_studio.workspace) as one, serving(second) as other:
        tie(studio, running_studio.workspace, title)
        tie(studio, second, title)
        assert [backend.url for backend in studio.backends(project)] == [one.url, other.url]
        tasks = studio.task_ids(project)
        assert opened(studio, project, tasks[0]) == [VERSION]
        retrieve(studio, project)
        assert versions(studio, project) == [[VERSION]] * 3
        told = [found.found for found in examine(running_studio.workspace, project=title) if found.what == "backend"]
        assert any("2 are registered" in each for each in told)
        # Both are told of an annotation, and neither stores anything for it.
        studio.annotate(tasks[0], [])
        for backend in (one, other):
            heard = [event["action"] for event in backend.events() if event["event"] == "webhook"]
            assert "ANNOTATION_CREATED" in heard
        more = project_of(studio, title, 4)
        one.process.kill()
        one.process.wait()
        added = studio.task_ids(more)[-1]
        assert opened(studio, project, added) == []
        assert untie(studio, running_studio.workspace, title)
        assert opened(studio, project, added) == [VERSION]
        assert versions(studio, project) == [[VERSION]] * 4


def test_a_request_under_way_when_the_server_dies_hurts_nobody(served: Served) -> None:
    """The server hangs up in the middle of its own request, and in the middle of reading the answer."""
    body = asking([document.text for document in documents(40)])
    host, port = served.url.removeprefix("http://").split(":")
    with served.client as client:
        request = client.build_request("POST", "/predict", json=body, headers={"Authorization": basic(served)})
        head = "\r\n".join(f"{name}: {value}" for name, value in request.headers.items())
        whole = f"POST /predict HTTP/1.1\r\n{head}\r\n\r\n".encode() + request.read()
        for much in (len(whole) // 2, len(whole)):
            with socket.create_connection((host, int(port)), timeout=20) as line:
                line.sendall(whole[:much])
        assert len(client.post("/predict", json=body).json()["results"]) == 40
    assert all(event.get("level") != "error" for event in served.events())


@pytest.fixture
def served(running_studio: RunningStudio) -> Iterator[Served]:
    with serving(running_studio.workspace) as running:
        yield running


def basic(served: Served) -> str:
    return make_credentials(Home.of(served.workspace).credentials).header


def _quietly(studio: Studio, title: str) -> None:
    # The server may well fail when it stores a prediction of a task that is gone.
    with suppress(httpx.HTTPError, StudioError):
        retrieve(studio, studio.project(title))
