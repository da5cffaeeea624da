"""Adjudication, the blind share and what people did with suggestions, against a real Label Studio."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from studio_help import RunningStudio, tasks_by_id

from workbench.core.corpus import Annotation, Document, Entry, load_corpus, write_corpus
from workbench.core.errors import StudioError
from workbench.core.schema import Label, Schema
from workbench.core.span import Span
from workbench.studio.adjudicating import Adjudication, adjudicate, name_of, take_back
from workbench.studio.client import Studio
from workbench.studio.connect import annotator
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.pushing import push
from workbench.studio.submitting import submit
from workbench.studio.suggested import read_work
from workbench.studio.tasks import blind

pytestmark = pytest.mark.studio

SCHEMA = Schema("small", (Label("EVENT_ATTACK", "event"), Label("FIGURE_KILLED", "figure"), Label("TARGET", "party")))
TEXTS = (
    "😀 Six men killed\nin Quetta.",
    "Gunmen killed three people in Quetta.",
    "Two dead in Kabul.",
    "Talks were held.",
)
DOCUMENTS = [Document(f"b-{place}", text, fields={"n": place}) for place, text in enumerate(TEXTS)]
SIX, KILLED, THREE = Span(2, 5, "FIGURE_KILLED"), Span(10, 16, "EVENT_ATTACK"), Span(14, 19, "FIGURE_KILLED")
ME, ANNA = "workbench@localhost", "anna@localhost"


def entry(place: int, *spans: Span, **said: Any) -> Entry:
    return Entry(DOCUMENTS[place], Annotation(spans, **said))


@pytest.fixture
def anna(running_studio: RunningStudio) -> Iterator[Studio]:
    with annotator(running_studio.workspace, running_studio.server, "anna") as client:
        yield client


@pytest.fixture
def disputed(studio: Studio, anna: Studio, title: str) -> str:
    """Two annotators who differ on the first two bulletins, agree on the third; the fourth is one annotator's."""
    import_entries(studio, map(Entry, DOCUMENTS), title, SCHEMA, annotators=2)
    submit(studio, [entry(0, SIX, KILLED), entry(1), entry(2), entry(3)], title, SCHEMA)
    submit(anna, [entry(0, SIX), entry(1, THREE), entry(2)], title, SCHEMA)
    return title


def decide(studio: Studio, title: str, place: int, *spans: Span, origin: str = "manual") -> None:
    made = regions(DOCUMENTS[place], Annotation(spans), origin=origin)
    studio.annotate(tasks_by_id(studio, title)[f"b-{place}"], made)


def test_disputes_get_a_project_with_what_each_annotator_said(studio: Studio, anna: Studio, disputed: str) -> None:
    done = adjudicate(studio, disputed, SCHEMA)
    target = studio.project(f"{disputed}: adjudication")
    assert done == Adjudication(target.title, target.id, disputes=2, new=2, alike=1, decided=0, single=1)
    found = {
        data["id"]: {
            each["model_version"]: [
                (r["value"]["start"], r["value"]["end"], *r["value"]["labels"]) for r in each["result"]
            ]
            for each in predictions
        }
        for _, data, predictions in studio.task_predictions(target)
    }
    assert found == {
        "b-0": {ME: [(2, 5, "FIGURE_KILLED"), (10, 16, "EVENT_ATTACK")], ANNA: [(2, 5, "FIGURE_KILLED")]},
        "b-1": {ME: [], ANNA: [(14, 19, "FIGURE_KILLED")]},
    }
    # The page that opens a task offers all of them, not one annotator's alone.
    shown = studio.sdk.tasks.get(str(tasks_by_id(studio, target.title)["b-0"]))
    assert {each["model_version"] for each in shown.model_dump()["predictions"]} == {ME, ANNA}


def test_running_it_again_adds_only_what_is_new(studio: Studio, anna: Studio, disputed: str) -> None:
    adjudicate(studio, disputed, SCHEMA)
    again = adjudicate(studio, disputed, SCHEMA)
    assert (again.disputes, again.new) == (2, 0)
    submit(anna, [entry(3, Span(0, 5, "TARGET"))], disputed, SCHEMA)
    more = adjudicate(studio, disputed, SCHEMA)
    assert (more.disputes, more.new, more.single) == (3, 1, 0)
    target = studio.project(name_of(disputed))
    assert [len(predictions) for _, _, predictions in studio.task_predictions(target)] == [2, 2, 2]
    assert not target.model_version


