"""`workbench import`: bulletins into Label Studio."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.common import (
    agreed,
    alone_in,
    answer,
    json_option,
    progress,
    project_option,
    project_or_default,
    say,
    say_replaced,
    schema_option,
    workspace,
    yes_option,
)

if TYPE_CHECKING:
    from workbench.core.workspace import Workspace
    from workbench.studio.importing import Imported, Predict


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@project_option
@schema_option
@click.option("--split", type=click.Choice(["blank"]), help="Cut .txt files at blank lines into several bulletins.")
@click.option(
    "--model",
    metavar="DIR",
    help="Send this model's predictions along. starter: the one of the clone; none: no model's.",
)
@click.option("--with-annotations", is_flag=True, help="Send people's labels along, as your own annotations.")
@click.option("--annotators", type=click.IntRange(1), metavar="N", help="How many people label each task (1).")
@click.option("--guidelines", metavar="FILE", help="Show these guidelines (Markdown) as the project's instructions.")
@click.option(
    "--blind",
    default=0.0,
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Give this share (0.1: a tenth) no suggestions, as a control; see `workbench influence`.",
)
@click.option("--fix-config", is_flag=True, help="Set the project's labelling configuration to the schema's.")
@yes_option
@json_option
def command(
    paths: tuple[str, ...],
    project: str | None,
    schema_path: str | None,
    split: str | None,
    model: str | None,
    with_annotations: bool,
    annotators: int | None,
    guidelines: str | None,
    blind: float,
    fix_config: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Import bulletins into a Label Studio project, each once.

    The same text comes in once, however often it is given. With a model its suggestions go along.

    \b
    Examples:
      workbench import bulletins/ --project "May 2024"
      workbench import new.jsonl --project "May 2024" --model models/current
      workbench import test/ --project "Test" --model none
      workbench import new.jsonl --project "May 2024" --annotators 2 --guidelines annotations/GUIDELINES.md
    """
    from workbench.core.files import open_text
    from workbench.read import ReadReport, read_paths
    from workbench.studio.connect import connect_remembering
    from workbench.studio.importing import import_entries

    here = workspace()
    title = project_or_default(project, here)
    report, said = ReadReport(), None
    if guidelines:
        with open_text(Path(guidelines)) as file:
            said = file.read()
    if fix_config:
        agreed(f"Replace the labelling page of {title!r} by the schema's? (`workbench undo` takes it back)", yes=yes)
    with alone_in(title, here), connect_remembering(here, "import --fix-config") as studio:
        done = import_entries(
            studio,
            read_paths(paths, split=split, report=report),
            title,
            here.schema(schema_path),
            predict=_predictor(model, here),
            with_annotations=with_annotations,
            annotators=annotators,
            guidelines=said,
            fix_config=fix_config,
            blind=blind,
            progress=progress,
        )
    say_replaced(studio.deed, "labelling page was")
    for line in [*report.lines(), *_remarks(done, blind)]:
        say(line)
    address = f"{studio.url}/projects/{done.project}"
    lines = [
        f"imported {done.tasks} bulletins into {title!r}"
        f" ({done.predictions} with predictions, {done.annotations} with annotations);"
        f" {done.known} were there already",
        f"label them at {address}",
    ]
    answer({"project": title, "url": address, **_counts(done)}, as_json=as_json, lines=lines)


def _remarks(done: "Imported", blind: float) -> Iterator[str]:
    """What did not go in as it was given, a line each."""
    if done.unsent:
        yield f"{done.unsent} bulletins went in without their labels by people; --with-annotations sends them along"
    if done.left:
        yield f"{done.left} texts hold nothing to label and were left out"
    if done.doubled:
        yield (
            f"{done.doubled} bulletins had come in twice, by another import or one that was stopped; each is there once"
        )
    if done.blind:
        yield f"{done.blind} bulletins get no suggestions (--blind {blind:g})"
    if done.known and not done.tasks:
        yield "what is there keeps its predictions; `workbench push FILE` sends a file's"


def _counts(done: "Imported") -> dict[str, int]:
    return {
        "created": done.created,
        "imported": done.tasks,
        "predictions": done.predictions,
        "annotations": done.annotations,
        "already_there": done.known,
        "without_their_labels": done.unsent,
        "left_out": done.left,
        "blind": done.blind,
        "doubled": done.doubled,
    }


def _predictor(model: str | None, here: "Workspace") -> "Predict | None":
    """The model's hook for import_entries; none where no model was named, or "none" against a default."""
    if model in (None, "none"):
        return None
    from functools import partial

    from workbench.tag.find import find_model
    from workbench.tag.model import load_model
    from workbench.tag.prelabel import predict

    return partial(predict, load_model(find_model(model, here)))
