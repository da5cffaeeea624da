"""Large batches on small devices, and one run made by several processes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from train_help import workbench

from workbench.core.corpus import load_corpus, write_corpus
from workbench.core.errors import InputError
from workbench.core.schema import load_schema
from workbench.core.workspace import packaged
from workbench.tag.model import load_model
from workbench.train.run import train_model
from workbench.train.settings import TrainingSettings
from workbench.train.together import by_first, is_first, processes

CORPUS = load_corpus(packaged("annotations/corpus.jsonl"))[:24]
SCHEMA = load_schema(packaged("annotations/schema.toml"))


def test_one_process_is_the_first_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (processes(), is_first(), by_first(lambda: 7)) == (1, True, 7)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert (processes(), is_first()) == (2, False)


def failing() -> int:
    raise InputError("no")


def test_an_error_of_the_first_is_raised() -> None:
    with pytest.raises(InputError, match="no"):
        by_first(failing)


def weights(folder: Path) -> np.ndarray:
    from safetensors.numpy import load_file

    return np.concatenate([part.ravel() for part in load_file(folder / "checkpoint" / "model.safetensors").values()])


@pytest.mark.slow
def test_gradients_of_small_batches_make_the_step_of_a_large_one(small_encoder: Path, tmp_path: Path) -> None:
    """Also where the small batches hold different numbers of tokens: each token counts the same."""
    whole = TrainingSettings(
        encoder=str(small_encoder), start="none", epochs=2, dropout=0.0, precision="fp32", refit_below=0, window=100
    )
    assert whole.batch_size == 8
    parts = {
        "whole": whole,
        "in-twos": replace(whole, batch_size=2, accumulate=4),
        "small": replace(whole, batch_size=2),
    }
    for name, settings in parts.items():
        train_model(CORPUS, schema=SCHEMA, settings=settings, folder=tmp_path / name, cache=tmp_path / "encoders")
    large, in_parts, other = (weights(tmp_path / name) for name in parts)
    assert np.abs(large - in_parts).max() < 1e-5
    assert np.abs(large - other).max() > 1e-3


@pytest.mark.slow
def test_two_processes_make_one_model_and_say_it_once(small_encoder: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "train.jsonl", CORPUS)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    changes = [f"--set={setting}" for setting in ("start=none", "epochs=2", "window=100")]
    command = [
        "train",
        "--train",
        "train.jsonl",
        "-o",
        "models/two",
        "--encoder",
        str(small_encoder),
        *changes,
        "--json",
    ]
    done = workbench(*command, cwd=tmp_path, launcher=launcher)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)  # two answers would be no JSON
    assert [line.split(":")[0] for line in done.stderr.splitlines() if line.startswith("epoch")] == [
        "epoch 1",
        "epoch 2",
    ]
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["two"]
    model = load_model(tmp_path / "models" / "two")
    assert model.version == said["version"]
    assert len(said["epochs"]) == 2
    assert len(model.tagger.label(["Gunmen fled."])) == 1
