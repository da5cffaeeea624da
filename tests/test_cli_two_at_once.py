"""Two commands at the same work: the second says who is there and touches nothing."""

import json
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.cli.common import alone_at, alone_in
from workbench.core.deeds import Deed, kept_deeds
from workbench.core.errors import InputError
from workbench.core.locks import alone
from workbench.core.workspace import Workspace, packaged

ROW = {"id": "a", "text": "Six men were killed in Quetta.", "spans": [[0, 3, "FIGURE_KILLED"]]}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workbench.toml").touch()
    (tmp_path / "in.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    (tmp_path / "annotations").mkdir()
    for name in ("schema.toml", "rules.toml", "corpus.jsonl"):
        (tmp_path / "annotations" / name).write_bytes(packaged(f"annotations/{name}").read_bytes())
    return Workspace(tmp_path)


CASES = {
    "prelabel": ("prelabel in.jsonl --model starter -o out", lambda here: alone_at("out")),
    "rules alone": ("prelabel in.jsonl --policy alone -o out", lambda here: alone_at("out")),
    "assist": ("assist in.jsonl --url http://127.0.0.1:9/v1 --llm x -o out", lambda here: alone_at("out")),
    "train": ("train --train in.jsonl -o out", lambda here: alone_at("out")),
    "import": ("import in.jsonl --project May", lambda here: alone_in("May", here)),
    "push": ("push in.jsonl --project May", lambda here: alone_in("May", here)),
    "migrate": (
        "migrate --rename TARGET=VICTIM --no-project --yes",
        lambda here: alone(here.state / "migrations", what="changing labels here"),
    ),
    "undo of a change of labels": (
        "migrate --undo --yes",
        lambda here: alone(here.state / "migrations", what="changing labels here"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_second_is_told_in_a_sentence_and_changes_nothing(here: Workspace, case: str) -> None:
    line, first = CASES[case]
    held: AbstractContextManager[None] = first(here)
    with held:
        before = {path: path.read_bytes() for path in here.root.rglob("*") if path.is_file()}
        done = CliRunner().invoke(workbench, line.split())
        assert isinstance(done.exception, InputError), done.output
        assert str(done.exception).startswith("another workbench (process ")
        assert str(done.exception).endswith("; wait until it is done, or end it first")
        after = {path: path.read_bytes() for path in here.root.rglob("*") if path.is_file()}
        assert {name: after[name] for name in before} == before
        assert [path.name for path in after if path not in before and path.suffix != ".sqlite"] == []


def test_another_project_and_another_file_are_free(here: Workspace) -> None:
    with alone_in("May", here), alone_at("out"):
        with alone_in("June", here), alone_at("other"):
            pass
        done = CliRunner().invoke(workbench, ["prelabel", "in.jsonl", "--policy", "alone", "-o", "other"])
        assert done.exit_code == 0, done.output


def test_two_that_replace_things_at_the_same_time_keep_them_apart(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, met = Path.mkdir, []

    def meanwhile(path: Path, *given: object, **how: object) -> None:
        if path.name == "0001" and not met:
            met.append(path)
            Deed(here.undo, "push").note("prediction", 1, "x", "y")
        real(path, *given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", meanwhile)
    deed = Deed(here.undo, "import")
    deed.note("project", 7, "old", "new")
    assert [(each.number, each.command) for each in kept_deeds(here.undo)] == [(1, "push"), (2, "import")]
