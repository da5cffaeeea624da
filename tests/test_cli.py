"""The command line as a whole: what it loads, what it answers, how it fails."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import COMMANDS, SECTIONS, workbench
from workbench.cli.common import table

HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "pandas",
    "label_studio_sdk",
    "sklearn",
    "scipy",
    "onnxruntime",
    "pyarrow",
    "jinja2",
)


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "workbench", *arguments], capture_output=True, text=True, cwd=cwd)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_loads_nothing_heavy(command: tuple[str, ...]) -> None:
    script = (
        "import sys, workbench.cli.app as app\n"
        "try:\n    app.main([*sys.argv[1:], '--help'])\nexcept SystemExit as leave:\n"
        f"    print(sorted(set(sys.modules) & set({HEAVY!r})), leave.code, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True)
    assert done.stderr.strip() == "[] 0"
    assert "Usage: workbench" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_shows_an_example(name: str) -> None:
    text = CliRunner().invoke(workbench, [name, "--help"]).output
    assert f"workbench {name} " in text.split("Usage:", 1)[1].split("\n", 1)[1]


def test_the_help_of_all_fits_a_narrow_terminal_uncut_and_by_what_one_wants_to_do() -> None:
    text = CliRunner().invoke(workbench, ["--help"], terminal_width=80).output
    assert "..." not in text.split("Options:")[1]
    assert max(map(len, text.splitlines())) <= 80
    assert [line[:-1] for line in text.splitlines() if line in {f"{title}:" for title in SECTIONS}] == list(SECTIONS)
    assert [name for name in COMMANDS if f"\n  {name} " not in text] == []


def test_a_mistyped_command_gets_the_one_that_was_meant() -> None:
    done = run("trian")
    assert done.returncode == 2
    assert "No such command 'trian'. Did you mean 'train'?" in done.stderr


def test_who_left_out_what_the_file_of_a_workspace_would_say_is_told_so(tmp_path: Path) -> None:
    said = f"There is no workbench.toml in {tmp_path} or above it, whose defaults `workbench import` would take"
    assert said in run("import", cwd=tmp_path).stderr
    assert run("init", cwd=tmp_path).returncode == 0
    (tmp_path / "workbench.toml").write_text("", encoding="utf-8")
    assert "There is no workbench.toml" not in run("import", cwd=tmp_path).stderr


def test_a_table_on_a_narrow_terminal_cuts_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    header = ("annotator", "done", "skipped", "seconds a task", "labels an hour", "last")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "62")
    rows = [("workbench@localhost", 10, 0, 2, 84170, "2026-11-22 23:18")]
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in table(header, rows)]
    assert "…" not in "".join(lines)
    assert all(word in " ".join(lines).split() for word in ("skipped", "seconds", "labels", "2026-11-22", "23:18"))
    assert max(map(len, lines)) <= 62


def test_what_is_said_under_a_bar_stands_on_its_own_line() -> None:
    script = (
        "from workbench.cli.common import say, stepping\n"
        "import sys; sys.stderr.isatty = lambda: True\n"
        "with stepping('training') as step:\n"
        "    step(1, 3)\n    say('epoch 1: F1 [on dev] 0.920')\n"
    )
    environment = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert "epoch 1: F1 [on dev] 0.920" in [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", x) for x in done.stderr.split("\n")]


def test_wrong_usage_exits_2_and_names_the_mistake() -> None:
    done = run("train")
    assert done.returncode == 2
    assert "--train" in done.stderr


def test_a_users_mistake_is_one_sentence_without_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": "a", "text": "x"}\n{"id": "b", "text"\n', encoding="utf-8")
    done = run("score", str(broken), str(broken), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("workbench: ")
    assert "line 2" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_score_answers_machines_in_the_form_of_the_contract(tmp_path: Path) -> None:
    gold = {"id": "a", "text": "Six died in Kabul", "spans": [[0, 3, "FIGURE_KILLED"], [12, 17, "LOCATION"]]}
    found = {**gold, "spans": [[0, 3, "FIGURE_INJURED"], [12, 17, "LOCATION"]]}
    for name, row in (("gold", gold), ("found", found)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = run("score", "gold.jsonl", "found.jsonl", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    strict = {key: answer["strict"][key] for key in ("precision", "recall", "f1", "tp", "fp", "fn")}
    assert strict == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "tp": 1, "fp": 1, "fn": 1}
    assert answer["labels"]["LOCATION"]["f1"] == 1.0
    assert answer["boundary"]["f1"] == 1.0
    assert answer["documents"] == 1


def test_a_corpus_is_not_written_under_the_name_of_another_form(tmp_path: Path) -> None:
    done = run("prelabel", ".", "-o", "labelled.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "labelled bulletins are written as JSON Lines; name a file in .jsonl" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("table.csv", "event_id,date", "table.csv is no corpus; expected JSON Lines (.jsonl), one bulletin a row"),
        ("records.jsonl", '{"event_id": "e-1"}', "records.jsonl line 1: this is an event record; expected a bulletin"),
    ],
)
def test_files_that_are_no_corpus_are_told_apart(name: str, row: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(row + "\n", encoding="utf-8")
    done = run("score", name, name, cwd=tmp_path)
    assert done.returncode == 1
    assert f"workbench: {said}" in done.stderr
