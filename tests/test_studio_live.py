"""Import, labels, push and pull against a real Label Studio, started by the fixture of conftest.py."""

import json
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from studio_help import RunningStudio, call

from workbench.core.corpus import Annotation, Document, Entry, load_corpus, write_corpus
from workbench.core.errors import InputError, SchemaError, StudioError
from workbench.core.schema import Choice, Label, RelationType, Schema
from workbench.core.span import Relation, Span
from workbench.studio.client import Studio
from workbench.studio.connect import annotator, status
from workbench.studio.doctor import examine
from workbench.studio.export import Tally, entries_from_export
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.project import Project
from workbench.studio.pulling import pull
from workbench.studio.pushing import push
from workbench.studio.server import Home, find, start
from workbench.studio.submitting import submit

pytestmark = pytest.mark.studio

SCHEMA = Schema(
    "small",
    (Label("EVENT_ATTACK", "event"), Label("FIGURE_KILLED", "figure"), Label("TARGET", "party")),
    (RelationType("figure_of"),),
)
TEXTS = (
    "😀👩\u200d🚒 Six\u00a0men  killed\nin Quetta, e\u0301tat & <b>bold</b> \\n end.",
    "Gunmen killed three people in Quetta.",
    "  Leading spaces, a tab\tand 漢字 — two dead.",
    "Talks were held.",
)
SIX = Annotation((Span(5, 8, "FIGURE_KILLED"), Span(14, 20, "EVENT_ATTACK")), (Relation(0, 1, "figure_of"),))


def documents() -> list[Document]:
    fields = {"district": "Quetta", "n": 3}
    return [Document(f"b-{i}", text, published="2024-05-08", fields=fields) for i, text in enumerate(TEXTS)]


def by_model(entry: Entry, version: str = "m1", score: float = 0.75) -> Entry:
    assert entry.annotation is not None
    spans = tuple(replace(span, score=score) for span in entry.annotation.spans)
    return Entry(
        entry.document, replace(entry.annotation, spans=spans, origin="model", model_version=version, author=None)
    )


def labelled(studio: Studio, title: str) -> Project:
    """A project with all documents, the first two of them annotated, the second with nothing."""
    import_entries(studio, map(Entry, documents()), title, SCHEMA, annotators=2)
    project = studio.project(title)
    tasks = dict(enumerate(number for number, _ in studio.task_data(project)))
    studio.annotate(tasks[0], regions(documents()[0], SIX, origin="manual"), seconds=8.0)
    studio.annotate(tasks[1], [])
    return project


def test_a_request_refused_for_its_access_token_is_sent_once_more(studio: Studio, title: str) -> None:
    import_entries(studio, map(Entry, documents()), title, SCHEMA, annotators=2)
    # The claims that the SDK takes for good, under a signature that the server does not.
    tokens = studio.sdk._client_wrapper._tokens_client
    tokens._access_token = wrong = tokens.api_key.rpartition(".")[0] + "." + "A" * 43
    assert tokens.api_key == wrong
    project = studio.project(title)
    assert sorted(data["text"] for _, data in studio.task_data(project)) == sorted(TEXTS)
    assert studio.sdk._client_wrapper._tokens_client.api_key != wrong


def test_a_start_finds_the_server_that_runs(running_studio: RunningStudio) -> None:
    again = start(running_studio.workspace)
    assert again == running_studio.server == find(running_studio.workspace)
    home = Home.of(running_studio.workspace)
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.accounts.stat().st_mode) == 0o600
    found = status(running_studio.workspace)
    assert (found.running, found.embedded, found.user, found.url) == (True, True, "workbench@localhost", again.url)


def test_the_server_is_closed_to_strangers(running_studio: RunningStudio) -> None:
    import httpx

    url = status(running_studio.workspace).url
    assert url is not None
    with httpx.Client(base_url=url, trust_env=False) as stranger:
        stranger.get("/user/signup/")
        token = stranger.cookies["csrftoken"]
        form = {"email": "eve@x.org", "password": "eve-eve-eve", "csrfmiddlewaretoken": token}
        assert stranger.post("/user/signup/", data=form, headers={"Referer": url}).status_code == 403
        assert stranger.get("/api/projects/").status_code == 401


