"""The training loop: Hugging Face's Trainer, told how this project groups weights and measures itself."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry
from workbench.core.schema import Schema
from workbench.tag.tagger import Tagger
from workbench.train.examples import Examples, collate
from workbench.train.loss import token_loss
from workbench.train.measure import measure
from workbench.train.reporting import integrations
from workbench.train.saving import newest_checkpoint
from workbench.train.settings import TrainingSettings
from workbench.train.together import by_first

# Tokens that go through the network at a time on a processor. A step's windows need not be in memory together: two of
# 512 tokens at a time take little more than half of the memory of eight, and three quarters of the time
# (`python -m tests.measure_steps`).
_AT_ONCE = 1024
# What a part of a step costs beside its tokens, in tokens.
_PART = 64


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how a run goes on: each step (done, of), each epoch (number, F1 on dev), and what is worth saying."""

    step: Callable[[int, int], None] = lambda done, of: None
    epoch: Callable[[int, float], None] = lambda number, f1: None
    say: Callable[[str], None] = lambda message: None


def fit(
    network: Any,
    *,
    examples: Examples,
    dev: Sequence[Entry],
    schema: Schema,
    tagger: Tagger,
    settings: TrainingSettings,
    epochs: int,
    learning_rate: float,
    folder: Path | None,
    watch: Watch,
) -> list[dict[str, float]]:
    """Trains the network in place and leaves it with the weights of the epoch that was best on dev, or of the last
    epoch where dev is empty.

    `tagger` must run this network. Checkpoints go to `folder`, where a killed run is taken up again; without a folder
    there are none, and dev must be empty. Returns one row per epoch: epoch, loss, f1.
    """
    from datasets import Dataset
    from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback

    class Tell(TrainerCallback):  # type: ignore[misc]
        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **_: Any) -> None:
            watch.epoch(round(state.epoch), metrics["eval_f1"])

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            watch.step(state.global_step, state.max_steps)

    trainer = _trainer_class()(
        model=network,
        args=_arguments(settings, epochs=epochs, learning_rate=learning_rate, measured=bool(dev), folder=folder),
        train_dataset=(dataset := Dataset.from_list(examples.rows)),
        eval_dataset=dataset,  # the Trainer wants one to evaluate at all; SpanTrainer measures whole documents instead
        data_collator=partial(collate, pad_id=tagger.reading.pad_id),
        callbacks=[Tell(), *([EarlyStoppingCallback(early_stopping_patience=settings.patience)] if dev else [])],
        f1_on_dev=lambda: by_first(lambda: measure(tagger, dev, schema).counts().f1 or 0.0),
        settings=settings,
    )
    trainer.remove_callback(PrinterCallback)  # it prints dictionaries on stdout, which is for data
    checkpoint = by_first(lambda: newest_checkpoint(folder)) if folder else None
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    # Mixed precision wraps the network's forward; what is measured and exported from here on is the plain one.
    trainer.accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    return _epochs(trainer.state.log_history)


def _trainer_class() -> Any:
    """A Trainer that gives the new layer its own learning rate and scores spans instead of tokens."""
    import torch
    from transformers import Trainer

    class SpanTrainer(Trainer):  # type: ignore[misc]
        loss_is_scaled_for_ga = True  # compute_loss divides by the tokens of the whole step

        def __init__(self, *, f1_on_dev: Callable[[], float], settings: TrainingSettings, **rest: Any) -> None:
            super().__init__(**rest)
            self.f1_on_dev, self.settings = f1_on_dev, settings
            self.model_accepts_loss_kwargs = True  # so that the tokens of a step are counted, for compute_loss

        def create_optimizer(self, model: Any = None) -> Any:
            self.optimizer = torch.optim.AdamW(
                parameter_groups(self.model, self.settings, self.args.learning_rate), fused=True
            )
            return self.optimizer

        def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
            if torch.cuda.is_available() or self.accelerator.num_processes > 1:
                return super().training_step(model, inputs, num_items_in_batch)
            parts = parts_of(inputs, tokens=_AT_ONCE)
            return sum(super(SpanTrainer, self).training_step(model, part, num_items_in_batch) for part in parts)

        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None):  # type: ignore[no-untyped-def]
            labels, weights = inputs.pop("labels"), inputs.pop("weights", None)
            outputs, shared = model(**inputs), self.accelerator.num_processes
            loss = token_loss(
                outputs.logits,
                labels,
                weights=weights,
                tokens=num_items_in_batch,
                smoothing=self.settings.label_smoothing,
            )
            loss = loss * shared  # the processes' gradients are averaged, and the tokens are those of all
            return (loss, outputs) if return_outputs else loss

        def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
            metrics = {"eval_f1": self.f1_on_dev()}
            self.log(dict(metrics))
            self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

    return SpanTrainer


