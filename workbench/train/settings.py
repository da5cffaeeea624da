"""Every setting of a training run, each with its default and the reason for it."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from workbench.core.errors import InputError


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What a run may change. Written beside the weights as settings.json, so that a run can be repeated.

    Why windows are short: a network misreads what stands further from the start of its window than anything that it
    learned on. Where five bulletins are joined into one text, the starter before this one, taught bulletins of 109
    tokens on the mean, lost five points of F1 read 510 tokens at a time and none at 126; the present one, taught on
    longer ones too, loses two and none (`python -m tests.measure_long`).
    """

    encoder: str = "minilm"  # a packaged encoder (minilm, mpnet), a folder, or a Hugging Face name
    start: str = "auto"  # weights to start from: a model folder, none, or auto (a starter on this encoder)
    epochs: int = 0  # upper bound of rounds over the data; 0 chooses by how much there is, see rounds()
    patience: int = 6  # epochs without a better F1 on dev before the run stops
    learning_rate: float = 0.0  # highest, after the warm-up; 0 chooses by encoder and start, see rate()
    head_factor: float = 2.0  # the layer that scores tags learns faster than the encoder by this
    warmup: float = 0.1  # part of all steps
    weight_decay: float = 0.01
    batch_size: int = 8  # windows a step, on each device
    accumulate: int = 1  # batches whose gradients make one step: for a large batch on a small device
    label_smoothing: float = 0.0
    dropout: float = 0.1  # of what layers hand on; attention has its own
    attention_dropout: float = 0.1  # 0 saves time and memory of long windows, and cost .008 of F1 on the gold
    window: int = 126  # tokens of text a window that is learned, the two special tokens not counted
    read: int = 0  # tokens of text a window that is read, at most as many as are learned; 0 for as many
    overlap: int = 16  # tokens that neighbouring windows share where a sentence is longer than one
    dev_share: float = 0.15  # of the documents, where no dev file is given
    refit_below: int = 500  # documents up to which the final weights are trained on dev as well, once it has measured
    freeze_embeddings: bool = True  # a fifth of the time saved, and rare words keep their meaning
    threshold: str = "auto"  # spans of a lower score are left out: a number, or auto for what dev says of each group
    precision: str = "auto"  # bf16 where the processor has it, else fp32
    faster: str = "auto"  # at the end, int8 and bf16 for pre-labelling, where the machine can; none: only fp32
    silver_weight: float = 0.3  # of a bulletin that a model labelled, in the loss, where a person's has 1
    silver_floor: float = 0.5  # score under which a silver span is neither taught as one nor as nothing
    seed: int = 13
    report_to: str = "none"  # integrations of the Trainer that follow the run as well, such as mlflow,tensorboard


def rounds(settings: TrainingSettings, windows: int, *, prepared: bool) -> int:
    """Rounds over the data: the setting, or for 0 as many as give the steps that were enough in measurements.

    A start `prepared` for all labels needs about 240 steps. A bare encoder needs 800, and so does a model that knows
    only some of the labels, since the others are learned from nothing (EDNIL, of whose five labels the starter knows
    three: strict F1 .645 after 330 steps, .660 after 660). Bounds keep tiny corpora from being learned by heart and
    large ones from taking a day.
    """
    if settings.epochs:
        return settings.epochs
    steps_a_round = math.ceil(windows / settings.batch_size)
    wanted, most = (240, 12) if prepared else (800, 30)
    return min(max(round(wanted / steps_a_round), 4), most)


def least_score(settings: TrainingSettings) -> float | None:
    """The threshold that was set, None for auto. Raises InputError for anything else than a number from 0 to 1."""
    if settings.threshold == "auto":
        return None
    try:
        value = float(settings.threshold)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise InputError(f"the setting threshold is {settings.threshold!r}; expected auto or a number from 0 to 1")
    return value


def rate(settings: TrainingSettings, hidden: int, *, from_model: bool) -> float:
    """Highest learning rate: the setting, or for 0 what was best in measurements on MiniLM, 384 wide.

    There 5e-4 from a bare encoder (2e-4 and 8e-4 were worse) and 2e-4 from a model that knows the task (4e-4 was
    worse). Wider encoders want smaller steps; the square of the width is a rule of thumb, not a measurement.
    """
    return settings.learning_rate or (2e-4 if from_model else 5e-4) * (384 / hidden) ** 2


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
