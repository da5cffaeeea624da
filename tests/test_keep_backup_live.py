"""A real project into a backup and out of it, onto another real server that has never seen it."""

import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from studio_help import SIDE_BY_SIDE, RunningStudio

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import StudioError
from workbench.core.schema import Label, RelationType, Schema
from workbench.core.span import Relation, Span
from workbench.core.workspace import Workspace
from workbench.keep.backup import Unpacked, backup, restore
from workbench.studio import restoring
from workbench.studio.accounts import read_accounts
from workbench.studio.client import Studio
from workbench.studio.connect import annotator, connect
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.pushing import push
from workbench.studio.saving import SavedTask, saved_settings, saved_tasks, saved_views
from workbench.studio.server import Home, start, stop
from workbench.studio.stored import add_draft, send
from workbench.studio.wiring import view_by_score

pytestmark = pytest.mark.studio

TITLE = "Kept: May 2024"
SCHEMA = Schema(
    "small",
    (Label("ATTACK", "event"), Label("NUMBER", "figure"), Label("TARGET", "party")),
    (RelationType("figure_of"),),
)
TEXTS = (
    "😀 Six men were killed\nin Quetta.",
    "Gunmen fought.",
    "Talks <b>were</b> held.",
    "A skipped one.",
    "Nobody's yet.",
)
SIX = Annotation((Span(2, 5, "NUMBER"), Span(15, 21, "ATTACK")), (Relation(0, 1, "figure_of"),))


def documents() -> list[Document]:
    return [Document(f"b-{i}", text, published="2024-05-08", fields={"n": i}) for i, text in enumerate(TEXTS)]


def said(version: str, *spans: Span) -> Entry:
    return Entry(documents()[0], Annotation(spans, origin="model", model_version=version))


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, running_studio: RunningStudio) -> Iterator[RunningStudio]:
    """A second server in another folder, empty and with users of its own."""
    workspace = Workspace(tmp_path_factory.mktemp("second-studio-workspace"))
    server = start(workspace, port=41000, lower_priority=not SIDE_BY_SIDE)
    try:
        yield RunningStudio(workspace, server)
    finally:
        stop(workspace)


@pytest.fixture
def studio(running_studio: RunningStudio) -> Iterator[Studio]:
    with connect(running_studio.workspace) as client:
        yield client
        for project in client.projects():
            if project.title == TITLE:
                client.delete_project(project)


@pytest.fixture
def other(second: RunningStudio) -> Iterator[Studio]:
    with connect(second.workspace) as client:
        yield client
        for project in client.projects():
            client.delete_project(project)


@pytest.fixture
def project(studio: Studio, running_studio: RunningStudio) -> None:
    """Two annotators, one of them assisted by each of two models, one skipping, unsubmitted work, a ground truth."""
    import_entries(studio, map(Entry, documents()), TITLE, SCHEMA, annotators=2)
    project = studio.project(TITLE)
    first, second, third, fourth, _ = studio.task_ids(project)
    push(studio, [said("m1", Span(2, 5, "NUMBER", 0.9))], TITLE, SCHEMA)
    with annotator(running_studio.workspace, running_studio.server, "anna") as anna:
        # Anna starts from m1; then m1 says otherwise and m2 comes, from which the administrator starts.
        anna.annotate(first, regions(documents()[0], SIX, origin="prediction"), seconds=4.0)
        push(studio, [said("m2", Span(15, 21, "ATTACK", 0.4))], TITLE, SCHEMA)
        parent = next(p for _, _, found in studio.task_predictions(project, ids=[first]) for p in found[-1:])
        body = {"result": regions(documents()[0], SIX), "lead_time": 2.5, "parent_prediction": parent["id"]}
        send(studio, "submit", "POST", f"api/tasks/{first}/annotations/", body)
        anna.annotate(second, [], seconds=1.0)
        studio.annotate(second, regions(documents()[1], Annotation((Span(0, 6, "TARGET"),))), ground_truth=True)
        work = anna.annotate(third, [])
        send(anna, "skip", "POST", f"api/tasks/{fourth}/annotations/", {"result": [], "was_cancelled": True})
        add_draft(anna, third, regions(documents()[2], Annotation((Span(0, 5, "TARGET"),))), of=work, seconds=1.5)
        add_draft(anna, fourth, regions(documents()[3], Annotation((Span(2, 9, "TARGET"),))), of=None, seconds=0.5)
    view_by_score(studio, project)


