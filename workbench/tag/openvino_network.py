"""A network as OpenVINO compiles it best: read from its file, then rewritten where that saves memory and time.

The rewriting changes no tag: a logit moves by some 1e-5, the rounding of another order of sums.
"""

from pathlib import Path
from typing import Any

import numpy as np

from workbench.tag.engines import Floats, does_not_load


def read_network(path: Path) -> Any:
    """The network of an ONNX or OpenVINO file, not yet compiled. Raises ModelError where it is none."""
    from openvino import Core

    try:
        network = Core().read_model(path)
    except (RuntimeError, MemoryError) as error:
        raise does_not_load(path, error) from None
    if path.suffix == ".onnx":
        _unpack_weights(network)
    _drop_guards(network)
    return network


def _drop_guards(network: Any) -> None:
    """Takes out torch's `where(isnan(softmax), 0, softmax)`, so that OpenVINO computes attention in one piece.

    Only a row whose every token is masked makes such a NaN, and a window always has its two special tokens. In
    pieces, each width of a batch keeps tables of [heads, width, width] in memory: 990 MB over all widths, now 350.
    """
    for node in network.get_ordered_ops():
        if node.get_type_name() != "Softmax":
            continue
        guard = _reader(node, "IsNaN")
        chosen = guard and _reader(guard, "Select")
        if chosen:
            chosen.output(0).replace(node.output(0))


def _unpack_weights(network: Any) -> None:
    """Multiplies int8 weights of a compact model out to fp32 once; the engine may otherwise quantise around them.

    Tables that rows are looked up in stay as they are: a row is multiplied out when it is wanted, a quarter in memory.
    """
    from openvino import opset13

    for node in network.get_ordered_ops():
        if node.get_type_name() != "Multiply" or _reader(node, "Gather"):
            continue
        parts = [_constant(node.input_value(place).get_node()) for place in (0, 1)]
        whole = [part for part in parts if part is not None]
        if len(whole) == 2 and any(packed for _, packed in whole):
            folded = opset13.constant(whole[0][0] * whole[1][0])
            node.output(0).replace(folded.output(0))


def _reader(node: Any, kind: str) -> Any:
    """A node of the kind that takes this one's output, or None."""
    readers = (use.get_node() for use in node.output(0).get_target_inputs())
    return next((reader for reader in readers if reader.get_type_name() == kind), None)


def _constant(node: Any) -> tuple[Floats, bool] | None:
    """A constant's values as fp32, and whether they were int8; None for what is computed."""
    kind = node.get_type_name()
    if kind == "Constant":
        values = np.asarray(node.data)
        return (values.astype(np.float32), values.dtype == np.int8) if values.dtype in (np.float32, np.int8) else None
    if kind in ("Convert", "Reshape", "Unsqueeze"):
        inner = _constant(node.input_value(0).get_node())
        return None if inner is None else (inner[0].reshape(tuple(node.get_output_shape(0))), inner[1])
    if kind == "Subtract":
        left, right = (_constant(node.input_value(place).get_node()) for place in (0, 1))
        return None if left is None or right is None else (left[0] - right[0], left[1])
    return None
