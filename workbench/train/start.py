"""Where a run starts from: the weights of an earlier model, also one of other labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ModelError
from workbench.tag.model import Manifest, read_manifest
from workbench.train.compact import Floats, weights_of


@dataclass(frozen=True, slots=True)
class Start:
    """What a run starts with: an earlier model, and how many of the wanted labels it knows."""

    version: str
    known: int
    wanted: int

    @property
    def complete(self) -> bool:
        """Whether the model knows all labels."""
        return self.known == self.wanted

    def __str__(self) -> str:
        return f"starting from {self.version}, which knows {self.known} of the {self.wanted} labels"


def start_from(network: Any, folder: Path, *, tags: Sequence[str]) -> Start:
    """Copies the weights of the model in `folder` into the network.

    The encoder is taken whole. Of the layer that scores tags, those rows are taken whose tag both models have; the
    others stay as they are, to be learned. Raises ModelError where the encoders are not of the same shape.
    """
    import torch

    manifest = read_manifest(folder)
    weights = _weights(folder)
    own = network.state_dict()
    head = {name for name in own if name.startswith("classifier")}
    misfits = [n for n in own if n not in head and (n not in weights or weights[n].shape != tuple(own[n].shape))]
    if misfits:
        raise ModelError(
            f"{folder} is a model on the encoder {manifest.encoder}, whose weights do not fit this one ({misfits[0]}); "
            "start from a model on the same encoder, or from none with --set start=none"
        )
    pairs = _common(manifest, tags)
    with torch.no_grad():
        for name, tensor in own.items():
            given = torch.from_numpy(weights[name].copy()) if name in weights else None
            if given is None:
                continue
            if name not in head:
                tensor.copy_(given)
            elif given.shape[1:] == tensor.shape[1:]:
                for here, there in pairs:
                    tensor[here].copy_(given[there])
    return Start(manifest.version, len(pairs) // 2, len(tags) // 2)


def _common(manifest: Manifest, tags: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of the same tag here and there."""
    there = {tag: place for place, tag in enumerate(manifest.schema.tags)}
    return [(place, there[tag]) for place, tag in enumerate(tags) if tag in there]


def _weights(folder: Path) -> dict[str, Floats]:
    checkpoint = folder / "checkpoint" / "model.safetensors"
    if not checkpoint.exists():
        return weights_of(folder / "model.onnx")
    from safetensors.numpy import load_file

    return dict(load_file(checkpoint))
