"""workbench.toml stands in for options that are not given, and says what is wrong in it."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from workbench.cli.app import COMMANDS, WITHOUT_DEFAULTS, main, workbench
from workbench.cli.defaults import EVERYWHERE, defaults_of
from workbench.cli.init import settings_text
from workbench.core.errors import InputError, SchemaError
from workbench.core.workspace import Workspace, packaged
from workbench.tag.find import find_model

ROW = {"id": "a", "text": "Six died in Kabul", "spans": [[0, 3, "FIGURE_KILLED"], [12, 17, "LOCATION"]]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gold.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    return tmp_path


def settle(folder: Path, text: str) -> None:
    (folder / "workbench.toml").write_text(text, encoding="utf-8")


def leave(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def get(name: str) -> click.Command:
    found = workbench.get_command(click.Context(workbench), name)
    assert found is not None
    return found


def test_a_command_takes_its_arguments_and_options_from_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(folder, '[score]\ngold = "gold.jsonl"\npredicted = "gold.jsonl"\nseed = 3\n')
    assert leave("score", "--json") == 0
    assert json.loads(capsys.readouterr().out)["strict"]["f1"] == 1.0


def test_what_is_given_wins_over_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settle(folder, '[check]\npaths = ["missing.jsonl"]\n')
    assert leave("check") == 1
    assert "missing.jsonl" in capsys.readouterr().err
    assert leave("check", "gold.jsonl") == 0


def test_a_path_in_the_file_starts_from_the_folder_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(folder, '[check]\npaths = "gold.jsonl"\n')
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert leave("check") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[trian]\n", "has 'trian', which is unknown; did you mean 'train'?"),
        ("[train]\nepoch = 3\ntrain = 'gold.jsonl'\n", "[train] has 'epoch', which is unknown; "),
        ("[train]\nencodr = 'x'\n", "did you mean 'encoder'?"),
        ("[studio.strt]\nport = 1\n", "[studio] has 'strt', which is unknown; did you mean 'start'?"),
        ("train = 'gold.jsonl'\n", "expected a table: [train] and its options below"),
        ("project = 5\n", "has project = 5; expected a text"),
        ("[train\n", "is not TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    settle(folder, text)
    assert leave("studio" if "studio" in text else "train", "status" if "studio" in text else "--json") == 1
    heard = capsys.readouterr()
    assert sentence in heard.err
    assert heard.err.startswith("workbench: ")
    assert "workbench.toml" in heard.err
    assert heard.out == ""


def test_a_value_of_a_wrong_kind_is_wrong_usage_that_names_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(folder, '[history]\nlast = "many"\n')
    assert leave("history") == 2
    assert "'many' is not a valid integer range" in (said := capsys.readouterr().err)
    assert said.endswith("That value is from workbench.toml.\n")


def test_help_and_status_answer_where_the_file_is_broken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settle(folder, "[train\n")
    assert leave("train", "--help") == 0
    assert leave() == 0
    assert "is not TOML" in capsys.readouterr().out


def test_a_named_schema_has_to_be_there(folder: Path) -> None:
    settle(folder, 'schema = "mine.toml"\n')
    with pytest.raises(InputError, match=r"mine\.toml is not there"):
        Workspace(folder).schema()


@pytest.mark.parametrize("schema", [None, "mine.toml"])
def test_init_writes_a_file_whose_every_line_holds(folder: Path, schema: str | None) -> None:
    """Commented lines too: without their mark each is an option of the command whose table it stands in."""
    text = settings_text('May "2024" – Ω', schema)
    tables: dict[str, Any] = tomllib.loads(re.sub(r"(?m)^# (?=[\w-]+ = |\[)", "", text))
    assert tables.pop("project") == 'May "2024" – Ω'
    assert tables.pop("schema") == (schema or "schema.toml")
    assert set(tables) >= {"import", "pull", "train", "prelabel", "evaluate", "serve"}
    for name, table in tables.items():
        assert len(defaults_of(get(name), table, name=name, workspace=Workspace(folder))) == len(table)


def test_after_init_the_daily_commands_need_no_options(folder: Path) -> None:
    assert CliRunner().invoke(workbench, ["init", "--project", "May 2024"]).exit_code == 0
    settings = Workspace(folder).settings
    for name in ("import", "pull", "train", "prelabel"):
        required = {param.name for param in get(name).params if param.required}
        assert required <= set(defaults_of(get(name), settings[name], name=name, workspace=Workspace(folder)))
    assert settings["project"] == "May 2024"
    again = CliRunner().invoke(workbench, ["init"])
    assert "is there already" in str(again.exception)


def test_init_begins_labels_of_ones_own_and_keeps_those_that_are_there(folder: Path) -> None:
    assert leave("init", "--schema", "outbreaks.toml") == 0
    assert Workspace(folder).schema().names == ("EVENT_OUTBREAK", "FIGURE_CASES", "LOCATION")
    (folder / "workbench.toml").unlink()
    own = '[[labels]]\nname = "DISEASE"\n'
    (folder / "outbreaks.toml").write_text(own, encoding="utf-8")
    assert leave("init", "--schema", "outbreaks.toml") == 0
    assert (folder / "outbreaks.toml").read_text(encoding="utf-8") == own
    (folder / "workbench.toml").unlink()
    (folder / "outbreaks.toml").write_text("labels = 3", encoding="utf-8")
    with pytest.raises(SchemaError):
        CliRunner().invoke(workbench, ["init", "--schema", "outbreaks.toml"], catch_exceptions=False)


def test_no_command_with_defaults_is_named_like_a_setting_of_all_commands() -> None:
    assert not set(EVERYWHERE) & (set(COMMANDS) - set(WITHOUT_DEFAULTS))


def test_starter_and_current_are_names_of_models(folder: Path) -> None:
    here = Workspace(folder)
    assert find_model("starter", here) == find_model("current", here) == packaged("models/starter")
    (folder / "models" / "starter").mkdir(parents=True)
    assert find_model("starter", here) == folder / "models" / "starter"
