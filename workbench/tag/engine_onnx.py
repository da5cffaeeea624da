"""ONNX Runtime: runs an exported network on any processor."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.tag.engines import Batch, Floats, Key, does_not_load


class OnnxEngine:
    """An ONNX file in ONNX Runtime, fp32. Weights that lie in the file as int8 are unpacked once, while loading."""

    name = "onnxruntime"

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Threads that spin while they wait starve on a busy machine: one bulletin took 130 to 180 ms, without 50 to 60.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Otherwise DequantizeLinear is kept for a later pass and computed again for each batch.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001 - onnxruntime has its own family of exceptions, rooted at Exception
            raise does_not_load(path, error) from None

    def run(self, work: Iterable[tuple[Key, Batch]]) -> Iterator[tuple[Key, Floats]]:
        """See engines.Run; one batch at a time, on all threads."""
        for key, batch in work:
            yield key, self._session.run(["logits"], {"input_ids": batch.ids, "attention_mask": batch.mask})[0]