def test_decisions_come_back_as_ground_truth_and_everyone_s_own_work_stays(
    studio: Studio, anna: Studio, disputed: str, tmp_path: Path
) -> None:
    adjudicate(studio, disputed, SCHEMA)
    other = replace(KILLED, label="TARGET")
    decide(anna, name_of(disputed), 0, SIX, other, origin="prediction")
    path = tmp_path / "decided.jsonl"
    done = take_back(studio, disputed, SCHEMA, path=path)
    assert (done.new, done.changed, done.same, done.open, done.rows) == (1, 0, 0, 1, 1)

    [row] = load_corpus(path)
    assert row.document == DOCUMENTS[0]
    assert row.annotation == Annotation((SIX, other), author=ANNA)  # not assisted: no model had a part in it
    assert row.document.fields["annotators"] == {
        ANNA: [[2, 5, "FIGURE_KILLED"]],
        ME: [[2, 5, "FIGURE_KILLED"], [10, 16, "EVENT_ATTACK"]],
    }
    pull(studio, disputed, tmp_path / "gold.jsonl", schema=SCHEMA)
    gold = {found.document.id: found for found in load_corpus(tmp_path / "gold.jsonl")}
    assert gold["b-0"].annotation == row.annotation
    pull(studio, disputed, tmp_path / "each.jsonl", each=True)
    mine, annas = (load_corpus(tmp_path / f"each.{name}.jsonl")[0] for name in ("workbench", "anna"))
    assert (mine.spans, annas.spans) == ((SIX, KILLED), (SIX,))

    again = take_back(studio, disputed, SCHEMA)
    assert (again.new, again.changed, again.same) == (0, 0, 1)
    assert (adjudicate(studio, disputed, SCHEMA).decided, adjudicate(studio, disputed, SCHEMA).disputes) == (1, 1)


def test_a_decision_that_was_changed_since_is_changed_there_too(studio: Studio, disputed: str, tmp_path: Path) -> None:
    adjudicate(studio, disputed, SCHEMA)
    decide(studio, name_of(disputed), 1, THREE)
    take_back(studio, disputed, SCHEMA)
    decide(studio, name_of(disputed), 1)  # the same person, later: none after all
    done = take_back(studio, disputed, SCHEMA)
    assert (done.new, done.changed, done.same) == (0, 1, 0)
    pull(studio, disputed, tmp_path / "gold.jsonl")
    assert {e.document.id: len(e.spans) for e in load_corpus(tmp_path / "gold.jsonl")}["b-1"] == 0
    project = studio.project(disputed)
    works = next(t["annotations"] for t in studio.export(project, studio.task_ids(project)) if t["data"]["id"] == "b-1")
    assert sorted(work["ground_truth"] for work in works) == [False, False, True]


def test_a_decision_about_assisted_work_is_assisted(studio: Studio, anna: Studio, title: str, tmp_path: Path) -> None:
    suggested = entry(0, replace(SIX, score=0.9), origin="model", model_version="m1")
    import_entries(studio, [suggested], title, SCHEMA, annotators=2)
    task = tasks_by_id(studio, title)["b-0"]
    studio.annotate(task, regions(DOCUMENTS[0], Annotation((SIX,)), origin="prediction"))
    submit(anna, [entry(0)], title, SCHEMA)
    adjudicate(studio, title, SCHEMA)
    decide(studio, name_of(title), 0, SIX, origin="prediction")
    take_back(studio, title, SCHEMA, path=tmp_path / "decided.jsonl")
    [row] = load_corpus(tmp_path / "decided.jsonl")
    assert row.annotation is not None
    assert (row.annotation.assisted, row.annotation.model_version) == (True, "m1")
    pull(studio, title, tmp_path / "gold.jsonl")
    [gold] = load_corpus(tmp_path / "gold.jsonl")
    assert gold.annotation is not None
    assert gold.annotation.assisted


def test_without_disputes_no_project_is_made(studio: Studio, title: str) -> None:
    import_entries(studio, map(Entry, DOCUMENTS[:1]), title, SCHEMA)
    submit(studio, [entry(0, SIX)], title, SCHEMA)
    done = adjudicate(studio, title, SCHEMA)
    assert (done.project, done.disputes, done.single) == (None, 0, 1)
    with pytest.raises(StudioError, match=r"has no project .*: adjudication"):
        take_back(studio, title, SCHEMA)


def test_a_title_that_grows_too_long_is_said() -> None:
    with pytest.raises(StudioError, match="or name the adjudication with --into"):
        name_of("x" * 37)


def begin(studio: Studio, task: int, entry: Entry, *, seconds: float, origin: str = "prediction") -> None:
    """An annotation as the page submits one that was begun from the task's prediction."""
    parent = {}
    if origin == "prediction":
        shown = studio.sdk.tasks.get(str(task)).model_dump()["predictions"]
        parent = {"parent_prediction": shown[0]["id"]}
    annotation = entry.annotation or Annotation()
    made = regions(entry.document, annotation, origin=origin)
    studio.sdk.annotations.create(task, result=made, lead_time=seconds, **parent)


