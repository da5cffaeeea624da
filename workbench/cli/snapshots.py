"""`workbench snapshots`: the versions of annotated corpora."""

from dataclasses import asdict
from pathlib import Path

import click

from workbench.cli.common import answer, corpus_file, json_option, keep_older, table, workspace


@click.group()
def command() -> None:
    """List, keep and restore versions of annotated corpora.

    Every pull keeps one, and so does each command before it overwrites a file that people annotated. They are
    immutable, lie in annotations/snapshots/, and `workbench diff` takes their names and hashes.

    \b
    Examples:
      workbench snapshots list
      workbench snapshots keep gold.jsonl
      workbench snapshots restore gold~1 -o gold.jsonl
    """


@command.command(name="list")
@click.argument("corpus", required=False, metavar="[NAME]")
@json_option
def listing(corpus: str | None, as_json: bool) -> None:
    """List the snapshots, oldest first; with NAME those of one corpus.

    \b
    Example:
      workbench snapshots list gold
    """
    snapshots = workspace().snapshots
    found = snapshots.of(corpus) if corpus else snapshots.all()
    value = {"snapshots": [{"name": each.name, "path": str(snapshots.path(each)), **asdict(each)} for each in found]}
    rows = [(each.name, each.made[11:16], each.rows, each.labelled, each.spans, each.why) for each in found]
    lines = table(("snapshot", "UTC", "bulletins", "labelled", "spans", "made by"), rows)
    answer(value, as_json=as_json, lines=lines if found else ["no snapshot yet; `workbench pull` makes them"])


@command.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option
def keep(files: tuple[str, ...], as_json: bool) -> None:
    """Keep corpus files as they are now.

    \b
    Example:
      workbench snapshots keep gold.jsonl
    """
    snapshots = workspace().snapshots
    kept = [(name, *snapshots.keep(Path(name), why="keep")) for name in files]
    value = {"snapshots": [{"file": file, "name": each.name, "new": new} for file, each, new in kept]}
    lines = [f"{file} is kept as {each.name}" + ("" if new else " already") for file, each, new in kept]
    answer(value, as_json=as_json, lines=lines)


@command.command()
@click.argument("name", metavar="SNAPSHOT")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to write it.")
@json_option
def restore(name: str, output: str, as_json: bool) -> None:
    """Write a snapshot to a file; what people annotated there is kept as a snapshot first.

    \b
    Example:
      workbench snapshots restore gold~1 -o gold.jsonl
    """
    from workbench.core.files import replacing

    here = workspace()
    source = corpus_file(name, here)
    keep_older(output, here, why="before restore")
    with replacing(Path(output)) as file:
        file.write(source.read_bytes())
    answer({"snapshot": str(source), "file": output}, as_json=as_json, lines=[f"{source.name} is now in {output}"])
