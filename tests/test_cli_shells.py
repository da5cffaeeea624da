"""Shells and systems: completion answers, and no module needs what only POSIX has in order to be imported."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import workbench
from workbench.cli.app import main
from workbench.cli.app import workbench as command_line
from workbench.core.errors import StudioError
from workbench.studio import process

PACKAGE = Path(workbench.__file__).parent
POSIX_ONLY = {"fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "readline", "curses", "syslog"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    done = CliRunner().invoke(command_line, ["completion", shell])
    assert done.exit_code == 0
    assert f"_WORKBENCH_COMPLETE={shell}_complete" in done.output


def completed(words: str, tmp_path: Path) -> list[str]:
    """What bash would be offered behind these words."""
    told = {
        "_WORKBENCH_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    script = "from workbench.cli.app import main; main([])"
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | told, capture_output=True, text=True, cwd=tmp_path
    )
    return done.stdout.split()


def test_commands_options_choices_and_files_are_completed(tmp_path: Path) -> None:
    assert completed("workbench his", tmp_path) == ["plain,history"]
    assert completed("workbench train --enc", tmp_path) == ["plain,--encoder"]
    assert completed("workbench prelabel --engine o", tmp_path) == ["plain,openvino", "plain,onnxruntime"]
    assert completed("workbench train --train gold", tmp_path) == ["file,gold"]
    assert completed("workbench score go", tmp_path) == ["file,go"]
    assert completed("workbench studio st", tmp_path) == ["plain,start", "plain,status", "plain,stop"]


def test_completion_answers_where_the_settings_are_broken(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text("[train\n", encoding="utf-8")
    assert completed("workbench train --enc", tmp_path) == ["plain,--encoder"]


def test_no_module_imports_what_windows_lacks_when_it_is_loaded() -> None:
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [str(node.module)]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            found += [f"{path.name}: {name}" for name in names if name.split(".")[0] in POSIX_ONLY]
    assert found == []


def test_text_files_are_opened_with_their_encoding_named() -> None:
    """Windows would take its own code page otherwise."""
    bare = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in ("read_text", "write_text") and not any(k.arg == "encoding" for k in node.keywords):
                bare.append(f"{path.name}:{node.lineno}")
    assert bare == []


def test_on_windows_the_embedded_server_is_refused_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(process, "WINDOWS", True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudioError, match="WSL"):
        process.posix_only("the backend")
    with pytest.raises(SystemExit) as left:
        main(["studio", "start"])
    assert left.value.code == 1
    assert "the embedded Label Studio needs Linux or macOS" in capsys.readouterr().err
    assert not process.alive(os.getpid(), mark="python")
