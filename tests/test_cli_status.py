"""`workbench` alone: where one is, and the one thing to do next, without waiting for anybody."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from studio_help import RunningStudio

from workbench.cli.app import workbench
from workbench.cli.standing import HELD, RUNNING, STOPPED, Current, Pulled, Server, Standing, next_step, standing
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.span import Span
from workbench.core.workspace import Workspace, packaged
from workbench.studio.connect import Status, connect
from workbench.studio.glance import Seen, glance
from workbench.studio.importing import import_entries
from workbench.studio.submitting import submit


def test_the_password_is_shown_only_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = tmp_path / "accounts.json"
    accounts.write_text('[{"email": "w@localhost", "password": "s3cret", "token": "t"}]', encoding="utf-8")
    up = Status(True, True, "http://127.0.0.1:1", "w@localhost", "1.23", 2, 7, accounts, tmp_path / "log")
    monkeypatch.setattr("workbench.studio.connect.status", lambda _: up)
    plain = CliRunner().invoke(workbench, ["studio", "status"]).output
    assert "`workbench studio status --password` shows it" in plain
    assert "s3cret" not in plain
    assert "password  s3cret\n" in CliRunner().invoke(workbench, ["studio", "status", "--password"]).output
    asked = json.loads(CliRunner().invoke(workbench, ["studio", "status", "--password", "--json"]).stdout)
    assert asked["password"] == "s3cret"


def test_a_misspelled_table_is_a_problem_that_is_shown(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text("[pul]\noutput = 'a.jsonl'\n", encoding="utf-8")
    [problem] = standing(Workspace(tmp_path)).problems
    assert "has 'pul', which is unknown; did you mean 'pull'?" in problem


URL = "http://127.0.0.1:8080"


def at(
    folder: Path,
    *,
    server: Server,
    rows: int | None = None,
    made: float = 2.0,
    measured: str = "run 1",
    settled: tuple[str, ...] = (),
) -> Standing:
    (folder / ".workbench").mkdir(exist_ok=True)
    pulled = None if rows is None else Pulled(folder / "annotated.jsonl", rows, made)
    model = Current(folder / "models" / "m", "m-1", 0.8, measured, 1.0)
    return Standing(Workspace(folder), server, model=model, pulled=pulled, settled=frozenset(settled))


def up(*projects: Seen) -> Server:
    return Server(RUNNING, URL, True, projects)


def test_the_next_step_follows_a_bulletins_way(tmp_path: Path) -> None:
    here = Workspace(tmp_path)
    assert next_step(Standing(here, Server(STOPPED))).do == "workbench init"
    assert next_step(at(tmp_path, server=Server(STOPPED))).do == "workbench studio start"
    assert next_step(at(tmp_path, server=Server("silent", URL))).do == "workbench doctor"
    assert next_step(at(tmp_path, server=up())).do.startswith("workbench import bulletins --project 'NAME'")
    assert next_step(at(tmp_path, server=up(Seen(3, "May", 60, 0)))).do == f"{URL}/projects/3/data"
    pull = next_step(at(tmp_path, server=up(Seen(3, "May", 60, 30)), rows=10))
    assert (pull.do, pull.why) == (
        "workbench pull --project 'May' -o annotated.jsonl",
        "20 more bulletins are annotated than in the file",
    )
    assert next_step(at(tmp_path, server=up(Seen(3, "May", 60, 5)), rows=5)).do == f"{URL}/projects/3/data"
    trained = next_step(at(tmp_path, server=up(Seen(3, "May", 60, 30)), rows=30))
    assert trained.do == "workbench train --train annotated.jsonl -o models/mine"
    older = at(tmp_path, server=up(Seen(3, "May", 60, 30)), rows=30, made=0.5)
    assert next_step(older).do == "workbench prelabel FOLDER -o labelled.jsonl"


def test_commands_are_spelled_without_options_where_the_workspace_has_them(tmp_path: Path) -> None:
    server = up(Seen(3, "May", 60, 30))
    assert next_step(at(tmp_path, server=server, settled=("pull",))).do == "workbench pull"
    new = at(tmp_path, server=server, rows=30, made=0.5, measured=f"on 4 bulletins {HELD}", settled=("evaluate",))
    assert next_step(new).do == "workbench evaluate"


def test_the_newest_project_is_meant_where_none_is_named(tmp_path: Path) -> None:
    server = up(Seen(4, "June", 1, 0), Seen(3, "May", 2, 0))
    assert Standing(Workspace(tmp_path), server).project == Seen(4, "June", 1, 0)
    assert Standing(Workspace(tmp_path), server, "May").project == Seen(3, "May", 2, 0)
    assert Standing(Workspace(tmp_path), server, "July").project is None


def test_an_empty_folder_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bare, named = CliRunner().invoke(workbench, []), CliRunner().invoke(workbench, ["status"])
    assert bare.exit_code == 0
    assert bare.output == named.output
    assert "next          workbench init" in bare.output
    value = json.loads(CliRunner().invoke(workbench, ["--json"]).output)
    assert value["next"]["do"] == "workbench init"
    assert value["model"]["version"].startswith("starter-")
    assert 0.5 < value["model"]["f1"] < 1
    assert list(tmp_path.iterdir()) == [], "looking writes nothing"


def test_a_flag_before_the_command_is_wrong_usage() -> None:
    done = CliRunner().invoke(workbench, ["--json", "history"])
    assert done.exit_code == 2
    assert "workbench history --json" in done.output


def test_damaged_state_is_told_and_ends_no_look(tmp_path: Path) -> None:
    (tmp_path / ".workbench").mkdir()
    (tmp_path / ".workbench" / "history.sqlite3").write_bytes(b"no database" * 100)
    found = standing(Workspace(tmp_path))
    assert found.model is None
    assert len(found.problems) == 1
    assert "history" in found.problems[0]


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_never_answers_is_not_waited_for(
    deaf: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    began = time.monotonic()
    assert glance(deaf, "a.b.c", seconds=0.3) is None
    assert time.monotonic() - began < 2
    monkeypatch.setenv("LABEL_STUDIO_URL", deaf)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "a.b.c")
    found = standing(Workspace(tmp_path))
    assert (found.server.state, found.server.embedded) == ("silent", False)


def test_it_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = ("torch", "transformers", "label_studio_sdk", "httpx", "onnxruntime", "scipy", "pyarrow", "rich")
    script = (
        "import sys, workbench.cli.app as app\ntry:\n    app.main([])\nexcept SystemExit as leave:\n"
        f"    print(sorted(set(sys.modules) & set({heavy!r})), leave.code, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert done.stderr.strip() == "[] 0"


@pytest.mark.studio
def test_it_sees_the_projects_of_a_real_server(running_studio: RunningStudio) -> None:
    here = running_studio.workspace
    text = "Six died in Kabul"
    entries = [Entry(Document("a", text)), Entry(Document("b", text + " again"))]
    with connect(here) as studio:
        import_entries(studio, entries, "Seen at a glance", here.schema(packaged("annotations/schema.toml")))
        project = studio.project("Seen at a glance")
        labelled = Entry(entries[0].document, Annotation((Span(0, 3, "FIGURE_KILLED"),)))
        submit(studio, [labelled], project.title, here.schema(packaged("annotations/schema.toml")))
        server = standing(here).server
        assert (server.state, server.url) == (RUNNING, running_studio.server.url)
        assert server.projects[0] == Seen(project.id, "Seen at a glance", 2, 1)
        assert glance(server.url or "", "wrong", seconds=5) is None
        studio.delete_project(project)
