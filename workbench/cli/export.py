"""`workbench export`: a model's faster precisions."""

from pathlib import Path

import click

from workbench.cli.common import answer, json_option, model_option, say, table, workspace


@click.command()
@model_option
@click.option("--data", required=True, metavar="FILE", help="Annotated bulletins to measure on, not trained on.")
@click.option("--calibrate", metavar="FILE", help="Bulletins like those to be read; else those of --data.")
@click.option("-o", "--output", metavar="DIR", help="Write a new model folder instead of adding to the model.")
@json_option
def command(model: str | None, data: str, calibrate: str | None, output: str | None, as_json: bool) -> None:
    """Make a model faster: int8 and bf16, measured against fp32.

    The model's card then says what each costs, and `--precision auto` takes what costs next to nothing.

    \b
    Example:
      workbench export --model models/first --data test.jsonl --calibrate train.jsonl
    """
    import shutil

    from workbench.core.corpus import labelled, load_corpus
    from workbench.core.errors import InputError
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model
    from workbench.train.precisions import export_precisions

    source = find_model(model, workspace())
    load_model(source)  # refuses a damaged model before anything is copied or made
    folder = Path(output) if output else source
    if output:
        if folder.exists():
            raise InputError(f"{folder} is there already; remove it or name another folder")
        shutil.copytree(source, folder)
    dev = labelled(load_corpus(data), where=data)
    say(f"quantising and measuring {folder}; this takes about a minute")
    manifest = export_precisions(folder, calibrate=load_corpus(calibrate) if calibrate else dev, dev=dev)
    rows = [
        (name, m.tags, m.entity_tags, m.f1, m.f1_fp32, "yes" if m.good_enough(name) else "no")
        for name, m in manifest.precisions.items()
    ]
    answer(
        {
            "model": str(folder),
            "version": manifest.version,
            "precisions": {n: m.table() for n, m in manifest.precisions.items()},
        },
        as_json=as_json,
        lines=[
            *table(("precision", "tags as fp32", "on entities", "F1", "F1 fp32", "auto"), rows),
            f"The model is in {folder}; its card is {folder / 'README.md'}.",
        ],
    )