def test_what_people_did_with_suggestions_is_counted(
    running_studio: RunningStudio, studio: Studio, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Span(6, 9, "EVENT_ATTACK", 0.4)
    model = {"origin": "model", "model_version": "m1"}
    first = entry(0, replace(SIX, score=0.95), replace(KILLED, end=15, score=0.6), wrong, **model)
    import_entries(studio, [first, entry(1, replace(THREE, score=0.8), **model), Entry(DOCUMENTS[2])], title, SCHEMA)
    tasks = tasks_by_id(studio, title)
    begin(studio, tasks["b-0"], entry(0, SIX, KILLED, Span(20, 26, "TARGET")), seconds=10)
    begin(studio, tasks["b-1"], entry(1), seconds=20)
    begin(studio, tasks["b-2"], entry(2, Span(0, 3, "FIGURE_KILLED")), seconds=60, origin="manual")

    monkeypatch.setenv("WORKBENCH_HOME", str(running_studio.workspace.root))
    found = json.loads(run("influence", "--project", title, "--json"))
    assert found["overall"] == {
        "suggested": 4, "kept": 1, "changed": 1, "removed": 2, "added": 1, "share_kept": 0.25
    }  # fmt: skip
    by_label = {name: (x["kept"], x["changed"], x["removed"], x["added"]) for name, x in found["labels"].items()}
    assert by_label == {"EVENT_ATTACK": (0, 1, 1, 0), "FIGURE_KILLED": (1, 0, 1, 0), "TARGET": (0, 0, 0, 1)}
    assert list(found["model_versions"]) == ["m1"]
    assert {name: (x["suggested"], x["kept"]) for name, x in found["confidence"].items()} == {
        "0.0 to 0.5": (1, 0), "0.5 to 0.7": (1, 0), "0.7 to 0.9": (1, 0), "0.9 to 1.0": (1, 1)
    }  # fmt: skip
    groups = {name: (x["annotations"], x["median_seconds"]) for name, x in found["groups"].items()}
    assert groups == {"assisted": (2, 15.0), "unassisted": (1, 60.0), "blind": (0, None)}
    assert "from suggestions" in run("influence", "--project", title)

    # What started from suggestions is marked by the pull, and no test gold unless asked for.
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    pull(studio, title, gold)
    assert [e.annotation and e.annotation.assisted for e in load_corpus(gold)] == [True, True, False]
    write_corpus(predicted, [entry(place, **model) for place in range(3)])
    schema = tmp_path / "schema.toml"
    schema.write_text("".join(f'[[labels]]\nname = "{label.name}"\n' for label in SCHEMA.labels))
    arguments = ("score", str(gold), str(predicted), "--schema", str(schema), "--json")
    scored = json.loads(run(*arguments))
    assert (scored["documents"], scored["left_out"]["assisted"], scored["spans"]["gold"]) == (1, 2, 1)
    assert json.loads(run(*arguments, "--include-assisted"))["documents"] == 3


def test_the_blind_share_gets_no_suggestions_ever(studio: Studio, title: str, tmp_path: Path) -> None:
    many = [Document(f"n-{number}", f"Report {number}: two dead.") for number in range(40)]
    chosen = {document.id for document in many if blind(document, 0.3)}
    assert 4 < len(chosen) < 20
    corpus = [Entry(document, Annotation((), origin="model", model_version="m1")) for document in many]
    done = import_entries(studio, corpus[:20], title, SCHEMA, blind=0.3)
    asked: list[str] = []

    def predict(bare: Any) -> list[Annotation]:
        asked.extend(document.id for document in bare)
        return [Annotation((), origin="model", model_version="m1") for _ in bare]

    later = import_entries(studio, [Entry(d) for d in many[20:]], title, SCHEMA, predict=predict, blind=0.3)
    assert done.blind + later.blind == len(chosen)
    assert not chosen & set(asked)
    pushed = push(
        studio,
        [replace(e, annotation=Annotation((), origin="model", model_version="m2")) for e in corpus],
        title,
        SCHEMA,
    )
    assert (pushed.added, pushed.blind) == (40 - len(chosen), len(chosen))
    project = studio.project(title)
    without = {data["id"] for _, data, predictions in studio.task_predictions(project) if not predictions}
    assert without == chosen

    number = tasks_by_id(studio, title)[min(chosen)]
    studio.annotate(number, [], seconds=30)
    [work] = read_work(studio, title).work
    assert (work.blind, work.seconds, work.suggested) == (True, 30.0, None)
    pull(studio, title, tmp_path / "gold.jsonl")
    [row] = load_corpus(tmp_path / "gold.jsonl")
    assert row.document.fields["blind"] is True


def test_the_command_adjudicates_and_takes_back(
    running_studio: RunningStudio, studio: Studio, disputed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(running_studio.workspace.root))
    schema = tmp_path / "schema.toml"
    schema.write_text("".join(f'[[labels]]\nname = "{label.name}"\n' for label in SCHEMA.labels))
    common = ("adjudicate", "--project", disputed, "--schema", str(schema))
    assert "differ on 2 tasks (2 new in" in run(*common)
    decide(studio, name_of(disputed), 0, SIX)
    out = str(tmp_path / "decided.jsonl")
    found = json.loads(run(*common, "--take-back", "-o", out, "--json"))
    assert (found["new"], found["open"], found["rows"]) == (1, 1, 1)
    assert len(load_corpus(out)) == 1


def run(*arguments: str) -> str:
    from workbench.cli.app import workbench

    result = CliRunner().invoke(workbench, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout
