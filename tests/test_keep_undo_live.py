"""What push, order, adjudicate and import replaced on a real server, put back by `workbench undo`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from studio_help import RunningStudio

from workbench.core.corpus import Annotation, Document, Entry, write_corpus
from workbench.core.deeds import kept_deeds
from workbench.core.schema import Label, Schema
from workbench.core.snapshots import Snapshots
from workbench.core.span import Span
from workbench.core.workspace import Workspace
from workbench.keep.undo import kinds_of, undo_deed
from workbench.studio.connect import connect, connect_remembering
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.pushing import push
from workbench.studio.remembering import RememberingStudio
from workbench.studio.stored import Result, read_results

pytestmark = pytest.mark.studio

SCHEMA = Schema("small", (Label("ATTACK", "event"), Label("TARGET", "party")))
WIDER = Schema("wider", (*SCHEMA.labels, Label("WEAPON", "means")))
DOCUMENTS = [Document("a", "Six were killed."), Document("b", "Two were killed.")]


def predicted(*spans: Span) -> list[Entry]:
    return [Entry(document, Annotation(spans, origin="model", model_version="m1")) for document in DOCUMENTS]


@pytest.fixture
def here(running_studio: RunningStudio) -> Workspace:
    return running_studio.workspace


@pytest.fixture
def title(request: pytest.FixtureRequest, here: Workspace) -> Iterator[str]:
    name = request.node.name[-50:]
    with connect(here) as studio:
        import_entries(studio, predicted(Span(0, 3, "TARGET", 0.5)), name, SCHEMA)
        yield name
        studio.delete_project(studio.project(name))


def results(studio: RememberingStudio, title: str) -> list[Result]:
    project = studio.project(title)
    return [each for task in read_results(studio, project, studio.task_ids(project)) for each in task.all]


def test_replaced_predictions_and_decisions_come_back(here: Workspace, title: str) -> None:
    with connect_remembering(here, "push") as studio:
        number = studio.annotate(studio.task_ids(studio.project(title))[0], [])
        before = [(each.number, each.result) for each in results(studio, title)]
        push(studio, predicted(Span(9, 15, "ATTACK", 0.9)), title, SCHEMA)
        studio.replace_annotation(number, regions(DOCUMENTS[0], Annotation((Span(0, 3, "TARGET"),)), origin="manual"))
        assert [(each.number, each.result) for each in results(studio, title)] != before
        kept = kept_deeds(here.undo)[-1]
        assert (kept.number, dict(kinds_of(kept))) == (studio.deed.number, {"predictions": 2, "annotations": 1})
        done = undo_deed(kept, studio)
        assert (done.back, done.left) == (3, 0)
        assert [(each.number, each.result) for each in results(studio, title)] == before
        assert undo_deed(kept, studio).already == 3


def test_what_somebody_changed_since_stays(here: Workspace, title: str) -> None:
    with connect_remembering(here, "push") as studio:
        push(studio, predicted(Span(9, 15, "ATTACK", 0.9)), title, SCHEMA)
        kept = kept_deeds(here.undo)[-1]
        first, second = results(studio, title)
        with connect(here) as other:
            other.replace_prediction(first.number, {"result": [], "score": 0.1})
            other.ask("delete", lambda: other.sdk.predictions.delete(second.number))
        done = undo_deed(kept, studio)
        assert (done.back, done.left) == (0, 2)
        assert [(each.number, each.result) for each in results(studio, title)] == [(first.number, [])]


def test_a_replaced_page_comes_back(here: Workspace, title: str) -> None:
    with connect_remembering(here, "import --fix-config") as studio:
        before = studio.project(title).config
        import_entries(studio, [], title, WIDER, fix_config=True)
        assert "WEAPON" in studio.project(title).config
        assert undo_deed(kept_deeds(here.undo)[-1], studio).back == 1
        assert studio.project(title).config == before


def test_a_push_that_replaces_nothing_leaves_no_trace(here: Workspace, title: str) -> None:
    with connect_remembering(here, "push") as studio:
        push(studio, predicted(Span(0, 3, "TARGET", 0.5)), title, SCHEMA)
        assert studio.deed.number is None


def test_a_pull_keeps_what_it_writes_and_what_it_overwrites(here: Workspace, title: str, tmp_path: Path) -> None:
    snapshots, gold = Snapshots(tmp_path / "snapshots"), tmp_path / "gold.jsonl"
    with connect(here) as studio:
        number = studio.annotate(studio.task_ids(studio.project(title))[0], [])
        first = pull(studio, title, gold, snapshots=snapshots)
        # Nothing new: no new snapshot.
        assert pull(studio, title, gold, snapshots=snapshots).snapshots == first.snapshots
        before = gold.read_bytes()
        write_corpus(gold, [Entry(DOCUMENTS[1], Annotation((Span(0, 3, "TARGET"),), author="me"))])
        mine = gold.read_bytes()
        studio.replace_annotation(number, regions(DOCUMENTS[0], Annotation((Span(0, 3, "TARGET"),)), origin="manual"))
        pull(studio, title, gold, snapshots=snapshots)
        each = pull(studio, title, gold, each=True, snapshots=snapshots)
    kept = snapshots.of("gold")
    assert [version.why for version in kept] == ["pull", "before pull", "pull"]
    assert [snapshots.path(version).read_bytes() for version in kept] == [before, mine, gold.read_bytes()]
    assert list(each.snapshots.values()) == [snapshots.of("gold.workbench")[0].name]


def test_a_removed_prediction_is_made_again_once(here: Workspace, title: str) -> None:
    with connect_remembering(here, "label errors") as studio:
        first, second = results(studio, title)
        studio.remove_prediction(first.number)
        assert [each.number for each in results(studio, title)] == [second.number]
        kept = kept_deeds(here.undo)[-1]
        assert (undo_deed(kept, studio).back, undo_deed(kept, studio).already) == (1, 1)
        said = {each.task: each.result for each in results(studio, title)}
        assert said == {each.task: each.result for each in (first, second)}
