"""Labels changed in a real Label Studio project together with files: a stop in the middle, people at work, the undo."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from studio_help import RunningStudio

from workbench.core.corpus import Annotation, Document, Entry, load_corpus
from workbench.core.errors import StudioError
from workbench.core.relabelling import Part, Relabelling, relabelling
from workbench.core.schema import Label, RelationType, Schema
from workbench.core.span import Relation, Span
from workbench.core.workspace import Workspace
from workbench.keep import project as keep_project
from workbench.keep.journal import BEGUN, journals
from workbench.keep.migrate import last, migrate, preview, undo, wanted
from workbench.studio.client import Studio
from workbench.studio.connect import annotator, connect
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.relabelling import label_names
from workbench.studio.stored import add_draft, put_back, read_results

pytestmark = pytest.mark.studio

SCHEMA = Schema(
    "small",
    (Label("ATTACK", "event"), Label("CLASH", "event"), Label("NUMBER", "figure"), Label("TARGET", "party")),
    (RelationType("figure_of"),),
)
TOML = 'name = "small"\n' + "".join(
    f'\n[[labels]]\nname = "{label.name}"\ngroup = "{label.group}"\ncolor = "{label.color}"\n'
    for label in SCHEMA.labels
)
TEXTS = ("😀 Six men were killed for 40 rupees\nin Quetta.", "Gunmen and police fought.", "Talks were held.")
FIRST = Annotation(
    (Span(2, 5, "NUMBER"), Span(15, 21, "ATTACK"), Span(26, 35, "NUMBER")), (Relation(0, 1, "figure_of"),)
)
CHANGE = relabelling(
    merges={"ARMED": ["ATTACK", "CLASH"]},
    renames={"TARGET": "VICTIM"},
    splits={"NUMBER": [Part("MONEY", "rupees"), Part("COUNT")]},
)


def documents() -> list[Document]:
    return [Document(f"b-{i}", text) for i, text in enumerate(TEXTS)]


@pytest.fixture
def studio(running_studio: RunningStudio) -> Iterator[Studio]:
    with connect(running_studio.workspace) as client:
        yield client


@pytest.fixture
def anna(running_studio: RunningStudio) -> Iterator[Studio]:
    with annotator(running_studio.workspace, running_studio.server, "anna") as client:
        yield client


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "schema.toml").write_text(TOML, encoding="utf-8")
    return Workspace(tmp_path)


@pytest.fixture
def title(request: pytest.FixtureRequest, studio: Studio, anna: Studio, here: Workspace) -> Iterator[str]:
    """A project in which two people, a model and a draft have spoken, pulled into the workspace."""
    name = request.node.name[-50:]
    said = [
        Entry(documents()[0], Annotation(FIRST.spans, origin="model", model_version="m1")),
        *map(Entry, documents()[1:]),
    ]
    import_entries(studio, said, name, SCHEMA, annotators=2)
    project = studio.project(name)
    first, second, _ = studio.task_ids(project)
    anna.annotate(first, regions(documents()[0], FIRST, origin="manual"), seconds=4.0)
    # The later one of two has no label that changes: it must stay the later one.
    studio.annotate(first, [], seconds=8.0)
    anna.annotate(second, regions(documents()[1], Annotation((Span(0, 6, "TARGET"), Span(18, 24, "CLASH")))))
    add_draft(anna, second, regions(documents()[1], Annotation((Span(18, 24, "CLASH"),))), of=None, seconds=1.0)
    pull(studio, name, here.annotations / "gold.jsonl", schema=SCHEMA)
    yield name
    studio.delete_project(studio.project(name))


def state(studio: Studio, title: str) -> tuple[Any, ...]:
    """All that people and models said, and what the page offers."""
    project = studio.project(title)
    tasks = read_results(studio, project, studio.task_ids(project))
    said = [[(r.kind, r.number, r.author, r.result) for r in task.all] for task in tasks]
    return said, project.config, project.model_version


def labels(studio: Studio, title: str) -> set[str]:
    project = studio.project(title)
    tasks = read_results(studio, project, studio.task_ids(project))
    return {
        name
        for task in tasks
        for result in task.all
        for item in result.result
        for name in item.get("value", {}).get("labels", ())
    }


def order(studio: Studio, title: str) -> list[list[str]]:
    """Who annotated each task, the one that changed it last at the end."""
    project = studio.project(title)
    return [
        [work.author for work in task.annotations] for task in read_results(studio, project, studio.task_ids(project))
    ]


def asked(here: Workspace, title: str, change: Relabelling = CHANGE) -> Any:
    return wanted(here, change, project=title)


def test_project_and_files_change_together_and_go_back_exactly(
    studio: Studio, title: str, here: Workspace, tmp_path: Path
) -> None:
    gold, schema = here.annotations / "gold.jsonl", here.annotations / "schema.toml"
    before, files = state(studio, title), (gold.read_bytes(), schema.read_bytes())
    seen = preview(asked(here, title), studio)
    assert seen.project is not None
    assert dict(seen.project.results) == {"annotation": 2, "prediction": 1, "draft": 1}
    assert seen.project.regions["NUMBER", "COUNT"] == 2
    assert state(studio, title) == before

    done = migrate(here, asked(here, title), studio)
    assert done.results == 4
    assert labels(studio, title) == {"ARMED", "VICTIM", "MONEY", "COUNT"}
    project = studio.project(title)
    assert label_names(project.config, where="x") == ["ARMED", "MONEY", "COUNT", "VICTIM"]
    # What a pull gives is what the file was changed to.
    pull(studio, title, tmp_path / "again.jsonl", schema=here.schema())
    assert (tmp_path / "again.jsonl").read_bytes() == gold.read_bytes()
    first, second = load_corpus(gold)
    assert (first.spans, first.document.fields["lead_time"]) == ((), 8.0)
    assert [(span.start, span.label) for span in second.spans] == [(0, "VICTIM"), (18, "ARMED")]

    undo(here, last(here), studio)
    assert (gold.read_bytes(), schema.read_bytes()) == files
    assert state(studio, title) == before
    pull(studio, title, tmp_path / "back.jsonl", schema=SCHEMA)
    assert (tmp_path / "back.jsonl").read_bytes() == files[0]


class Killed(BaseException):
    """What a kill looks like from within."""


def test_a_run_killed_after_each_request_is_completed_by_the_same_command(
    studio: Studio, title: str, here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request a run, forwards and then back: every place at which a kill can come is met."""
    before = state(studio, title)

    def once(*given: Any) -> None:
        put_back(*given)
        raise Killed

    def killed_until_done(run: Callable[[], object]) -> int:
        for kills in range(20):
            try:
                run()
            except Killed:
                continue
            return kills
        return -1

    monkeypatch.setattr(keep_project, "put_back", once)
    # Four results change, and the later of two annotations is sent again to stay the later one.
    assert killed_until_done(lambda: migrate(here, asked(here, title), studio)) == 5
    assert labels(studio, title) == {"ARMED", "VICTIM", "MONEY", "COUNT"}
    assert order(studio, title) == [["anna@localhost", "workbench@localhost"], ["anna@localhost"], []]
    assert killed_until_done(lambda: undo(here, last(here), studio)) == 5
    assert state(studio, title) == before


