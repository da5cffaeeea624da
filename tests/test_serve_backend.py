"""A real backend in a process of its own, asked as Label Studio asks it, and as somebody asks it who means no good."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from serve_help import CONFIG, TEXT, Served, alive, asking, serving, wait_for

from workbench.core.workspace import Workspace, packaged
from workbench.serve.home import Home
from workbench.tag.model import load_model, read_manifest

pytestmark = pytest.mark.slow
VERSION = read_manifest(packaged("models/starter")).version


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(Workspace(tmp_path_factory.mktemp("backend"))) as running:
        yield running


# The protocol, case by case as the vendor's own tests of backends have them.


def test_health_says_up_to_anybody(served: Served) -> None:
    found = httpx.get(f"{served.url}/health", timeout=1, trust_env=False)
    assert (found.status_code, found.json()) == (200, {"status": "UP", "model_class": "workbench"})


def test_setup_names_the_version(served: Served) -> None:
    body = {
        "project": "7.17",
        "schema": CONFIG,
        "hostname": "http://elsewhere",
        "access_token": "x",
        "extra_params": None,
    }
    with served.client as client:
        assert client.post("/setup", json=body).json() == {"model_version": VERSION}
        assert client.get("/versions").json() == {"versions": [VERSION]}


def test_predict_answers_each_task_in_order_with_the_version_filled_in(served: Served) -> None:
    texts = [TEXT, "", "Talks were held about nothing at all.", TEXT + " 😀", "A\r\nbomb blast killed six people."]
    with served.client as client:
        results = client.post("/predict", json=asking(texts)).raise_for_status().json()["results"]
    assert [made["model_version"] for made in results] == [VERSION] * 5
    assert results[1]["result"] == []
    for text, made in zip(texts, results, strict=True):
        for region in made["result"]:
            value = region["value"]
            assert text[value["start"] : value["end"]] == value["text"]
            assert 0 < region["score"] <= 1
        assert 0 <= made["score"] <= 1
    labels = {region["value"]["text"]: region["value"]["labels"] for region in results[0]["result"]}
    assert (labels["six"], labels["Quetta"]) == (["FIGURE_KILLED"], ["LOCATION"])


def test_annotations_and_older_predictions_of_a_task_change_nothing(served: Served) -> None:
    bare, told = asking([TEXT]), asking([TEXT])
    value = {"start": 0, "end": 1, "labels": ["DATE"]}
    region = {"id": "x", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    told["tasks"][0] |= {
        "annotations": [{"result": [region]}],
        "predictions": [{"result": [region]}],
        "drafts": [region],
    }
    with served.client as client:
        assert client.post("/predict", json=bare).json() == client.post("/predict", json=told).json()


def test_an_interactive_request_is_answered_for_what_was_marked(served: Served) -> None:
    start = TEXT.index("Quetta")
    context = {"result": [{"type": "labels", "value": {"start": start, "end": start + 6, "labels": ["LOCATION"]}}]}
    with served.client as client:
        body = asking([TEXT]) | {"params": {"context": context}}
        [made] = client.post("/predict", json=body).json()["results"]
    assert [region["value"]["text"] for region in made["result"]] == ["Quetta"]


def test_a_webhook_without_an_annotation_is_taken(served: Served) -> None:
    with served.client as client:
        for body in ({"action": "PROJECT_UPDATED", "project": {"id": 7}}, {"action": "ANNOTATION_CREATED"}):
            assert client.post("/webhook", json=body).json() == {"status": "ok"}


# What goes wrong.


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/predict", b"{", "are not JSON"),
        ("/predict", b"[" * 100_000, "are not JSON"),
        ("/predict", b"[]", "expected a JSON object"),
        ("/predict", b'{"tasks": [], "label_config": "<View"}', "is not XML"),
        ("/setup", b"", "are not JSON"),
        ("/webhook", b'{"action": 3}', "expected a name"),
        ("/webhook", b'{"action": "START_TRAINING"}', "names no project"),
    ],
)
def test_a_wrong_request_gets_one_sentence(served: Served, path: str, body: bytes, said: str) -> None:
    with served.client as client:
        found = client.post(path, content=body)
    assert found.status_code == 400
    assert said in found.json()["error"]
    assert "Traceback" not in found.text


def test_a_page_without_any_of_the_models_labels_is_refused_at_setup(served: Served) -> None:
    config = '<View><Labels name="l" toName="t"><Label value="CAT"/></Labels><Text name="t" value="$text"/></View>'
    with served.client as client:
        found = client.post("/setup", json={"project": "7.17", "schema": config})
    assert (found.status_code, f"none of the labels of {VERSION}" in found.json()["error"]) == (400, True)


def test_the_page_may_change_between_two_requests(served: Served) -> None:
    fewer = CONFIG.replace('<Label value="LOCATION"/>', "")
    with served.client as client:
        before, after = (
            {
                region["value"]["labels"][0]
                for region in client.post("/predict", json=body).json()["results"][0]["result"]
            }
            for body in (asking([TEXT]), asking([TEXT], config=fewer))
        )
    assert before - after == {"LOCATION"}


@pytest.mark.parametrize("auth", [None, ("workbench", "wrong"), ("workbench", ""), ("", "")])
def test_nothing_is_told_without_the_right_password(served: Served, auth: tuple[str, str] | None) -> None:
    with httpx.Client(base_url=served.url, auth=auth, trust_env=False) as stranger:
        for path in ("/predict", "/webhook", "/setup", "/job_status"):
            assert stranger.post(path, json={"action": "START_TRAINING", "project": {"id": 1}}).status_code == 401
        for path in ("/status", "/metrics", "/versions"):
            assert stranger.get(path).status_code == 401
        for wrong in ("Basic ÿ".encode("latin-1"), b"Basic !!", b"Bearer x", b"Basic"):
            assert stranger.get("/status", headers={"Authorization": wrong}).status_code == 401
    with served.client as client:
        assert client.get("/status").json()["training"]["runs"] == []


def test_the_password_is_kept_for_its_owner_only(served: Served) -> None:
    home = Home.of(served.workspace)
    assert stat.S_IMODE(home.credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
    password = json.loads(home.credentials.read_text(encoding="utf-8"))["password"]
    assert password not in served.log.read_text(encoding="utf-8")


def test_a_body_of_200_mb_is_refused_unread(served: Served) -> None:
    before = memory(served.process.pid)
    host, port = served.url.removeprefix("http://").split(":")
    with served.client as client, socket.create_connection((host, int(port)), timeout=20) as line:
        head = ("POST /predict HTTP/1.1", "Host: x", f"Authorization: {basic(served)}", f"Content-Length: {200 << 20}")
        line.sendall("\r\n".join((*head, "", "")).encode())
        assert b"413" in line.recv(4096).split(b"\r\n")[0]

        def endless() -> Iterator[bytes]:
            for _ in range(200):
                yield b" " * (1 << 20)

        with contextlib.suppress(httpx.TransportError):  # refused while it was still being sent
            assert client.post("/predict", content=endless()).status_code == 413
        assert client.get("/status").status_code == 200
    assert memory(served.process.pid) - before < 150 << 20


def test_metrics_count_what_was_done(served: Served) -> None:
    with served.client as client:
        client.post("/predict", json=asking([TEXT, TEXT]))
        text = client.get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(lines['workbench_tasks_total{state="answered"}']) >= 2
    assert float(lines['workbench_request_seconds_count{path="/predict"}']) >= 1
    assert lines[f'workbench_model_info{{version="{VERSION}"}}'] == "1"


def test_an_answer_does_not_wait_for_the_network(served: Served) -> None:
    """Sent in two pieces without TCP_NODELAY, every answer on this machine would take 40 ms more."""
    with served.client as client:
        client.get("/versions")
        times = []
        for _ in range(20):
            began = time.perf_counter()
            client.get("/versions")
            times.append(time.perf_counter() - began)
    assert sorted(times)[5] < 0.03


def test_the_log_has_events_and_no_texts(served: Served) -> None:
    with served.client as client:
        client.post("/predict", json=asking([TEXT]))
    predicted = [event for event in served.events() if event["event"] == "predicted"]
    assert predicted[-1]["tasks"] == 1
    assert "Quetta" not in served.log.read_text(encoding="utf-8")


def test_a_task_is_answered_while_a_large_request_is_worked_on(served: Served) -> None:
    with served.client as client, served.client as other, ThreadPoolExecutor(1) as pool:
        large = pool.submit(client.post, "/predict", json=asking([TEXT * 10] * 300))
        time.sleep(0.5)
        began = time.perf_counter()
        assert alive(served.url)
        assert other.post("/predict", json=asking([TEXT])).status_code == 200
        waited = time.perf_counter() - began
        assert not large.done()
        assert len(large.result().json()["results"]) == 300
    assert waited < 5


def test_a_second_backend_of_the_workspace_and_a_taken_port_are_refused(served: Served) -> None:
    said = run("serve", "--port", "0", home=str(served.workspace.root))
    assert said.returncode == 1
    assert f"a backend of this workspace runs at {served.url}" in said.stderr


def test_a_backend_does_not_listen_to_the_world_without_a_password(tmp_path_factory: pytest.TempPathFactory) -> None:
    said = run("serve", "--host", "0.0.0.0", "--port", "0", home=str(tmp_path_factory.mktemp("open")))  # noqa: S104
    assert (said.returncode, "set WORKBENCH_SERVE_USER and WORKBENCH_SERVE_PASSWORD" in said.stderr) == (1, True)


def test_what_does_not_fit_the_time_is_owed_and_survives_a_kill(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No Label Studio is there to send it to: what is owed is kept until one is."""
    workspace = Workspace(tmp_path_factory.mktemp("owing"))
    with serving(workspace, "--seconds", "0.1") as served:
        with served.client as client:
            results = client.post("/predict", json=asking([TEXT * 8] * 200)).json()["results"]
            assert len(results) == 200
            done = [bool(made) for made in results]
            assert done[0]
            assert not done[-1]
            assert client.get("/status").json()["owed"] == done.count(False)
        served.process.kill()
        served.process.wait()
    assert len(json.loads(Home.of(workspace).pending.read_text(encoding="utf-8"))["7"]) == done.count(False)
    with serving(workspace) as served, served.client as client:
        assert client.get("/status").json()["owed"] == done.count(False)