def test_bulletins_come_back_as_they_went_in(studio: Studio, title: str, tmp_path: Path) -> None:
    labelled(studio, title)
    done = pull(studio, title, tmp_path / "gold.jsonl", schema=SCHEMA)
    first, second = load_corpus(tmp_path / "gold.jsonl")
    assert first.document == documents()[0]
    assert first.document.fields == {"district": "Quetta", "n": 3, "lead_time": 8.0}
    assert first.annotation == replace(SIX, author="workbench@localhost")
    assert [first.surface(span) for span in first.spans] == ["Six", "killed"]
    assert (second.document.id, second.spans) == ("b-1", ())
    assert (done.counts["rows"], done.counts["empty"], done.counts["unannotated"]) == (2, 1, 2)


def test_each_content_is_imported_once(studio: Studio, title: str) -> None:
    entries = [Entry(document) for document in documents()]
    first = import_entries(studio, entries[:3], title, SCHEMA)
    assert (first.created, first.tasks, first.known) == (True, 3, 0)
    other_id = Entry(replace(documents()[0], id="another"))
    again = import_entries(studio, [*entries, other_id, Entry(Document("blank", " \n"))], title, SCHEMA)
    assert (again.created, again.tasks, again.known, again.left) == (False, 1, 4, 1)
    assert studio.project(title).tasks == 4


