"""Every notebook runs from its first cell to its last."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def share_what_is_built_once(state: Path) -> None:
    """The gazetteer and the unpacked encoders of the clone, so that each notebook does not make its own."""
    state.mkdir()
    built = NOTEBOOKS[0].parents[1] / ".workbench"
    for thing in (*built.glob("gazetteer-*.sqlite"), *built.glob("encoders")):
        (state / thing.name).symlink_to(thing.resolve())


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    share_what_is_built_once(tmp_path / ".workbench")
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "clear the outputs before committing"
            exec(compile("".join(cell["source"]), str(path), "exec"), names)  # noqa: S102 - the project's own notebook
    assert capsys.readouterr().out
    assert len(path.read_bytes()) < 60_000


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
