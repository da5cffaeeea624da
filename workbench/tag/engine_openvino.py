"""OpenVINO: the fastest engine on x86, with one stream of one thread on each core.

A stream of one thread suffers little from other processes, and its results do not hang on how many cores there are.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import ModelError
from workbench.tag.engines import Batch, Floats, Key, does_not_load
from workbench.tag.openvino_network import read_network

# Batches handed over before the first must come back, for each stream: enough to keep it busy while the feeder
# tokenizes the next few hundred bulletins.
_UNDER_WAY = 8
_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


def native_precisions() -> tuple[str, ...]:
    """The precisions that this processor computes natively."""
    from openvino import Core

    able = Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("fp32", *(name for name, mark in (("bf16", "BF16"), ("int8", "INT8")) if mark in able))


class OpenVinoEngine:
    """An ONNX file, or an OpenVINO one (.xml), in OpenVINO."""

    name = "openvino"

    def __init__(self, path: Path, *, precision: str, threads: int) -> None:
        from openvino import Core

        settings = {
            "NUM_STREAMS": threads,
            "INFERENCE_NUM_THREADS": threads,
            # Set in any case: on some processors OpenVINO would take bf16 unasked.
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
            # A pinned thread waits for its core when another process has it.
            "ENABLE_CPU_PINNING": False,
        }
        network = read_network(path)
        try:
            self._compiled: Any = Core().compile_model(network, "CPU", settings)
        except (RuntimeError, MemoryError) as error:
            raise does_not_load(path, error) from None
        self._under_way = _UNDER_WAY * threads

    def run(self, work: Iterable[tuple[Key, Batch]]) -> Iterator[tuple[Key, Floats]]:
        """See engines.Run; several batches are under way while `work` is asked for the next."""
        free: list[Any] = []
        flying: deque[tuple[Key, Any]] = deque()
        for key, batch in work:
            while len(flying) >= self._under_way:
                yield self._landed(flying, free)
            request = free.pop() if free else self._compiled.create_infer_request()
            request.start_async({"input_ids": batch.ids, "attention_mask": batch.mask})
            flying.append((key, request))
        while flying:
            yield self._landed(flying, free)

    @staticmethod
    def _landed(flying: "deque[tuple[Key, Any]]", free: list[Any]) -> tuple[Key, Floats]:
        key, request = flying.popleft()
        try:
            request.wait()
        except RuntimeError as error:
            raise ModelError(f"the network failed on a batch ({str(error).splitlines()[0][:200]})") from None
        # The request's own memory is used again by its next batch.
        logits = np.array(request.get_output_tensor(0).data, dtype=np.float32)
        free.append(request)
        return key, logits