def test_an_import_that_was_cut_off_goes_on_without_duplicates(
    studio: Studio, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.studio.importing.BATCH_TASKS", 2)

    def cut() -> Iterator[Entry]:
        yield from map(Entry, documents()[:3])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_entries(studio, cut(), title, SCHEMA)
    assert studio.project(title).tasks == 2
    done = import_entries(studio, map(Entry, documents()), title, SCHEMA)
    assert (done.tasks, done.known) == (2, 2)


def test_predictions_go_along_and_people_s_labels_only_on_demand(studio: Studio, title: str) -> None:
    human = Entry(documents()[0], SIX)
    model = by_model(Entry(documents()[1], Annotation((Span(7, 13, "EVENT_ATTACK"),))), score=0.5)
    seen: list[str] = []

    def predict(bare: Sequence[Document]) -> list[Annotation]:
        seen.extend(document.id for document in bare)
        return [Annotation((), origin="model", model_version="m1") for _ in bare]

    done = import_entries(studio, [human, model, Entry(documents()[2])], title, SCHEMA, predict=predict)
    assert (done.predictions, done.annotations, done.unsent, seen) == (2, 0, 1, ["b-2"])
    stored = [predictions for _, _, predictions in studio.task_predictions(studio.project(title))]
    assert [[each["score"] for each in predictions] for predictions in stored] == [[], [0.5], [0.5]]
    assert studio.project(title).model_version == "m1"
    newer = by_model(Entry(documents()[3], Annotation()), "m2")
    import_entries(studio, [newer], title, SCHEMA)
    assert studio.project(title).model_version == "m2"


def test_people_s_labels_can_go_along(studio: Studio, title: str, tmp_path: Path) -> None:
    done = import_entries(studio, [Entry(documents()[0], SIX)], title, SCHEMA, with_annotations=True)
    assert done.annotations == 1
    pull(studio, title, tmp_path / "gold.jsonl")
    [entry] = load_corpus(tmp_path / "gold.jsonl")
    assert entry.annotation is not None
    assert (entry.annotation.spans, entry.annotation.relations) == (SIX.spans, SIX.relations)


def test_every_relation_and_choice_of_a_schema_comes_back(
    running_studio: RunningStudio, studio: Studio, title: str, tmp_path: Path
) -> None:
    plain = running_studio.workspace.schema()
    asked = Choice("stance", ("figure", "SOURCE"), ("claims", "denies", "doubts"), several=True)
    schema = Schema("more", plain.labels, plain.relations, choices=(asked,))
    text = "😀 Gunmen killed six in Quetta on Friday, police said; the killing of six was denied."
    words = {
        "Gunmen": "ACTOR", "killed": "EVENT_ATTACK", "six": "FIGURE_KILLED", "Quetta": "LOCATION", "Friday": "DATE",
        "police": "SOURCE", "killing": "EVENT_ATTACK",
    }  # fmt: skip
    chosen = {"six": (("stance", "claims"), ("stance", "doubts")), "police": (("stance", "denies"),)}
    spans = tuple(Span(text.index(w), text.index(w) + len(w), words[w], None, chosen.get(w, ())) for w in words)
    kinds = ((0, 1, "takes_part"), (2, 1, "figure_of"), (3, 1, "happened_at"), (4, 1, "happened_at"))
    links = tuple(Relation(*each) for each in (*kinds, (2, 5, "claimed_by"), (6, 1, "same_event")))
    assert {link.type for link in links} == {relation.name for relation in schema.relations}
    entry = Entry(Document("b", text), Annotation(spans, tuple(sorted(links))))
    import_entries(studio, [entry], title, schema, with_annotations=True)
    pull(studio, title, tmp_path / "gold.jsonl", schema=schema)
    [back] = load_corpus(tmp_path / "gold.jsonl")
    assert back.annotation is not None
    assert (back.spans, back.annotation.relations) == (entry.spans, tuple(sorted(links)))
    assert [span.choices for span in back.spans] == [span.choices for span in spans]
    # The pulled file goes in again as it is, and an answer that the schema does not ask for does not.
    again = import_entries(studio, [back], f"{title} 2", schema, with_annotations=True)
    assert again.annotations == 1
    studio.delete_project(studio.project_by_id(again.project))
    with pytest.raises(SchemaError, match=r"has stance = 'claims' .* which the schema bulletins does not ask for"):
        import_entries(studio, [replace(back, document=Document("c", text + "!"))], title, plain)
    predicted = Entry(entry.document, replace(entry.annotation, origin="llm", model_version="llm-1"))
    assert push(studio, [predicted], title, schema).added == 1
    assert push(studio, [predicted], title, schema).same == 1


def test_a_push_can_be_run_again(studio: Studio, title: str) -> None:
    import_entries(studio, map(Entry, documents()[:2]), title, SCHEMA)
    corpus = [
        by_model(Entry(documents()[0], SIX)),
        by_model(Entry(documents()[1], Annotation())),
        by_model(Entry(documents()[2], Annotation())),
        Entry(documents()[3]),
    ]
    first = push(studio, corpus, title, SCHEMA)
    assert (first.added, first.replaced, first.same, first.missing, first.unlabelled) == (2, 0, 0, ("b-2",), 1)
    assert studio.project(title).model_version == "m1"
    second = push(studio, corpus, title, SCHEMA)
    assert (second.added, second.replaced, second.same) == (0, 0, 2)
    changed = [by_model(Entry(documents()[0], Annotation(SIX.spans[:1])), score=0.25)]
    third = push(studio, changed, title, SCHEMA)
    assert (third.added, third.replaced, third.same) == (0, 1, 0)
    newer = push(studio, [by_model(corpus[0], "m2")], title, SCHEMA)
    assert (newer.added, newer.versions, studio.project(title).model_version) == (1, ("m2",), "m2")
    stored = [predictions for _, _, predictions in studio.task_predictions(studio.project(title))]
    found = sorted((each["model_version"], len(each["result"]), round(each["score"], 4)) for each in stored[0])
    assert found == [("m1", 1, 0.25), ("m2", 3, 0.75)]


def test_a_push_reads_only_what_its_tasks_hold(studio: Studio, title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.studio.pushing.BATCH", 2)
    some = [Entry(Document(f"t-{n}", f"Six were killed in Quetta, report {n}.")) for n in range(6)]
    import_entries(studio, some, title, SCHEMA)
    numbers = [number for number, _ in studio.task_data(studio.project(title))]
    asked: list[int] = []
    read = studio.task_predictions

    def watched(project: Project, *, ids: Sequence[int] | None = None) -> Any:
        asked.extend(ids or ["all"])
        return read(project, ids=ids)

    monkeypatch.setattr(studio, "task_predictions", watched)
    corpus = [by_model(replace(entry, annotation=Annotation((Span(0, 3, "FIGURE_KILLED"),)))) for entry in some[1:4]]
    # The same content once more under another id, in another batch: it is not sent twice.
    again = replace(corpus[0], document=replace(corpus[0].document, id="other"))
    done = push(studio, [*corpus, again], title, SCHEMA)
    assert (done.added, done.replaced, done.same) == (3, 0, 1)
    assert asked == [numbers[1], numbers[2], numbers[1], numbers[3]]
    # The server counts what it got, of these tasks alone.
    counts = studio.sdk.tasks.list(project=studio.project(title).id, fields="all", include="id,total_predictions")
    assert [each.model_dump()["total_predictions"] for each in counts.items] == [0, 1, 1, 1, 0, 0]


def test_a_push_of_nothing_is_said(studio: Studio, title: str) -> None:
    import_entries(studio, map(Entry, documents()[:1]), title, SCHEMA)
    with pytest.raises(InputError, match="holds no labelled bulletin to push"):
        push(studio, [Entry(documents()[0])], title, SCHEMA)


def test_two_annotators_work_is_told_apart(
    running_studio: RunningStudio, studio: Studio, title: str, tmp_path: Path
) -> None:
    labelled(studio, title)
    server = find(running_studio.workspace)
    assert server is not None
    corpus = [Entry(documents()[0], Annotation(SIX.spans[1:])), Entry(documents()[2], Annotation())]
    with annotator(running_studio.workspace, server, "anna") as anna:
        assert anna.whoami() == "anna@localhost"
        missing = [*corpus, Entry(Document("elsewhere", "not there"), Annotation())]
        assert submit(anna, missing, title, SCHEMA).missing == ("elsewhere",)
        again = submit(anna, corpus, title, SCHEMA)
        assert (again.submitted, again.already) == (0, 2)
    done = pull(studio, title, tmp_path / "gold.jsonl", each=True)
    assert {Path(name).name: rows for name, rows in done.files.items()} == {
        "gold.workbench.jsonl": 2,
        "gold.anna.jsonl": 2,
    }
    [first, third] = load_corpus(tmp_path / "gold.anna.jsonl")
    assert (first.document.id, first.annotation) == (
        "b-0",
        replace(corpus[0].annotation or SIX, author="anna@localhost"),
    )
    assert third.document.id == "b-2"
    pull(studio, title, tmp_path / "one.jsonl", annotator="ANNA@localhost")
    assert [entry.document.id for entry in load_corpus(tmp_path / "one.jsonl")] == ["b-0", "b-2"]
    with pytest.raises(StudioError, match="no user 'zoe@localhost' is on"):
        pull(studio, title, tmp_path / "one.jsonl", annotator="zoe@localhost")


def test_what_does_not_match_stops_the_pull_and_spares_the_old_file(studio: Studio, title: str, tmp_path: Path) -> None:
    project = labelled(studio, title)
    tasks = [number for number, _ in studio.task_data(project)]
    wrong = regions(documents()[2], Annotation((Span(2, 9, "TARGET"),)), origin="manual")
    wrong[0]["value"]["text"] = "something else"
    studio.annotate(tasks[2], wrong)
    path = tmp_path / "gold.jsonl"
    path.write_text("as before", encoding="utf-8")
    with pytest.raises(StudioError, match=r"1 annotation cannot be taken[\s\S]*'something else'.*'Leading'"):
        pull(studio, title, path)
    assert path.read_text(encoding="utf-8") == "as before"
    done = pull(studio, title, path, leave_out=True)
    assert (done.counts["rows"], done.counts["left_out"], len(done.problems)) == (2, 1, 1)


def test_a_text_edited_after_the_import_stops_the_pull(studio: Studio, title: str, tmp_path: Path) -> None:
    project = labelled(studio, title)
    number, data = next(iter(studio.task_data(project)))
    studio.sdk.tasks.update(str(number), data=data | {"text": "X" + data["text"]})
    with pytest.raises(StudioError, match=r"\(b-0\).*the task's text was edited after its import"):
        pull(studio, title, tmp_path / "gold.jsonl")
    assert not (tmp_path / "gold.jsonl").exists()


def test_a_disk_that_is_full_spares_the_old_file(studio: Studio, title: str, tmp_path: Path) -> None:
    labelled(studio, title)
    path = tmp_path / "gold.jsonl"
    path.write_text("as before", encoding="utf-8")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))  # no file may grow beyond 100 bytes: a real failure
    try:
        for each in (False, True):
            with pytest.raises(InputError, match="could not be saved"):
                pull(studio, title, path, each=each)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text(encoding="utf-8") == "as before"
    assert [found.name for found in tmp_path.iterdir()] == ["gold.jsonl"]


