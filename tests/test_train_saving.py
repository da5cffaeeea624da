"""The end of a training run, killed at each of its steps: the new model is in place, the older one is kept, once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.core.deeds import Deed, kept_deeds
from workbench.core.workspace import Workspace
from workbench.train.saving import end_run, finished, newest_checkpoint, note_finished, put_in_place, saving, take_up

EPOCHS = [{"epoch": 1.0, "f1": 0.5}]


class Killed(BaseException):
    """What a kill looks like from within."""


def model(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "workbench.json").write_text(text, encoding="utf-8")
    return folder


def said(folder: Path) -> str:
    return (folder / "workbench.json").read_text(encoding="utf-8")


def test_a_checkpoint_that_was_cut_off_is_removed_and_the_one_before_is_taken_up(tmp_path: Path) -> None:
    states = {9: '{"epoch": 1}', 18: '{"epoch": 2}', 27: '{"epo', 100: None}
    for number, state in states.items():
        (tmp_path / f"checkpoint-{number}").mkdir()
        if state:
            (tmp_path / f"checkpoint-{number}" / "trainer_state.json").write_text(state, encoding="utf-8")
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoint-18"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-18", "checkpoint-9"]
    assert newest_checkpoint(tmp_path / "checkpoint-9") is None


def test_another_run_is_not_taken_up(tmp_path: Path) -> None:
    work = tmp_path / ".m.training"
    take_up(work, "a")
    (work / "checkpoint-1").mkdir()
    take_up(work, "a")
    assert (work / "checkpoint-1").exists()
    note_finished(work, EPOCHS)
    take_up(work, "a")
    assert finished(work) == tuple(EPOCHS)
    take_up(work, "b")
    assert finished(work) is None
    assert not (work / "checkpoint-1").exists()


def ready(here: Workspace) -> tuple[Path, Path]:
    """A run whose model is complete, an older model, and one before that which was kept."""
    folder = model(here.models / "m", "older")
    Deed(here.undo, "train").keep_folder(model(here.models / ".m.old", "oldest"), of=folder)
    work = folder.with_name(".m.training")
    take_up(work, "a")
    model(work / "model", "new")
    (work / "checkpoint-9").mkdir()
    (work / "notes.txt").touch()
    note_finished(work, EPOCHS)
    return work, folder


def end(here: Workspace, work: Path, folder: Path) -> None:
    """As the command does it."""
    take_up(work, "a")
    if finished(work) is not None:
        end_run(work, folder, lambda old: Deed(here.undo, "train").keep_folder(old, of=folder))


def kept(here: Workspace) -> list[str]:
    return [said(deed.folder / "folder") for deed in kept_deeds(here.undo) if (deed.folder / "folder").exists()]


def dying(monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """Kills at the n-th change of the disk: before it where n is odd, after it where n is even."""
    calls = [0]

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **how: Any) -> Any:
            calls[0] += 1
            if calls[0] == at:
                raise Killed
            answer = real(*given, **how)
            calls[0] += 1
            if calls[0] == at:
                raise Killed
            return answer

        return call

    for owner, name in ((Path, "rename"), (Path, "unlink"), (Path, "rmdir"), (shutil, "move"), (shutil, "rmtree")):
        monkeypatch.setattr(owner, name, wrapped(getattr(owner, name)))
    return calls


def test_killed_at_each_step_the_end_is_completed_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(1, 60):
        here = Workspace(tmp_path / str(at))
        work, folder = ready(here)
        with monkeypatch.context() as patch:
            calls = dying(patch, at)
            try:
                end(here, work, folder)
            except Killed:
                pass
            else:
                break
        end(here, work, folder)
        assert said(folder) == "new", at
        assert kept(here) == ["older"], at
        assert not folder.with_name(".m.old").exists()
        assert not (work / "model").exists()
    assert calls[0] >= 16


def test_a_model_of_other_settings_after_such_a_kill_keeps_the_one_before_it(tmp_path: Path) -> None:
    here = Workspace(tmp_path)
    folder = model(here.models / "m", "second")
    model(here.models / ".m.old", "first")  # the kill came when the second had its name
    deed = Deed(here.undo, "train")
    put_in_place(model(here.models / "new", "third"), folder, lambda old: deed.keep_folder(old, of=folder))
    assert said(folder) == "third"
    assert kept(here) == ["second"]


@pytest.mark.skipif(os.name == "nt", reason="the limit is POSIX")
@pytest.mark.slow
def test_a_disk_that_is_full_when_torch_writes_is_a_sentence(tmp_path: Path) -> None:
    program = (
        "import sys, torch; from pathlib import Path; from workbench.train.saving import saving\n"
        "with saving(Path('models/m')): torch.save({'a': torch.zeros(200_000)}, sys.argv[1])"
    )
    limited = ["bash", "-c", 'ulimit -f 100; exec "$@"', "bash", sys.executable, "-c", program]
    done = subprocess.run([*limited, str(tmp_path / "x.pt")], capture_output=True, text=True)
    assert "InputError: the model models/m could not be saved" in done.stderr
    assert "free some space" in done.stderr


def test_another_failure_of_torch_is_not_taken_for_a_full_disk() -> None:
    with pytest.raises(RuntimeError, match="shapes"), saving(Path("m")):
        raise RuntimeError("shapes cannot be multiplied")
