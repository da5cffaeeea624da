"""What commands replaced is kept and can be put back: models here, what is on a server in test_keep_undo_live."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.deeds import Deed, deed_numbered, kept_deeds
from workbench.core.errors import InputError
from workbench.core.schema import schema_of_labels
from workbench.core.workspace import Workspace
from workbench.keep.undo import undo_deed


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    (tmp_path / "workbench.toml").touch()
    return Workspace(tmp_path)


def model(here: Workspace, text: str, name: str = "first") -> Path:
    folder = here.models / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "workbench.json").write_text(text, encoding="utf-8")
    return folder


def replace_model(here: Workspace, text: str) -> Deed:
    """As a training run does it."""
    folder = here.models / "first"
    old = folder.rename(folder.with_name(".first.old"))
    model(here, text)
    deed = Deed(here.undo, "train -o models/first")
    deed.keep_folder(old, of=folder)
    return deed


def said(folder: Path) -> str:
    return (folder / "workbench.json").read_text(encoding="utf-8")


def test_nothing_is_written_where_nothing_is_replaced(here: Workspace) -> None:
    assert Deed(here.undo, "push").number is None
    assert not here.undo.exists()


def test_a_replaced_model_comes_back_and_only_the_last_is_kept(here: Workspace) -> None:
    folder = model(here, "1")
    replace_model(here, "2")
    deed = replace_model(here, "3")
    (kept,) = kept_deeds(here.undo)
    assert kept.number == deed.number
    done = undo_deed(kept, None)
    assert (done.back, said(folder)) == (1, "2")
    # The newer one is not gone either.
    assert said(kept.folder / "newer") == "3"
    with pytest.raises(InputError, match="taken back already"):
        deed_numbered(here.undo, kept.number)
    with pytest.raises(InputError, match="nothing numbered 99"):
        deed_numbered(here.undo, 99)


@pytest.mark.parametrize("moves", [1, 2])
def test_an_undo_that_was_killed_is_completed(here: Workspace, monkeypatch: pytest.MonkeyPatch, moves: int) -> None:
    import shutil

    folder = model(here, "1")
    replace_model(here, "2")
    (kept,) = kept_deeds(here.undo)
    real, calls = shutil.move, 0

    def dying(*given: Path) -> None:
        nonlocal calls
        calls += 1
        real(*given)
        if calls == moves:
            raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "move", dying)
    with pytest.raises(KeyboardInterrupt):
        undo_deed(kept, None)
    monkeypatch.undo()
    undo_deed(kept, None)
    assert (said(folder), said(kept.folder / "newer")) == ("1", "2")


def test_the_command_lists_asks_and_puts_back(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.root)
    run = CliRunner().invoke
    assert "nothing is there to take back" in run(workbench, ["undo"]).stdout
    folder = model(here, "1")
    number = replace_model(here, "2").number
    listed = json.loads(run(workbench, ["undo", "--json"]).stdout)["deeds"]
    assert [(deed["number"], deed["command"], deed["folders"]) for deed in listed] == [
        (number, "train -o models/first", 1)
    ]
    assert run(workbench, ["undo", str(number)]).exit_code == 2
    assert said(folder) == "2"
    assert run(workbench, ["undo", str(number), "--yes"]).exit_code == 0
    assert said(folder) == "1"
    assert run(workbench, ["undo", str(number), "--yes"]).exit_code == 1


def test_a_cut_row_is_passed_over(here: Workspace) -> None:
    deed = Deed(here.undo, "push")
    deed.note("prediction", 1, {"score": 1}, {"score": 2})
    (kept,) = kept_deeds(here.undo)
    with (kept.folder / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write('["prediction", 2, {"sc')
    assert [row.name for row in kept.rows()] == [1]


def test_training_never_replaces_what_is_no_model(here: Workspace) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    from workbench.train.run import train_model
    from workbench.train.settings import TrainingSettings

    here.annotations.mkdir()
    (here.annotations / "gold.jsonl").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match="holds something else than a model"):
        train_model(
            (), schema=schema_of_labels("A"), settings=TrainingSettings(), folder=here.annotations, cache=here.state
        )
    assert (here.annotations / "gold.jsonl").read_text(encoding="utf-8") == "precious"