def test_skipped_work_and_drafts_are_counted(studio: Studio, title: str, tmp_path: Path) -> None:
    project = labelled(studio, title)
    tasks = [number for number, _ in studio.task_data(project)]
    studio.sdk.annotations.create(tasks[2], result=[], was_cancelled=True)
    call(studio, "POST", f"tasks/{tasks[3]}/drafts", json={"result": []})
    done = pull(studio, title, tmp_path / "gold.jsonl")
    assert (done.counts["rows"], done.counts["skipped"], done.counts["drafts"]) == (2, 1, 1)
    everything = pull(studio, title, tmp_path / "all.jsonl", unannotated=True)
    assert everything.counts["rows"] == 4
    assert [entry.annotation is None for entry in load_corpus(tmp_path / "all.jsonl")] == [False, False, True, True]


def test_a_project_that_lost_a_label_is_refused_and_mended(studio: Studio, title: str) -> None:
    import_entries(studio, map(Entry, documents()[:1]), title, SCHEMA)
    more = Schema("more", (*SCHEMA.labels, Label("WEAPON", "means")), SCHEMA.relations)
    with pytest.raises(StudioError, match=r"does not fit the schema more: it lacks 1 label .*WEAPON.*--fix-config"):
        import_entries(studio, map(Entry, documents()), title, more)
    assert studio.project(title).tasks == 1
    import_entries(studio, map(Entry, documents()), title, more, fix_config=True)
    assert studio.project(title).tasks == 4


