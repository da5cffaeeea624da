"""`workbench train`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, json_option, say, schema_option, stepping, table, workspace

if TYPE_CHECKING:
    from workbench.tag.model import Manifest


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
@click.option(
    "--silver",
    "silver_files",
    multiple=True,
    metavar="FILE",
    help="Bulletins labelled by a model (workbench assist, prelabel), to learn from as well.",
)
@click.option("--silver-weight", type=click.FloatRange(0), help="Weight of a silver bulletin, where gold has 1.")
@click.option("--silver-report", is_flag=True, help="Train without the silver too, and say per label what it adds.")
@click.option("--candidate", is_flag=True, help="Leave the workspace's current model in force; a gate comes first.")
@click.option("--seed", type=int, help="Seed of everything random.")
@schema_option
@json_option
def command(
    *,
    train_files: tuple[str, ...],
    dev_file: str | None,
    output: str,
    encoder: str | None,
    changes: tuple[str, ...],
    silver_files: tuple[str, ...],
    silver_weight: float | None,
    silver_report: bool,
    candidate: bool,
    seed: int | None,
    schema_path: str | None,
    as_json: bool,
) -> None:
    """Fine-tune the token classifier on annotated bulletins.

    Prints F1 on dev after each epoch, keeps the best, and writes a model folder with its card.
    A run that was stopped goes on where it was when the same command is given again.
    Several devices: torchrun --nproc-per-node 2 -m workbench train …, or accelerate launch -m workbench train …

    \b
    Example:
      workbench train --train annotations/corpus.jsonl -o models/first
      workbench train --train gold.jsonl --silver assisted.jsonl --silver-report -o models/silver
    """
    from workbench.core.corpus import labelled, load_corpus
    from workbench.tag.find import set_current
    from workbench.train.run import train_model
    from workbench.train.settings import settings_from
    from workbench.train.together import is_first
    from workbench.train.trainer import Watch

    here = workspace()
    given: dict[str, Any] = dict(_pair(change) for change in changes)
    options = (("encoder", encoder), ("seed", seed), ("silver_weight", silver_weight))
    given |= {name: value for name, value in options if value is not None}
    entries = [entry for file in train_files for entry in labelled(load_corpus(file), where=file)]
    dev = labelled(load_corpus(dev_file), where=dev_file) if dev_file else None
    silver = [entry for file in silver_files for entry in load_corpus(file)]
    with _together(), stepping("training") as step:
        watch = Watch(step, lambda number, f1: say(f"epoch {number}: F1 on dev {f1:.3f}"), say)
        result = train_model(
            entries,
            dev=dev,
            silver=silver,
            without_silver=silver_report,
            schema=here.schema(schema_path),
            settings=settings_from(given),
            folder=Path(output),
            cache=here.state / "encoders",
            watch=watch if is_first() else Watch(),
        )
    if not is_first():
        return
    if not candidate:
        set_current(result.folder, here)
    scores, version = result.manifest.scores, result.manifest.version
    answer(
        {"model": str(result.folder), "version": version, "dev": scores, "epochs": list(result.epochs)},
        as_json=as_json,
        lines=[
            *_score_lines(result.manifest),
            f"The model is in {result.folder}; its card is {result.folder / 'README.md'}.",
        ],
    )


def _score_lines(manifest: "Manifest") -> Iterator[str]:
    from workbench.train.card_parts import silver_rows

    scores, keys = manifest.scores, ("support", "precision", "recall", "f1")
    rows = [(name, *(counts[key] for key in keys)) for name, counts in scores["labels"].items()]
    rows.append(("all labels (micro)", *(scores["micro"][key] for key in keys)))
    yield from table(("label", "gold spans", "precision", "recall", "F1"), rows, title="Strict F1 on dev")
    if "without" in scores.get("silver", {}):
        header = ("label", "gold spans", "without silver", "with silver", "difference")
        yield from table(header, silver_rows(scores), title="What the silver bulletins add: strict F1 on dev")
    errors = [(name, row["count"], row["before"], row["after"]) for name, row in scores["calibration"].items()]
    header = ("scores of", "number", "as they come", f"with temperature {manifest.temperature:g}")
    yield from table(header, errors, title="Expected calibration error on dev")


@contextmanager
def _together() -> Iterator[None]:
    """Where several processes make the run, only the first says what went wrong; all leave in order."""
    from workbench.core.errors import WorkbenchError
    from workbench.train.together import is_first, leave

    try:
        yield
    except WorkbenchError as error:
        if not is_first():
            sys.exit(error.exit_status)
        raise
    finally:
        leave()


def _pair(change: str) -> tuple[str, str]:
    name, equals, value = change.partition("=")
    if not equals:
        raise click.UsageError(f"--set {change}: expected NAME=VALUE, such as --set epochs=10")
    return name.strip(), value.strip()