def test_it_ends_when_asked_and_answers_what_is_under_way(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("ending"))
    with serving(workspace) as served, served.client as client:
        found: list[httpx.Response] = []
        asker = threading.Thread(target=lambda: found.append(client.post("/predict", json=asking([TEXT * 5] * 60))))
        asker.start()
        wait_for(lambda: memory(served.process.pid))
        time.sleep(0.4)
        served.process.send_signal(signal.SIGTERM)
        asker.join(timeout=60)
        assert served.process.wait(timeout=60) == 0
    assert len(found[0].json()["results"]) == 60
    assert [event["event"] for event in served.events()][-1] == "ended"
    assert not Home.of(workspace).record.exists()


def test_it_says_the_same_as_the_model_itself(served: Served) -> None:
    from workbench.core.corpus import Document
    from workbench.tag.prelabel import predict

    [said] = predict(load_model(packaged("models/starter")), [Document("a", TEXT)])
    names = set(CONFIG.split('"'))
    expected = [(span.start, span.end, span.label) for span in said.spans if span.label in names]
    with served.client as client:
        [made] = client.post("/predict", json=asking([TEXT])).json()["results"]
    values = [region["value"] for region in made["result"]]
    assert [(value["start"], value["end"], value["labels"][0]) for value in values] == expected


def test_rules_of_the_workspace_are_joined_with_the_model(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("rules"))
    (workspace.root / "annotations").mkdir()
    rule = "[[rules]]\nlabel = 'TARGET'\nwords = ['grobnar']\n"
    (workspace.root / "annotations/rules.toml").write_text(rule, encoding="utf-8")
    with serving(workspace) as served, served.client as client:
        [version] = client.get("/versions").json()["versions"]
        [made] = client.post("/predict", json=asking([TEXT + " A grobnar."])).json()["results"]
    assert version.startswith(f"{VERSION}+rules-")
    assert made["model_version"] == version
    labels = {region["value"]["text"]: region["value"]["labels"] for region in made["result"]}
    assert (labels["grobnar"], labels["Quetta"]) == (["TARGET"], ["LOCATION"])


def basic(served: Served) -> str:
    from workbench.serve.credentials import make_credentials

    return make_credentials(Home.of(served.workspace).credentials).header


def memory(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout) * 1024


def run(*arguments: str, home: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "workbench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"WORKBENCH_HOME": home},
    )