def test_a_label_that_the_schema_lacks_is_not_sent(studio: Studio, title: str) -> None:
    strange = by_model(Entry(documents()[0], Annotation((Span(5, 8, "NUMBER"),))))
    with pytest.raises(SchemaError, match="bulletin b-0 has the label 'NUMBER'"):
        import_entries(studio, [strange], title, SCHEMA)


def test_an_empty_project_is_said(studio: Studio, title: str, tmp_path: Path) -> None:
    import_entries(studio, map(Entry, documents()), title, SCHEMA)
    with pytest.raises(StudioError, match=r"has no annotation to pull \(4 tasks\)"):
        pull(studio, title, tmp_path / "gold.jsonl")


def test_the_export_of_the_server_is_read_as_a_file(studio: Studio, title: str) -> None:
    project = labelled(studio, title)
    tasks = studio.export(project, studio.task_ids(project))
    tally = Tally()
    found = list(entries_from_export(json.loads(json.dumps(list(tasks))), unannotated=True, tally=tally))
    assert [entry.document for entry in found] == documents()
    assert tally.counts["unannotated"] == 2


def test_the_doctor_finds_all_well_and_names_a_dead_backend(
    running_studio: RunningStudio, studio: Studio, title: str
) -> None:
    import_entries(studio, map(Entry, documents()[:1]), title, running_studio.workspace.schema())
    assert {finding.state for finding in examine(running_studio.workspace, project=title)} == {"ok"}
    missing = list(examine(running_studio.workspace, project="nowhere"))
    assert (missing[-1].what, missing[-1].state) == ("project", "error")
    other = Schema("other", SCHEMA.labels)
    studio.set_config(studio.project(title), other)
    found = [f for f in examine(running_studio.workspace, project=title) if f.what == "labelling page"]
    assert [finding.state for finding in found] == ["error", "warning"]
    assert "it lacks 19 labels of the schema: EVENT_EXPLOSION" in found[0].found


def test_the_commands_do_the_same(
    running_studio: RunningStudio, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(running_studio.workspace.root))
    gold = [Entry(document, Annotation(origin="model", model_version="m1")) for document in documents()]
    write_corpus(tmp_path / "in.jsonl", gold)
    pytest.importorskip("workbench.read.paths", reason="the room of readers is not built yet")
    out = str(tmp_path / "out.jsonl")
    assert "imported 4 bulletins" in run("import", str(tmp_path / "in.jsonl"), "--project", title)
    assert "0 predictions added, 0 replaced, 4 already there" in run(
        "push", str(tmp_path / "in.jsonl"), "--project", title
    )
    assert json.loads(run("pull", "--project", title, "-o", out, "--unannotated", "--json"))["rows"] == 4
    assert json.loads(run("studio", "status", "--json"))["running"] is True
    assert json.loads(run("doctor", "--project", title, "--json"))["healthy"] is True


def run(*arguments: str) -> str:
    from workbench.cli.app import workbench

    result = CliRunner().invoke(workbench, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_failure_is_one_sentence_and_status_1(running_studio: RunningStudio) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "workbench", "pull", "--project", "nowhere", "-o", "x.jsonl"],
        capture_output=True,
        text=True,
        check=False,
        cwd=running_studio.workspace.root,
    )
    assert asked.returncode == 1
    assert asked.stdout == ""
    assert asked.stderr.startswith("workbench: Label Studio at http://127.0.0.1:")
    assert "has no project 'nowhere'" in asked.stderr
    assert "Traceback" not in asked.stderr
