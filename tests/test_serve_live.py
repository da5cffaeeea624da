"""The backend beside a real Label Studio: tied, asked, told, cut off, killed and started again."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from serve_help import Served, asking, documents, project_of, serving, wait_for
from studio_help import Line, RunningStudio, call, opened, retrieve, versions

from workbench.cli.app import workbench
from workbench.core.corpus import Entry
from workbench.core.errors import InputError, StudioError
from workbench.core.workspace import Workspace, packaged
from workbench.serve.connecting import tie, untie
from workbench.studio.client import Studio
from workbench.studio.importing import import_entries
from workbench.studio.pushing import push
from workbench.tag.engines import native_precisions, pick_engine
from workbench.tag.model import load_model, read_manifest
from workbench.tag.prelabel import label_entries

pytestmark = pytest.mark.studio
VERSION = read_manifest(packaged("models/starter")).version


@pytest.fixture
def served(running_studio: RunningStudio) -> Iterator[Served]:
    with serving(running_studio.workspace) as running:
        yield running


def findings(running_studio: RunningStudio, title: str) -> list[tuple[str, str, str]]:
    """What `workbench doctor` says that is not well."""
    environment = {"WORKBENCH_HOME": str(running_studio.workspace.root)}
    shown = CliRunner(env=environment).invoke(workbench, ["doctor", "--project", title, "--json"])
    rows = json.loads(shown.stdout)["findings"]
    assert all(row["remedy"] for row in rows if row["state"] != "ok")
    return [(row["what"], row["state"], row["found"]) for row in rows if row["state"] != "ok"]


def test_a_tied_project_shows_predictions_to_whoever_opens_a_task(
    running_studio: RunningStudio, studio: Studio, title: str, served: Served
) -> None:
    project = project_of(studio, title)
    url, version, first = tie(studio, running_studio.workspace, title)
    assert (url, version) == (served.url, VERSION)
    assert (first.new_backend, first.new_webhook, first.new_view) == (True, True, True)
    tasks = studio.task_ids(project)
    assert opened(studio, project, tasks[0]) == [VERSION]
    assert opened(studio, project, tasks[0]) == [VERSION]
    retrieve(studio, project)
    retrieve(studio, project)
    assert versions(studio, project) == [[VERSION]] * 3
    scores = {task: found[0]["score"] for task, _, found in studio.task_predictions(project)}
    assert call(studio, "GET", f"projects/{project.id}/next")["id"] == min(scores, key=lambda task: scores[task])
    _, _, again = tie(studio, running_studio.workspace, title)
    assert (again.new_backend, again.new_webhook, again.new_view) == (False, False, False)
    assert len([hook for hook in studio.webhooks() if hook.project == project.id]) == 1
    assert findings(running_studio, title) == []
    assert untie(studio, running_studio.workspace, title)
    assert studio.backends(project) == []


def test_events_reach_the_backend_with_the_password(
    running_studio: RunningStudio, studio: Studio, title: str, served: Served
) -> None:
    project = project_of(studio, title)
    tie(studio, running_studio.workspace, title)
    studio.annotate(studio.task_ids(project)[0], [])
    told = [event for event in served.events() if event["event"] == "webhook" and event["project"] == project.id]
    assert [event["action"] for event in told][-1] == "ANNOTATION_CREATED"


def test_a_large_request_is_answered_in_time_and_the_rest_follows(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    project = project_of(studio, title, 60)
    with serving(running_studio.workspace, "--seconds", "0.1") as served:
        tie(studio, running_studio.workspace, title)
        retrieve(studio, project)
        assert sum(map(bool, versions(studio, project))) > 0
        predicted = next(event for event in served.events() if event["event"] == "predicted")
        assert (predicted["tasks"], predicted["later"] > 0) == (60, True)
        with served.client as client:
            wait_for(lambda: client.get("/status").json()["owed"] == 0, seconds=60)
    assert versions(studio, project) == [[VERSION]] * 60


def test_tasks_that_were_deleted_or_predicted_meanwhile_are_passed_over(
    running_studio: RunningStudio, studio: Studio, title: str, served: Served
) -> None:
    project = project_of(studio, title, 5)
    tie(studio, running_studio.workspace, title)
    tasks = studio.task_ids(project)
    opened(studio, project, tasks[1])
    call(studio, "DELETE", f"tasks/{tasks[0]}")
    with serving_of(served, running_studio, "--seconds", "0.1") as slow, slow.client as client:
        body = asking([document.text * 20 for document in documents(40)], project=f"{project.id}.17")
        for place, task in enumerate(body["tasks"]):
            task["id"] = [*tasks, *range(10_000, 10_035)][-place - 1]
        client.post("/predict", json=body)
        assert client.get("/status").json()["owed"] > 5
        wait_for(lambda: client.get("/status").json()["owed"] == 0, seconds=60)
    assert versions(studio, project) == [[VERSION]] * 4


@contextmanager
def serving_of(served: Served, running_studio: RunningStudio, *options: str) -> Iterator[Served]:
    """The same backend at the same address, with other options."""
    served.process.terminate()
    served.process.wait(timeout=40)
    with serving(running_studio.workspace, *options, port=int(served.url.rpartition(":")[2])) as other:
        yield other


def test_a_backend_that_was_killed_is_named_and_started_again(
    running_studio: RunningStudio, studio: Studio, title: str, served: Served
) -> None:
    project = project_of(studio, title)
    tie(studio, running_studio.workspace, title)
    served.process.kill()
    served.process.wait()
    tasks = studio.task_ids(project)
    assert opened(studio, project, tasks[0]) == []
    [(what, state, found)] = findings(running_studio, title)
    assert (what, state, f"{served.url} does not answer" in found) == ("backend", "error", True)
    with serving(running_studio.workspace, port=int(served.url.rpartition(":")[2])):
        assert opened(studio, project, tasks[0]) == [VERSION]
        assert findings(running_studio, title) == []


def test_the_doctor_sees_each_way_in_which_the_wiring_fails(
    running_studio: RunningStudio, studio: Studio, title: str, served: Served
) -> None:
    project = project_of(studio, title)
    tie(studio, running_studio.workspace, title)
    [hook] = [hook for hook in studio.webhooks() if hook.project == project.id]

    def mended() -> bool:
        tie(studio, running_studio.workspace, title)
        return findings(running_studio, title) == []

    studio.sdk.webhooks.update(hook.id, url=hook.url, headers={})
    assert [(what, "without a password" in found) for what, _, found in findings(running_studio, title)] == [
        ("webhook", True)
    ]
    assert mended()
    studio.sdk.webhooks.update(hook.id, url=hook.url, is_active=False)
    assert [found for _, _, found in findings(running_studio, title)] == [f"{hook.url} is switched off"]
    studio.sdk.webhooks.delete(hook.id)
    assert [found for _, _, found in findings(running_studio, title)] == [f"{served.url} is told of no events"]
    assert mended()
    studio.sdk.projects.update(project.id, show_collab_predictions=False, sampling="Sequential sampling")
    assert [what for what, _, _ in findings(running_studio, title)] == ["predictions", "order"]
    assert mended()
    other = served.url.replace("127.0.0.1", "localhost")
    password = json.loads((running_studio.workspace.state / "serve/credentials.json").read_text(encoding="utf-8"))
    studio.sdk.ml.create(
        project=project.id,
        url=other,
        auth_method="BASIC_AUTH",
        basic_auth_user=password["user"],
        basic_auth_pass=password["password"],
    )
    assert any("2 are registered" in found for _, _, found in findings(running_studio, title))


def test_other_credentials_than_the_server_has_are_named(
    running_studio: RunningStudio, studio: Studio, title: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_of(studio, title)
    tie(studio, running_studio.workspace, title)
    monkeypatch.setenv("WORKBENCH_SERVE_USER", "anna")
    monkeypatch.setenv("WORKBENCH_SERVE_PASSWORD", "another")
    with pytest.raises(StudioError, match="does not accept the credentials in force here"):
        tie(studio, running_studio.workspace, title)
    with serving_of(served, running_studio) as other:
        # Where the backend knows its projects, it tells them the new password itself.
        wait_for(lambda: findings(running_studio, title) == [])
    monkeypatch.setenv("WORKBENCH_SERVE_PASSWORD", "a third")
    (running_studio.workspace.state / "serve/projects.json").unlink()
    with serving(running_studio.workspace, port=int(other.url.rpartition(":")[2])):
        found = findings(running_studio, title)
        assert [(what, "does not accept the password" in said) for what, _, said in found] == [("backend", True)]
        tie(studio, running_studio.workspace, title)
        assert findings(running_studio, title) == []


def test_a_backend_that_nobody_reaches_cannot_be_tied(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    project_of(studio, title)
    with pytest.raises(StudioError, match="no backend runs in this workspace; start it with `workbench serve`"):
        tie(studio, running_studio.workspace, title)
    with pytest.raises(StudioError, match=r"no backend answers at http://127\.0\.0\.1:9"):
        tie(studio, running_studio.workspace, title, url="http://127.0.0.1:9")


def test_a_server_that_goes_away_in_the_middle_gets_the_rest_once_when_it_is_back(
    running_studio: RunningStudio, studio: Studio, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(studio, title, 20)
    line = Line(running_studio.server.url)
    with closing(line):
        monkeypatch.setenv("LABEL_STUDIO_URL", line.url)
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", str(running_studio.server.administrator.token))
        line.cut()
        with serving(Workspace(tmp_path), "--seconds", "0.1") as served, served.client as client:
            body = asking([document.text * 30 for document in documents(20)], project=f"{project.id}.17")
            for task, number in zip(body["tasks"], reversed(studio.task_ids(project)), strict=True):
                task["id"] = number
            answered = [bool(made) for made in client.post("/predict", json=body).json()["results"]]
            owed = client.get("/status").json()["owed"]
            assert owed == answered.count(False) > 0
            wait_for(lambda: any(event["event"] == "owing" for event in served.events()))
            line.mend()
            wait_for(lambda: client.get("/status").json()["owed"] == 0, seconds=90)
    stored = versions(studio, project)
    assert sorted(stored) == [[]] * (20 - owed) + [[VERSION]] * owed


def test_the_view_and_the_next_task_follow_the_chosen_strategy(
    running_studio: RunningStudio, studio: Studio, title: str, served: Served
) -> None:
    copies = [replace(document, text=document.text[:200]) for document in documents(8)]
    twins = [Entry(replace(copies[0], id=f"twin-{i}", text=copies[0].text + f" {i}")) for i in range(3)]
    import_entries(studio, [*map(Entry, copies), *twins], title, running_studio.workspace.schema())
    project = studio.project(title)
    tie(studio, running_studio.workspace, title)
    tasks = studio.task_ids(project)
    studio.annotate(tasks[1], [])
    opened(studio, project, tasks[2])
    environment = {"WORKBENCH_HOME": str(running_studio.workspace.root)}
    orders = []
    for strategy in ("entropy", "label_deficit"):
        command = ["order", "--project", title, "--strategy", strategy, "--json"]
        done = json.loads(CliRunner(env=environment).invoke(workbench, command, catch_exceptions=False).stdout)
        assert sorted(done["tasks"]) == sorted({*tasks} - {tasks[1]})
        assert done["set_back"] == 3
        # The three that are told from the first by a number only come last, in whichever order.
        family = {tasks[0], *tasks[-3:]}
        assert len(family & {*done["tasks"][-3:]}) == 3
        if not orders:  # from then on Label Studio holds the task it gave for this person, whatever the order
            assert call(studio, "GET", f"projects/{project.id}/next")["id"] == done["tasks"][0]
        [view] = call(studio, "GET", f"dm/views?project={project.id}")
        shown = call(studio, "GET", f"tasks?view={view['id']}&fields=task_only")["tasks"]
        assert [task["id"] for task in shown] == done["tasks"]
        orders.append((done["added"], done["changed"]))
    assert orders[0] == (9, 1)
    # The second order writes what stands elsewhere than before, and nothing else.
    assert orders[1][0] == 0
    assert 0 < orders[1][1] <= 10
    assert versions(studio, project) == [[VERSION], [], *[[VERSION]] * 9]


def test_a_limited_order_deals_the_first_tasks_their_own_scores_anew(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    from workbench.active.order import order_project
    from workbench.core.corpus import Annotation
    from workbench.core.span import Span

    model = load_model(packaged("models/starter"))
    scores = [0.9, 0.2, 0.4, 0.8, 0.3, 0.6]
    entries = [
        Entry(document, Annotation((Span(0, 5, "ACTOR", score),), origin="model", model_version=model.version))
        for document, score in zip(documents(6), scores, strict=True)
    ]
    other = Annotation((), origin="model", model_version="other")
    import_entries(studio, [replace(each, annotation=other) for each in entries], title, model.schema)
    with pytest.raises(InputError, match=r"has no predictions by starter-\w+, whose scores --limit goes by"):
        order_project(studio, title, model=model, strategy="entropy", limit=3)
    push(studio, entries, title, model.schema)
    project = studio.project(title)
    tasks = [number for number, _ in studio.task_data(project)]
    studio.annotate(tasks[1], [])
    assert studio.first_tasks(project, 2) == [tasks[4], tasks[2]]
    asked: list[int] = []
    read = studio.task_predictions
    studio.task_predictions = lambda project, *, ids=None: asked.extend(ids or ["all"]) or read(project, ids=ids)  # type: ignore[method-assign]
    done = order_project(studio, title, model=model, strategy="entropy", limit=3)
    del studio.task_predictions  # type: ignore[method-assign]
    assert sorted(asked) == sorted(done.tasks) == sorted([tasks[2], tasks[4], tasks[5]])
    now = {number: found[-1]["score"] for number, _, found in studio.task_predictions(project)}
    assert [now[number] for number in done.tasks] == [0.3, 0.4, 0.6]
    assert {number: now[number] for number in (tasks[0], tasks[1], tasks[3])} == {
        tasks[0]: 0.9, tasks[1]: 0.2, tasks[3]: 0.8
    }  # fmt: skip
    assert studio.first_tasks(project, 10) == [*done.tasks, tasks[3], tasks[0]]
    assert order_project(studio, title, model=model, strategy="entropy", limit=3).changed == 0


@pytest.mark.skipif("bf16" not in native_precisions(pick_engine()), reason="this processor does not compute in bf16")
def test_predictions_of_prelabel_in_bf16_are_the_model_s_own_to_an_order(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    """They were another model's, and --limit found none."""
    model = load_model(packaged("models/starter"), precision="bf16")
    entries, _ = label_entries([Entry(document) for document in documents(4)], model=model)
    import_entries(studio, entries, title, model.schema)
    environment = {"WORKBENCH_HOME": str(running_studio.workspace.root)}
    command = ["order", "--project", title, "--limit", "2", "--json"]
    done = json.loads(CliRunner(env=environment).invoke(workbench, command, catch_exceptions=False).stdout)
    assert done["model_version"] == model.version == f"{VERSION}+bf16"
    assert (len(done["tasks"]), done["added"]) == (2, 0)
    assert versions(studio, studio.project(title)) == [[model.version]] * 4
