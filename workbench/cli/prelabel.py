"""`workbench prelabel`."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import click

from workbench.cli.common import answer, json_option, model_option, progress, say, workspace


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_option
@click.option("-o", "--output", required=True, metavar="FILE", help="Corpus (JSON Lines) to write.")
@click.option("--split", type=click.Choice(["blank"]), help="Split .txt files into several bulletins at blank lines.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N bulletins.")
@json_option
def command(
    paths: tuple[str, ...], model: str | None, output: str, split: str | None, limit: int | None, as_json: bool
) -> None:
    """Label new bulletins with a trained model.

    Files, folders and globs of any form that can be read; every bulletin comes out, in order. A run that was stopped
    goes on where it was when the same command is given again.

    \b
    Example:
      workbench prelabel bulletins/ --model models/first -o labelled.jsonl
    """
    from itertools import islice

    from workbench.read.paths import read_paths
    from workbench.read.report import ReadReport
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model
    from workbench.tag.prelabel import prelabel

    loaded = load_model(find_model(model, workspace()))
    heard = ReadReport()
    entries = islice(read_paths(paths, split=split, report=heard), limit)
    report = prelabel(
        progress(entries, what="pre-labelling", total=limit),
        model=loaded,
        out=Path(output),
        inputs=_identity(paths, split, limit),
    )
    for line in heard.lines():
        say(line)
    resumed = f" ({report.resumed} of them by an earlier run)" if report.resumed else ""
    answer(
        {
            "output": output,
            "model_version": loaded.version,
            "documents": report.documents,
            "spans": report.spans,
            "resumed": report.resumed,
            "repaired": report.repaired,
        },
        as_json=as_json,
        lines=[f"{report.documents} bulletins{resumed} with {report.spans} spans by {loaded.version} are in {output}"],
    )


def _identity(paths: Sequence[str], split: str | None, limit: int | None) -> str:
    """What the run reads, so that it is only taken up for the same files as they were: names, sizes and times."""
    seen = []
    for path in map(Path, paths):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        seen += [(str(file), os.stat(file).st_size, os.stat(file).st_mtime_ns) for file in files if file.is_file()]
    return hashlib.sha256(json.dumps([list(paths), seen, split, limit]).encode()).hexdigest()
