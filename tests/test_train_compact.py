"""Compact models: what is stored in a quarter of the space, and what comes back."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import ModelError
from workbench.core.workspace import packaged
from workbench.tag.model import read_manifest
from workbench.train.compact import quantise, weights_of
from workbench.train.settings import TrainingSettings
from workbench.train.starter import SETTINGS


@given(st.integers(1, 9), st.integers(1, 9), st.floats(1e-3, 1e3), st.integers(0, 1), st.integers(0, 999))
def test_quantising_errs_by_half_a_step_at_most(rows: int, columns: int, size: float, axis: int, seed: int) -> None:
    values = (np.random.default_rng(seed).normal(size=(rows, columns)) * size).astype(np.float32)
    numbers, scale = quantise(values, axis=axis)
    steps = scale[:, None] if axis == 0 else scale[None, :]
    assert numbers.dtype == np.int8
    assert (np.abs(numbers * steps - values) <= steps * 0.5001).all()


def test_zeros_stay_zeros() -> None:
    numbers, scale = quantise(np.zeros((2, 3), dtype=np.float32), axis=0)
    assert (numbers == 0).all()
    assert (scale == 1).all()


@pytest.mark.slow
def test_the_starter_gives_back_every_weight_that_training_needs() -> None:
    starter = packaged("models/starter")
    weights = weights_of(starter / "model.onnx")
    assert weights["bert.embeddings.word_embeddings.weight"].shape == (30522, 384)
    assert weights["classifier.weight"].shape == (45, 384)
    assert len([name for name in weights if ".layer." in name]) == 96
    assert sum(path.stat().st_size for path in starter.iterdir()) < 30_000_000


def test_the_starter_was_taught_whole_bulletins_and_is_read_in_windows_of_the_usual_length() -> None:
    starter, usual = packaged("models/starter"), TrainingSettings()
    assert json.loads((starter / "settings.json").read_text())["window"] == SETTINGS.window == 510
    reading = read_manifest(starter).reading
    assert (reading.width, reading.overlap) == (SETTINGS.read, SETTINGS.overlap) == (usual.window, usual.overlap)


def test_a_file_that_is_no_compact_model_is_refused(tmp_path: Path) -> None:
    import onnx
    from onnx import helper

    onnx.save(helper.make_model(helper.make_graph([], "empty", [], [])), str(tmp_path / "plain.onnx"))
    with pytest.raises(ModelError, match="no compact model"):
        weights_of(tmp_path / "plain.onnx")
