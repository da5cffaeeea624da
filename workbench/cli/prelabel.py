"""`workbench prelabel`."""

from pathlib import Path

import click

from workbench.cli.common import (
    answer,
    engine_options,
    json_option,
    keep_older,
    model_option,
    progress,
    say,
    workspace,
)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_option
@click.option("-o", "--output", required=True, metavar="FILE", help="Corpus (JSON Lines) to write.")
@click.option("--split", type=click.Choice(["blank"]), help="Split .txt files into several bulletins at blank lines.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N bulletins.")
@engine_options("auto")
@json_option
def command(
    paths: tuple[str, ...],
    model: str | None,
    output: str,
    split: str | None,
    limit: int | None,
    engine: str,
    precision: str,
    as_json: bool,
) -> None:
    """Label new bulletins with a trained model.

    Files, folders and globs of any form that can be read, or - for JSON Lines on standard input; every bulletin comes
    out, in order. What cannot be read goes to FILE.rejects.jsonl with its reason. A run that was stopped goes on where
    it was when the same command is given again (not from standard input).

    \b
    Example:
      workbench prelabel bulletins/ --model models/first -o labelled.jsonl
    """
    from itertools import islice

    from workbench.core.errors import InputError
    from workbench.read.paths import read_paths
    from workbench.read.report import ReadReport
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model
    from workbench.tag.prelabel import prelabel
    from workbench.tag.rejects import Rejects

    here = workspace()
    keep_older(output, here, why="before prelabel")
    loaded = load_model(find_model(model, here), engine=engine, precision=precision)
    heard, rejects = ReadReport(), Rejects(Path(output))
    report = prelabel(
        islice(read_paths(paths, split=split, report=heard, reject=rejects.add), limit),
        model=loaded,
        out=Path(output),
        inputs=_identity(paths, split, limit),
        reject=rejects.add,
        progress=progress,
        total=_expected(paths, limit),
    )
    rejects.finish()
    for line in heard.lines():
        say(line)
    if rejects.count:
        say(f"{rejects.count:,} could not be labelled and are in {rejects.path}; the first is {rejects.first}")
    if not report.documents:
        raise InputError(f"no bulletin could be labelled; the reasons are in {rejects.path}")
    resumed = f" ({report.resumed:,} of them by an earlier run)" if report.resumed else ""
    answer(
        {
            "output": output,
            "model_version": loaded.version,
            "engine": loaded.engine,
            "precision": loaded.precision,
            "documents": report.documents,
            "spans": report.spans,
            "resumed": report.resumed,
            "repaired": report.repaired,
            "rejected": rejects.count,
        },
        as_json=as_json,
        lines=[
            f"{report.documents:,} bulletins{resumed} with {report.spans:,} spans by {loaded.version} are in {output}"
        ],
    )


def _identity(paths: tuple[str, ...], split: str | None, limit: int | None) -> str:
    """What the run reads, so that it is only taken up for the same files as they were: names, sizes and times."""
    import hashlib
    import json
    import os

    if "-" in paths:
        # Nobody can say whether the same comes in again.
        return f"standard input of process {os.getpid()} at {os.times().elapsed}"
    files = [(str(file), (seen := file.stat()).st_size, seen.st_mtime_ns) for file in _files(paths)]
    return hashlib.sha256(json.dumps([list(paths), files, split, limit]).encode()).hexdigest()


def _expected(paths: tuple[str, ...], limit: int | None) -> int | None:
    """About how many bulletins there are, for the time left; None where only reading all of it would tell."""
    import sys

    if not sys.stderr.isatty() or "-" in paths:
        return limit
    counts = [_rows(file) for file in _files(paths)]
    known = [count for count in counts if count is not None]
    return min(sum(known), limit or sum(known)) if len(known) == len(counts) else limit


def _rows(path: Path) -> int | None:
    if path.suffix in (".jsonl", ".ndjson"):
        with path.open("rb") as file:
            return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        try:
            return int(pq.read_metadata(path).num_rows)
        except (OSError, ValueError):
            return None
    return 1 if path.suffix in (".txt", ".html", ".htm") else None


def _files(paths: tuple[str, ...]) -> list[Path]:
    """The files meant, as reading finds them."""
    from workbench.read.find import find_sources
    from workbench.read.report import ReadReport

    return [source.path for source in find_sources(paths, ReadReport()) if source.path.is_file()]
