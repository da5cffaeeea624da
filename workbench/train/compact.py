"""A model in a quarter of the space: weights as 8-bit integers with a scale per row, in one ONNX file.

The file runs as it is, and because its weights keep the names that they had in training, training can start from it
again: so a model small enough to lie in the repository serves both.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import ModelError

Floats = NDArray[np.float32]
_SMALLEST = 4096  # elements; biases and norms cost little and lose much, so they stay as they are
_QUANTISED, _SCALE, _TRANSPOSED = ".int8", ".scale", ".transposed"


def compact(source: Path, target: Path, *, weights: Mapping[str, Floats]) -> None:
    """Writes the ONNX file `source` with every large weight as int8, symmetric, one scale per output row.

    `weights` are the network's tensors by their training names; an initialiser is known by its values, as exporters
    rename and transpose. Weights that are not found keep their name and cannot be read back by `weights_of`.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(source))
    known = _by_content(weights)
    kept, nodes = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        name, transposed = known.get(_digest(values), (tensor.name, False))
        if values.dtype != np.float32 or values.size < _SMALLEST or values.ndim != 2:
            kept.append(tensor)
            if name != tensor.name:
                nodes.append(_rename(helper, tensor, name))
            continue
        base = name + (_TRANSPOSED if transposed else "")
        axis = 1 if transposed else 0
        numbers, scale = quantise(values, axis=axis)
        kept += [
            numpy_helper.from_array(numbers, base + _QUANTISED),
            numpy_helper.from_array(scale, base + _SCALE),
        ]
        nodes.append(helper.make_node("DequantizeLinear", [base + _QUANTISED, base + _SCALE], [tensor.name], axis=axis))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    body = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *body])
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def weights_of(path: Path) -> dict[str, Floats]:
    """The tensors of a compact file by their training names, as fp32, in training's layout.

    Raises ModelError where the file is none that `compact` wrote.
    """
    import onnx
    from onnx import numpy_helper

    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(str(path)).graph.initializer}
    found: dict[str, Floats] = {}
    for name, values in tensors.items():
        if name.endswith(_QUANTISED):
            base = name.removesuffix(_QUANTISED)
            transposed = base.endswith(_TRANSPOSED)
            scale = tensors[base + _SCALE]
            restored = values.astype(np.float32) * (scale[None, :] if transposed else scale[:, None])
            found[base.removesuffix(_TRANSPOSED)] = restored.T.copy() if transposed else restored
        elif values.dtype == np.float32 and not name.endswith(_SCALE):
            found[name] = values
    if not any(name.endswith(_QUANTISED) for name in tensors):
        raise ModelError(f"{path} is no compact model; training can start from one that `workbench starter` made")
    return found


def quantise(values: Floats, *, axis: int) -> tuple[NDArray[np.int8], Floats]:
    """Symmetric int8 of a matrix with one scale per index of `axis`: values ≈ numbers * scale, error ≤ scale / 2."""
    largest = np.abs(values).max(axis=1 - axis, keepdims=True)
    scale = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
    return np.rint(values / scale).astype(np.int8), scale.reshape(-1)


def _by_content(weights: Mapping[str, Floats]) -> dict[bytes, tuple[str, bool]]:
    known: dict[bytes, tuple[str, bool]] = {}
    for name, values in weights.items():
        if values.ndim == 2:
            known[_digest(np.ascontiguousarray(values.T))] = (name, True)
        known[_digest(values)] = (name, False)
    return known


def _digest(values: NDArray[Any]) -> bytes:
    import hashlib

    return hashlib.sha256(repr(values.shape).encode() + np.ascontiguousarray(values).tobytes()).digest()


def _rename(helper: Any, tensor: Any, name: str) -> Any:
    """Gives a small tensor its training name; an Identity node keeps the name that the graph knows it by."""
    old, tensor.name = tensor.name, name
    return helper.make_node("Identity", [name], [old])