def test_work_done_since_is_taken_along_by_the_undo(studio: Studio, anna: Studio, title: str, here: Workspace) -> None:
    migrate(here, asked(here, title), studio)
    project = studio.project(title)
    first, second, third = studio.task_ids(project)
    (task,) = read_results(studio, project, [second])
    (work,) = task.annotations
    made = regions(documents()[1], Annotation((Span(11, 17, "VICTIM"),)))
    anna.replace_annotation(work.number, [*work.result, *made])
    anna.annotate(third, regions(documents()[2], Annotation((Span(0, 5, "COUNT"),))))
    undo(here, last(here), studio)
    (_, again, new) = read_results(studio, studio.project(title), [first, second, third])
    said = [(item["value"]["start"], item["value"]["labels"]) for item in again.annotations[0].result]
    assert said == [(0, ["TARGET"]), (18, ["CLASH"]), (11, ["TARGET"])]
    assert new.annotations[0].result[0]["value"]["labels"] == ["NUMBER"]


def test_an_undo_that_would_have_to_guess_touches_nothing(
    studio: Studio, anna: Studio, title: str, here: Workspace
) -> None:
    migrate(here, asked(here, title), studio)
    third = studio.task_ids(studio.project(title))[2]
    anna.annotate(third, regions(documents()[2], Annotation((Span(0, 5, "ARMED"),))))
    before, gold = state(studio, title), (here.annotations / "gold.jsonl").read_bytes()
    with pytest.raises(StudioError, match=r"1 regions of .* cannot be known"):
        undo(here, last(here), studio)
    assert state(studio, title) == before
    assert (here.annotations / "gold.jsonl").read_bytes() == gold


def test_unsubmitted_changes_are_not_lost(studio: Studio, anna: Studio, title: str, here: Workspace) -> None:
    project = studio.project(title)
    first = studio.task_ids(project)[0]
    (task,) = read_results(studio, project, [first])
    work = next(result for result in task.annotations if result.author == "anna@localhost")
    add_draft(anna, first, [], of=work.number, seconds=1.0)
    before = state(studio, title)
    with pytest.raises(StudioError, match="anna@localhost have unsubmitted changes"):
        preview(asked(here, title), studio)
    assert journals(here) == []
    assert state(studio, title) == before


def test_a_server_that_goes_away_leaves_what_can_be_completed(
    studio: Studio, title: str, here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise StudioError("Label Studio does not answer")

    monkeypatch.setattr(keep_project, "put_back", gone)
    with pytest.raises(StudioError):
        migrate(here, asked(here, title), studio)
    monkeypatch.undo()
    assert [journal.state for journal in journals(here)] == [BEGUN]
    assert migrate(here, asked(here, title), studio).completed
    assert labels(studio, title) == {"ARMED", "VICTIM", "MONEY", "COUNT"}


def test_a_change_that_was_stopped_can_be_undone_instead(
    studio: Studio, title: str, here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, calls = state(studio, title), 0

    def stopped(*given: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Killed
        put_back(*given)

    monkeypatch.setattr(keep_project, "put_back", stopped)
    with pytest.raises(Killed):
        migrate(here, asked(here, title), studio)
    monkeypatch.undo()
    undo(here, last(here), studio)
    assert state(studio, title) == before