def contents(studio: Studio) -> tuple[dict[str, Any], list[dict[str, Any]], list[SavedTask]]:
    project = studio.project(TITLE)
    views = [
        {name: view.get(name) for name in ("title", "filters", "ordering")} for view in saved_views(studio, project)
    ]
    return saved_settings(studio, project), views, list(saved_tasks(studio, project, studio.task_ids(project)))


def restored(archive: Path, target: Path, second: RunningStudio, other: Studio) -> Unpacked:
    @cache
    def person(email: str) -> Studio:
        return annotator(second.workspace, second.server, email)

    return restore(Workspace(target), archive, studio=other, person=person)


def pulled(studio: Studio, folder: Path, *, each: bool = False) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    pull(studio, TITLE, folder / "gold.jsonl", schema=SCHEMA, each=each, unannotated=not each)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.usefixtures("project")
def test_another_server_then_holds_the_same(
    studio: Studio, other: Studio, running_studio: RunningStudio, second: RunningStudio, tmp_path: Path
) -> None:
    archive = tmp_path / "b.tar.gz"
    done = backup(Workspace(tmp_path / "one"), archive, studio=studio, projects=[TITLE])
    assert done.projects == {TITLE: 5}
    back = restored(archive, tmp_path / "two", second, other)
    assert [(r.tasks, r.annotations, r.predictions, r.drafts, r.remarks) for r in back.projects] == [(5, 6, 2, 2, ())]
    # Settings, views, texts, who said what in which order, what it started from, unsubmitted work: all of it.
    assert contents(other) == contents(studio)
    assert pulled(other, tmp_path / "theirs") == pulled(studio, tmp_path / "ours")
    assert pulled(other, tmp_path / "theirs-each", each=True) == pulled(studio, tmp_path / "ours-each", each=True)
    with tarfile.open(archive) as tar:
        inside = b"".join(tar.extractfile(member).read() for member in tar if member.isreg())  # type: ignore[union-attr]
    for account in read_accounts(Home.of(running_studio.workspace).accounts).values():
        assert account.password.encode() not in inside
        assert str(account.token).encode() not in inside


class Killed(BaseException):
    """What a kill looks like from within."""


@pytest.mark.usefixtures("project")
def test_a_restore_killed_after_each_request_is_completed_by_the_same_command(
    studio: Studio, other: Studio, second: RunningStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "b.tar.gz"
    backup(Workspace(tmp_path / "one"), archive, studio=studio, projects=[TITLE])
    monkeypatch.setattr(restoring, "_BATCH", 2)
    names = ("send", "add_draft")
    real = {name: getattr(restoring, name) for name in names}
    imported = Studio.import_tasks

    def dying(name: str) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            real[name](*given, **named)
            raise Killed

        return call

    def import_and_die(self: Studio, *given: Any) -> int:
        imported(self, *given)
        raise Killed

    kills = 0
    for name in names:
        monkeypatch.setattr(restoring, name, dying(name))
    monkeypatch.setattr(Studio, "import_tasks", import_and_die)
    for _ in range(20):
        try:
            restored(archive, tmp_path / "two", second, other)
            break
        except Killed:
            kills += 1
    # The project, three batches, two assisted annotations, two drafts, and each view.
    assert 9 <= kills < 20
    assert contents(other) == contents(studio)


@pytest.mark.usefixtures("project")
def test_a_project_of_the_same_title_is_not_touched(
    studio: Studio, other: Studio, second: RunningStudio, tmp_path: Path
) -> None:
    archive = tmp_path / "b.tar.gz"
    backup(Workspace(tmp_path / "one"), archive, studio=studio, projects=[TITLE])
    import_entries(other, [Entry(Document("mine", "Mine."))], TITLE, SCHEMA)
    with pytest.raises(StudioError, match="already; nothing was changed"):
        restored(archive, tmp_path / "two", second, other)
    assert other.project(TITLE).tasks == 1


@pytest.mark.usefixtures("project")
def test_people_whom_a_server_does_not_know_are_named_first(studio: Studio, other: Studio, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.gz"
    backup(Workspace(tmp_path / "one"), archive, studio=studio, projects=[TITLE])
    import workbench.studio.client as client

    known = client.Studio.people
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client.Studio, "people", lambda self: {n: e for n, e in known(self).items() if "anna" not in e})
        with pytest.raises(StudioError, match=r"anna@localhost annotated in .* but are no users"):
            restore(Workspace(tmp_path / "two"), archive, studio=other, person=lambda _: None)
    assert other.project(TITLE).tasks == 0
