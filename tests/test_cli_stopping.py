"""Ctrl-C: a running command ends with 130, says what is kept, and the same command goes on from there."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.corpus import load_corpus
from workbench.core.workspace import packaged


def heeding_interrupts() -> None:
    """A shell lets what it starts in the background ignore SIGINT, and the tests may run there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def stopped(folder: Path, *arguments: str, once: Callable[[], bool]) -> subprocess.CompletedProcess[str]:
    """Runs the command line in `folder` and sends SIGINT when `once` holds."""
    command = [sys.executable, "-m", "workbench", *arguments]
    heeding = heeding_interrupts if os.name == "posix" else None
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heeding
    ) as process:
        limit = time.monotonic() + 240
        while process.poll() is None and not once():
            assert time.monotonic() < limit, "it did not get to where it was to be stopped"
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def resumed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_stopped_prelabel_says_how_to_go_on_and_goes_on(tmp_path: Path) -> None:
    rows = [{"id": e.document.id, "text": e.document.text} for e in load_corpus(packaged("annotations/corpus.jsonl"))]
    many = [row | {"id": f"{row['id']}-{n}"} for n in range(2) for row in rows]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in many), encoding="utf-8")
    arguments = ("prelabel", "many.jsonl", "--model", "starter", "-o", "out file.jsonl")
    # The journal's first line says which run it is, each further one that a chunk is whole.
    journal = tmp_path / ".out file.jsonl.part.json"
    done = stopped(
        tmp_path, *arguments, once=lambda: journal.exists() and len(journal.read_text("utf-8").splitlines()) > 1
    )
    assert done.returncode == 130
    assert done.stdout == ""
    assert done.stderr.strip() == (
        "workbench: stopped; what was labelled is kept. "
        "To go on: workbench prelabel many.jsonl --model starter -o 'out file.jsonl'"
    )
    assert not (tmp_path / "out file.jsonl").exists()
    again = resumed(tmp_path, *arguments, "--json")
    assert again.returncode == 0, again.stderr
    answer = json.loads(again.stdout)
    assert answer["documents"] == len(many)
    assert 0 < answer["resumed"] < len(many)
    assert [entry.document.id for entry in load_corpus(tmp_path / "out file.jsonl")] == [row["id"] for row in many]


@pytest.mark.slow
def test_a_stopped_training_leaves_no_model_and_goes_on(small_encoder: Path, tmp_path: Path) -> None:
    lines = packaged("annotations/corpus.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[:24]
    (tmp_path / "few.jsonl").write_text("".join(lines), encoding="utf-8")
    settings = ("start=none", "epochs=8", "window=100", "overlap=20", "refit_below=0")
    arguments: tuple[str, ...] = ("train", "--train", "few.jsonl", "-o", "models/few", "--encoder", str(small_encoder))
    arguments += tuple(f"--set={setting}" for setting in settings)
    states = tmp_path / "models" / ".few.training"
    done = stopped(tmp_path, *arguments, once=lambda: any(states.glob("checkpoint-*/trainer_state.json")))
    assert done.returncode == 130
    assert "stopped; the epochs that were finished are kept. To go on: workbench train --train" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "models" / "few").exists()
    assert states.exists()
    again = resumed(tmp_path, *arguments)
    assert again.returncode == 0, again.stderr
    assert "epoch 1:" not in again.stderr, "the first epoch was not kept"
    assert (tmp_path / "models" / "few" / "workbench.json").exists()
