"""What computes the network: OpenVINO on x86 processors where it is installed, ONNX Runtime anywhere.

An engine is fed batches and hands back their logits; several are under way at a time, so that whoever feeds it can
tokenize the next bulletins and decode the last ones meanwhile.
"""

import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import MissingExtraError, ModelError

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Key = TypeVar("Key")

ENGINES = ("auto", "openvino", "onnxruntime")
PRECISIONS = ("fp32", "bf16", "int8")


@dataclass(frozen=True, slots=True)
class Batch:
    """Input ids and attention mask, both [rows, tokens]."""

    ids: Ints
    mask: Ints


class Run(Protocol):
    """How a tagger has batches computed."""

    def __call__(self, work: Iterable[tuple[Key, Batch]]) -> Iterator[tuple[Key, Floats]]:
        """Each batch's key with its logits [rows, tokens, tags], in the order given; takes more work as it goes."""
        ...


class Engine(Protocol):
    """A network on this machine's processor."""

    @property
    def name(self) -> str:
        """One of ENGINES, not "auto"."""
        ...

    def run(self, work: Iterable[tuple[Key, Batch]]) -> Iterator[tuple[Key, Floats]]:
        """See Run."""
        ...


def pick_engine(wanted: str = "auto") -> str:
    """The engine's name: the one wanted, else the fastest that is here. Raises ModelError for one that cannot run."""
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    installed = find_spec("openvino") is not None
    if wanted == "auto":
        return "openvino" if x86 and installed else "onnxruntime"
    if wanted not in ENGINES:
        raise ModelError(f"there is no engine {wanted!r}; expected one of {', '.join(ENGINES)}")
    if wanted == "openvino" and not x86:
        raise ModelError(
            f"the engine openvino is used on x86 processors and this one is {platform.machine()}; "
            "use --engine onnxruntime"
        )
    if wanted == "openvino" and not installed:
        raise MissingExtraError("openvino", "fast")
    return wanted


def native_precisions(engine: str) -> tuple[str, ...]:
    """The precisions that this engine computes natively on this processor."""
    if engine != "openvino":
        return ("fp32",)
    from workbench.tag.engine_openvino import native_precisions as of_openvino

    return of_openvino()


def open_engine(path: Path, *, engine: str, precision: str = "fp32", threads: int | None = None) -> Engine:
    """The network of a file on one of ENGINES (not "auto"). Raises ModelError where it does not load."""
    if engine == "openvino":
        from workbench.tag.engine_openvino import OpenVinoEngine

        return OpenVinoEngine(path, precision=precision, threads=threads or cores())
    from workbench.tag.engine_onnx import OnnxEngine

    return OnnxEngine(path, threads=threads)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def does_not_load(path: Path, error: Any) -> ModelError:
    """The sentence for a file that no engine takes."""
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")
    return ModelError(f"{path} does not load ({reason[:200]}); copy the model again or train it again")
