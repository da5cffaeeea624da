"""`workbench train`."""

from pathlib import Path
from typing import Any

import click

from workbench.cli.common import answer, json_option, say, say_replaced, schema_option, stepping, table, workspace


@click.command()
@click.option(
    "--train",
    "train_files",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Annotated corpus; may be given several times.",
)
@click.option(
    "--dev", "dev_file", metavar="FILE", help="Corpus to measure on after each epoch; else a part of --train."
)
@click.option("-o", "--output", required=True, metavar="DIR", help="The model folder to write, such as models/first.")
@click.option("--encoder", metavar="NAME", help="minilm, mpnet, a folder or a Hugging Face name.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other setting of the run; see settings.json of a model.",
)
@click.option("--candidate", is_flag=True, help="Leave the workspace's current model in force; a gate comes first.")
@click.option("--seed", type=int, help="Seed of everything random.")
@schema_option
@json_option
def command(
    train_files: tuple[str, ...],
    dev_file: str | None,
    output: str,
    encoder: str | None,
    changes: tuple[str, ...],
    candidate: bool,
    seed: int | None,
    schema_path: str | None,
    as_json: bool,
) -> None:
    """Fine-tune the token classifier on annotated bulletins.

    Prints F1 on dev after each epoch, keeps the best, and writes a model folder with its card.
    A run that was stopped goes on where it was when the same command is given again.

    \b
    Example:
      workbench train --train annotations/corpus.jsonl -o models/first
    """
    from workbench.core.corpus import labelled, load_corpus
    from workbench.core.deeds import Deed
    from workbench.tag.find import set_current
    from workbench.train.run import train_model
    from workbench.train.settings import settings_from
    from workbench.train.trainer import Watch

    here = workspace()
    deed = Deed(here.undo, f"train -o {output}")
    given: dict[str, Any] = dict(_pair(change) for change in changes)
    given |= {name: value for name, value in (("encoder", encoder), ("seed", seed)) if value is not None}
    entries = [entry for file in train_files for entry in labelled(load_corpus(file), where=file)]
    dev = labelled(load_corpus(dev_file), where=dev_file) if dev_file else None
    with stepping("training") as step:
        result = train_model(
            entries,
            dev=dev,
            schema=here.schema(schema_path),
            settings=settings_from(given),
            folder=Path(output),
            cache=here.state / "encoders",
            watch=Watch(step, lambda number, f1: say(f"epoch {number}: F1 on dev {f1:.3f}"), say),
            aside=lambda old: deed.keep_folder(old, of=Path(output).resolve()),
        )
    say_replaced(deed, "older model was")
    if not candidate:
        set_current(result.folder, here)
    scores = result.manifest.scores
    rows = [(name, *(x[k] for k in ("support", "precision", "recall", "f1"))) for name, x in scores["labels"].items()]
    micro = scores["micro"]
    rows.append(("all labels (micro)", *(micro[k] for k in ("support", "precision", "recall", "f1"))))
    answer(
        {"model": str(result.folder), "version": result.manifest.version, "dev": scores, "epochs": list(result.epochs)},
        as_json=as_json,
        lines=[
            *table(("label", "gold spans", "precision", "recall", "F1"), rows, title="Strict F1 on dev"),
            f"The model is in {result.folder}; its card is {result.folder / 'README.md'}.",
        ],
    )


def _pair(change: str) -> tuple[str, str]:
    name, equals, value = change.partition("=")
    if not equals:
        raise click.UsageError(f"--set {change}: expected NAME=VALUE, such as --set epochs=10")
    return name.strip(), value.strip()
