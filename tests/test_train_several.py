"""Large batches on small devices, and one run made by several processes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
from workbench.train.trainer import _PART, parts_of

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
    for name, (changed, at_once) in runs.items():
        monkeypatch.setattr("workbench.train.trainer._AT_ONCE", at_once)
        train_model(CORPUS[:12], schema=SCHEMA, settings=changed, folder=tmp_path / name, cache=tmp_path / "encoders")
    assert whole.batch_size == in_twos.batch_size * in_twos.accumulate
    for name in ("in-twos", "in-parts"):
        apart = np.abs(weights(tmp_path / "whole") - weights(tmp_path / name))
        # A step moves a weight by up to 0.07 here; had each small batch the same say, they would part by as much.
        assert apart.mean() < 1e-6, name
        assert apart.max() < 1e-3, name


@given(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.sampled_from([1, 100, 400, 1024, 10_000]))
@settings(deadline=None)
def test_the_parts_of_a_batch_are_its_rows_with_the_least_padding(lengths: list[int], tokens: int) -> None:
    pytest.importorskip("torch", reason="the training libraries are not installed")
    rows = [{"input_ids": [7] * n, "labels": [n] * n, "weight": n / 10} for n in lengths]
    parts = [
        {name: tensor.numpy() for name, tensor in part.items()}
        for part in parts_of(collate(rows, pad_id=0), tokens=tokens)
    ]
    read = [part["attention_mask"].sum(axis=1).tolist() for part in parts]
    assert [n for part in read for n in part] == sorted(lengths, reverse=True)  # every row, once
    for part, own in zip(parts, read, strict=True):
        assert part["input_ids"].shape == part["labels"].shape == part["attention_mask"].shape == (len(own), max(own))
        assert part["labels"].max(axis=1).tolist() == own  # its own labels and weight
        assert part["weights"].tolist() == pytest.approx([n / 10 for n in own])
        assert len(own) == 1 or len(own) * max(own) <= tokens
    ways = (
        list(pieces(sorted(lengths, reverse=True), cuts)) for cuts in product([False, True], repeat=len(lengths) - 1)
    )
    possible = [way for way in ways if all(len(part) == 1 or len(part) * part[0] <= tokens for part in way)]
    assert cost_of(read) == min(map(cost_of, possible))


def pieces(lengths: list[int], cuts: Sequence[bool]) -> Iterator[list[int]]:
    """The list cut after each place where `cuts` says so."""
    begin = 0
    for end in [n + 1 for n, cut in enumerate(cuts) if cut] + [len(lengths)]:
        yield lengths[begin:end]
        begin = end


def cost_of(parts: list[list[int]]) -> int:
    return sum(len(part) * max(part) + _PART for part in parts)


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
