"""Out of torch: the network as an ONNX file, checked against torch before it is trusted."""

import io
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import ModelError
from workbench.tag.engines import Batch, open_engine
from workbench.train.network import torch_forward


def export_onnx(network: Any, path: Path, *, tolerance: float = 1e-3) -> float:
    """Writes the network with free batch and length; returns the largest difference of a logit from torch's.

    Raises ModelError where that is above the tolerance: an export that computes something else is not kept.
    """
    import torch

    network = network.eval().to("cpu")
    ids = torch.ones((2, 16), dtype=torch.int64)
    sample = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    free = {0: "batch", 1: "tokens"}
    # The exporter prints and warns for its developers; whether the result is right is measured below.
    quiet = redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings(action="ignore")
    with quiet[0], quiet[1], quiet[2], torch.no_grad():
        torch.onnx.export(
            _Logits(network),
            (sample["input_ids"], sample["attention_mask"]),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": free, "attention_mask": free, "logits": free},
            opset_version=17,
            dynamo=False,
        )
    return _largest_difference(network, path, tolerance=tolerance)


def _Logits(network: Any) -> Any:  # noqa: N802 - makes an instance of a class that needs torch to exist
    import torch

    class Logits(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.network(input_ids=input_ids, attention_mask=attention_mask).logits

    return Logits().eval()


def _largest_difference(network: Any, path: Path, *, tolerance: float) -> float:
    """Compares on batches of several shapes, padding included."""
    rng = np.random.default_rng(0)
    exported, original = open_engine(path, engine="onnxruntime"), torch_forward(network)
    words = network.get_input_embeddings().num_embeddings
    worst = 0.0
    for batch, tokens in ((1, 7), (3, 40), (2, 129)):
        ids = rng.integers(5, words, (batch, tokens))
        mask = np.ones_like(ids)
        mask[0, tokens // 2 :] = 0 if batch > 1 else 1
        [(_, logits)] = exported.run([(None, Batch(ids, mask))])
        worst = max(worst, float(np.abs(logits - original(ids, mask))[mask.astype(bool)].max()))
    if worst > tolerance:
        path.unlink(missing_ok=True)
        raise ModelError(f"the exported network differs from torch's by {worst:.4f}; expected at most {tolerance}")
    return worst
