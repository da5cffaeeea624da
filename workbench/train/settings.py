"""Every setting of a training run, each with its default and the reason for it."""

from dataclasses import dataclass, fields, replace
from typing import Any

from workbench.core.errors import InputError


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What a run may change. Written beside the weights as settings.json, so that a run can be repeated."""

    encoder: str = "minilm"  # a packaged encoder (minilm, mpnet), a folder, or a Hugging Face name
    start: str = "auto"  # weights to start from: a model folder, none, or auto (the starter where the encoder is its)
    epochs: int = 30  # upper bound; early stopping usually ends before
    patience: int = 8  # epochs without a better F1 on dev before the run stops
    learning_rate: float = 2e-4  # high, as suits small encoders on few documents
    head_learning_rate: float = 1e-3  # the new layer starts from nothing and may move faster
    warmup: float = 0.1  # part of all steps
    weight_decay: float = 0.01
    batch_size: int = 8  # windows a step
    label_smoothing: float = 0.0
    dropout: float = 0.1
    window: int = 510  # tokens of text a window, the two special tokens not counted
    overlap: int = 128  # tokens that neighbouring windows share
    dev_share: float = 0.15  # of the documents, where no dev file is given
    freeze_embeddings: bool = True  # a fifth of the time saved, and rare words keep their meaning
    precision: str = "auto"  # bf16 where the processor has it, else fp32
    seed: int = 13


def settings_from(values: dict[str, Any], *, base: TrainingSettings | None = None) -> TrainingSettings:
    """Settings with some changed, each value turned into its setting's type. Raises InputError for an unknown one."""
    base = base or TrainingSettings()
    known = {field.name: type(getattr(base, field.name)) for field in fields(base)}
    for name, value in values.items():
        if name not in known:
            raise InputError(f"{name!r} is no training setting; there are {', '.join(known)}")
        try:
            if known[name] is bool:
                parsed: Any = {"true": True, "false": False}[str(value).lower()]
            else:
                parsed = known[name](value)
        except (KeyError, ValueError):
            raise InputError(f"the setting {name} is {value!r}; expected {known[name].__name__}") from None
        base = replace(base, **{name: parsed})
    return base
