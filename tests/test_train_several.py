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
from workbench.train.examples import collate
from workbench.train.run import train_model
from workbench.train.settings import TrainingSettings
from workbench.train.together import by_first, is_first, processes
from workbench.train.trainer import parts_of

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

    parts = load_file(folder / "checkpoint" / "model.safetensors")
    # Attention does not hang on its keys' bias: the gradient there is rounding alone, which the optimiser blows up.
    return np.concatenate([part.ravel() for name, part in parts.items() if not name.endswith("key.bias")])


@pytest.mark.slow
def test_gradients_of_small_batches_make_the_step_of_a_large_one(
    small_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the small batches hold different numbers of tokens: each token counts the same."""
    whole = TrainingSettings(
        encoder=str(small_encoder), start="none", epochs=1, dropout=0.0, attention_dropout=0.0, precision="fp32"
    )
    whole = replace(whole, refit_below=0, window=100, faster="none")
    in_twos = replace(whole, batch_size=2, accumulate=4)
    runs = {"whole": (whole, 10_000), "in-twos": (in_twos, 10_000), "in-parts": (whole, 250)}
    for name, (settings, at_once) in runs.items():
        monkeypatch.setattr("workbench.train.trainer._AT_ONCE", at_once)
        train_model(CORPUS[:12], schema=SCHEMA, settings=settings, folder=tmp_path / name, cache=tmp_path / "encoders")
    assert whole.batch_size == in_twos.batch_size * in_twos.accumulate
    for name in ("in-twos", "in-parts"):
        apart = np.abs(weights(tmp_path / "whole") - weights(tmp_path / name))
        # A step moves a weight by up to 0.07 here; had each small batch the same say, they would part by as much.
        assert apart.mean() < 1e-6, name
        assert apart.max() < 1e-3, name


@pytest.mark.parametrize(("tokens", "sizes"), [(1, [1, 1, 1, 1, 1]), (10, [2, 2, 1]), (14, [2, 2, 1]), (10_000, [5])])
def test_the_parts_of_a_batch_are_its_rows_without_what_only_pads(tokens: int, sizes: list[int]) -> None:
    torch = pytest.importorskip("torch", reason="the training libraries are not installed")
    rows = [{"input_ids": [7] * n, "labels": [1] * n, "weight": n / 10} for n in (5, 2, 3, 1, 4)]
    parts = list(parts_of(collate(rows, pad_id=0), tokens=tokens))
    assert [len(part["input_ids"]) for part in parts] == sizes
    for part in parts:
        assert part["input_ids"].shape == part["labels"].shape == part["attention_mask"].shape
        assert part["attention_mask"].any(dim=0).all()  # no column of padding alone
    assert torch.cat([part["weights"] for part in parts]).tolist() == pytest.approx([0.5, 0.2, 0.3, 0.1, 0.4])
    assert [int(row.sum()) for part in parts for row in part["input_ids"]] == [35, 14, 21, 7, 28]


@pytest.mark.slow
def test_two_processes_make_one_model_and_say_it_once(small_encoder: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "train.jsonl", CORPUS[:12])
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    changes = [f"--set={setting}" for setting in ("start=none", "epochs=2", "window=100", "faster=none")]
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