def parameter_groups(network: Any, settings: TrainingSettings, learning_rate: float) -> list[dict[str, Any]]:
    """Optimiser groups: the new layer learns at its own rate; biases and norms are not decayed."""
    groups: dict[tuple[bool, bool], list[Any]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((name.startswith("classifier"), parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": learning_rate * (settings.head_factor if head else 1.0),
            "weight_decay": settings.weight_decay if decays else 0.0,
        }
        for (head, decays), parameters in groups.items()
    ]


def parts_of(batch: Mapping[str, Any], *, tokens: int) -> Iterator[dict[str, Any]]:
    """The rows of a batch of tensors, longest first, some at a time: at least one, and else at most so many tokens.

    Each part is cut to its own longest row. The parts are those with the least padding, where a part more counts as
    much as _PART tokens: the network's many small steps take their time however few tokens there are.
    """
    order = batch["attention_mask"].sum(dim=1).argsort(descending=True, stable=True)
    lengths = batch["attention_mask"].sum(dim=1)[order].tolist()
    cost, begin = [0], [0]  # of the first n rows, and where the last of their parts begins
    for end in range(1, len(lengths) + 1):
        allowed = (b for b in range(end) if b == end - 1 or (end - b) * lengths[b] <= tokens)
        least, first = min((cost[b] + (end - b) * lengths[b] + _PART, b) for b in allowed)
        cost.append(least)
        begin.append(first)
    ends = [len(lengths)]
    while ends[-1]:
        ends.append(begin[ends[-1]])
    for first, end in pairwise(reversed(ends)):
        part = {name: tensor[order[first:end]] for name, tensor in batch.items()}
        yield {name: tensor[:, : lengths[first]] if tensor.ndim > 1 else tensor for name, tensor in part.items()}


def half_precision(precision: str) -> bool:
    """Whether to train in bf16: asked for, or worth it on this processor ("auto"). Raises InputError otherwise."""
    import torch

    from workbench.core.errors import InputError

    if precision not in ("auto", "bf16", "fp32"):
        raise InputError(f"the setting precision is {precision!r}; expected auto, bf16 or fp32")
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "avx512_bf16" in flags.read_text(encoding="utf-8")


def _arguments(
    settings: TrainingSettings, *, epochs: int, learning_rate: float, measured: bool, folder: Path | None
) -> Any:
    import torch
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=str(folder or tempfile.gettempdir()),  # made even where nothing is saved to it
        num_train_epochs=epochs,
        learning_rate=learning_rate,
        warmup_steps=settings.warmup,
        lr_scheduler_type="linear",
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        train_sampling_strategy="random",
        bf16=half_precision(settings.precision),
        use_cpu=not torch.cuda.is_available(),
        eval_strategy="epoch" if measured else "no",
        save_strategy="epoch" if folder else "no",
        logging_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=measured,
        metric_for_best_model="eval_f1",
        greater_is_better=True,
        seed=settings.seed,
        full_determinism=False,
        ddp_find_unused_parameters=False,  # every encoder known here uses all of them in every step
        dataloader_pin_memory=False,
        disable_tqdm=True,
        report_to=integrations(settings.report_to) or "none",
        remove_unused_columns=False,
    )


def _epochs(history: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    rows: dict[int, dict[str, float]] = {}
    for entry in history:
        row = rows.setdefault(round(entry["epoch"]), {"epoch": round(entry["epoch"])})
        row |= {new: entry[old] for old, new in (("loss", "loss"), ("eval_f1", "f1")) if old in entry}
    return [row for _, row in sorted(rows.items()) if "f1" in row]
