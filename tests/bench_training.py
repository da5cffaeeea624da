"""One epoch of fine-tuning MiniLM on 10,000 sentences: this project's recipe and the plain Trainer, side by side.

    python -m tests.bench_training [--sentences 10000] [--rounds 3]

`plain` is what one writes without this package: Hugging Face's Trainer in fp32 with dynamic padding, random batches of
32 and its own AdamW over all weights. `default` is the recipe of `workbench train`: random batches too, a step's
sentences taken a few of like length at a time, bf16, fused AdamW, frozen embeddings; at the same batch of 32, so that
both make as many steps. Both see the same sentences from the same start, rounds in turn (plain, default, plain, …),
each round with its own seed and each run in a process of its own; only training itself is timed. Tokens are those of
the sentences, special ones included, padding not. Then strict F1 on sentences held out, by the same decoding.

Sentences: those of ../shared/data/spans/ednil-train.jsonl with their labels, repeated where there are too few. With
those of the other sets, most of them MUC-4's without a label, neither recipe finds anything after one epoch, and that
their F1 is equal would say nothing.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

from workbench.cli.common import table
from workbench.core.corpus import Annotation, Document, Entry, load_corpus, write_corpus
from workbench.core.schema import schema_of_labels
from workbench.core.span import Span
from workbench.core.workspace import find_workspace
from workbench.train.settings import TrainingSettings

DATA = Path(__file__).parents[1] / "../shared/data/spans/ednil-train.jsonl"
SETTINGS = TrainingSettings(start="none", epochs=1, batch_size=32)
RECIPES = ("plain", "default")
_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]?")


def sentences(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Stretches of 5 to 100 words that end at a full stop or a line's end and cut no span."""
    for entry in entries:
        for place, match in enumerate(_SENTENCE.finditer(entry.document.text)):
            begin, end = match.start(), match.end()
            if not 5 <= len(match.group().split()) <= 100:
                continue
            touching = [span for span in entry.spans if span.start < end and begin < span.end]
            if all(begin <= span.start and span.end <= end for span in touching):
                inside = tuple(Span(span.start - begin, span.end - begin, span.label) for span in touching)
                yield Entry(Document(f"{entry.document.id}-{place}", match.group()), Annotation(inside))


def collect(wanted: int, held: int) -> tuple[list[Entry], list[Entry]]:
    """Sentences to learn from, repeated up to `wanted`, and others to measure on."""
    pool = list(sentences(load_corpus(DATA)))
    pool = [replace(s, document=Document(f"{n}", s.document.text)) for n, s in enumerate(pool)]
    random.Random(3).shuffle(pool)  # noqa: S311 - data, no secret
    dev, rest = pool[:held], pool[held:]
    train = [
        replace(rest[n % len(rest)], document=Document(f"t{n}", rest[n % len(rest)].document.text))
        for n in range(wanted)
    ]
    return train, dev


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=3, metavar=("RECIPE", "FOLDER", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one(arguments.one[0], Path(arguments.one[1]), seed=int(arguments.one[2]))))
        return
    if not DATA.exists():
        sys.exit(f"{DATA} is not there; this measurement needs the shared data beside the project")
    with tempfile.TemporaryDirectory() as folder:
        train, dev = collect(arguments.sentences, held=max(50, arguments.sentences // 10))
        write_corpus(Path(folder) / "train.jsonl", train)
        write_corpus(Path(folder) / "dev.jsonl", dev)
        print(f"{len(train)} sentences, {sum(len(e.spans) for e in train)} spans; dev {len(dev)} sentences", flush=True)
        runs: dict[str, list[dict[str, float]]] = {recipe: [] for recipe in RECIPES}
        for number in range(arguments.rounds):
            for recipe in RECIPES:
                runs[recipe].append(in_process(recipe, folder, seed=number))
                print(f"round {number + 1}, {recipe}: {json.dumps(runs[recipe][-1])}", flush=True)
    print("\n".join(report(runs)))


def in_process(recipe: str, folder: str, *, seed: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench_training", "--one", recipe, folder, str(seed)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{recipe} failed: {done.stderr[-2000:]}")
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def report(runs: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    rows = [
        (
            recipe,
            round(median(run["tokens"] / run["seconds"] for run in some)),
            median(run["seconds"] for run in some),
            f"{mean(run['f1'] for run in some):.3f}",
            ", ".join(f"{run['f1']:.3f}" for run in some),
            round(max(run["memory"] for run in some) / 2**20),
        )
        for recipe, some in runs.items()
    ]
    yield from table(("recipe", "tokens a second", "seconds", "F1 on dev, mean", "rounds", "peak memory, MB"), rows)
    ratios = [p["seconds"] / d["seconds"] for p, d in zip(runs["plain"], runs["default"], strict=True)]
    yield f"default is {median(ratios):.2f} times as fast as plain (rounds: {', '.join(f'{r:.2f}' for r in ratios)})"


def one(recipe: str, folder: Path, *, seed: int) -> dict[str, float]:
    """An epoch of one recipe: seconds of training alone, tokens, F1 on dev, peak memory in bytes."""
    from workbench.train.bench_worker import peak_memory
    from workbench.train.examples import make_examples
    from workbench.train.measure import measure
    from workbench.train.run import make_learner

    train, dev = load_corpus(folder / "train.jsonl"), load_corpus(folder / "dev.jsonl")
    schema = schema_of_labels({span.label for entry in (*train, *dev) for span in entry.spans})
    settings = replace(SETTINGS, seed=seed)
    if recipe == "plain":
        settings = replace(settings, freeze_embeddings=False, precision="fp32")
    learner = make_learner(schema, settings, cache=find_workspace().state / "encoders")
    examples = make_examples(train, schema=schema, tagger=learner.tagger, reading=learner.taught)
    begun = time.perf_counter()
    (plain_epoch if recipe == "plain" else default_epoch)(learner, examples, folder / recipe)
    seconds = time.perf_counter() - begun
    tokens = sum(len(row["input_ids"]) for row in examples.rows)
    f1 = measure(learner.tagger, dev, schema).counts().f1 or 0.0
    return {"seconds": seconds, "tokens": tokens, "f1": f1, "memory": peak_memory()}


def default_epoch(learner: Any, examples: Any, folder: Path) -> None:
    from workbench.train.settings import rate
    from workbench.train.trainer import Watch, fit

    fit(
        learner.network,
        examples=examples,
        dev=(),
        schema=learner.schema,
        tagger=learner.tagger,
        settings=learner.settings,
        epochs=1,
        learning_rate=rate(learner.settings, learner.network.config.hidden_size, from_model=False),
        folder=folder,
        watch=Watch(),
    )


def plain_epoch(learner: Any, examples: Any, folder: Path) -> None:
    from datasets import Dataset
    from transformers import PrinterCallback, Trainer, TrainingArguments

    from workbench.train.examples import collate
    from workbench.train.settings import rate

    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        learning_rate=rate(learner.settings, learner.network.config.hidden_size, from_model=False),
        warmup_steps=learner.settings.warmup,
        per_device_train_batch_size=32,
        optim="adamw_torch",
        save_strategy="epoch",  # as the other does
        seed=learner.settings.seed,
        dataloader_pin_memory=False,
        use_cpu=True,
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
    )
    collator = partial(collate, pad_id=learner.tagger.reading.pad_id)
    data = Dataset.from_list(examples.rows)
    trainer = Trainer(model=learner.network, args=arguments, train_dataset=data, data_collator=collator)
    trainer.remove_callback(PrinterCallback)
    trainer.train()


if __name__ == "__main__":
    main()
