"""`workbench prelabel`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.common import (
    alone_at,
    answer,
    corpus_name,
    engine_options,
    json_option,
    keep_older,
    model_option,
    progress,
    say,
    workspace,
)

if TYPE_CHECKING:
    from workbench.core.corpus import Entry


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_option
@click.option(
    "-o",
    "--output",
    callback=corpus_name,
    required=True,
    metavar="FILE",
    help="Corpus (JSON Lines) to write; a folder with ray.",
)
@click.option("--split", type=click.Choice(["blank"]), help="Split .txt files into several bulletins at blank lines.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N bulletins.")
@click.option("--rules", metavar="FILE|auto", help="Join rules with the model; auto: rules.toml beside the schema.")
@click.option(
    "--policy",
    default="prefer",
    show_default=True,
    type=click.Choice(["fill", "prefer", "alone"]),
    help="Where rules and model overlap: fill keeps the model's spans, prefer the rules'; alone uses no model.",
)
@engine_options("auto", ray=True)
@click.option("--workers", type=click.IntRange(1), metavar="N", help="With ray: processes; else one a core here.")
@click.option("--address", metavar="HOST:PORT", help="With ray: the cluster's head, or auto; else this machine alone.")
@click.option("--shards", type=click.Choice(["jsonl", "parquet"]), help="With ray: the form to write; else jsonl.")
@json_option
def command(
    paths: tuple[str, ...],
    model: str | None,
    output: str,
    split: str | None,
    limit: int | None,
    rules: str | None,
    policy: str,
    engine: str,
    precision: str,
    workers: int | None,
    address: str | None,
    shards: str | None,
    as_json: bool,
) -> None:
    """Label new bulletins with a trained model.

    Rules are joined to it where --rules names some. Files, folders and globs of any form that can be read, or - for
    JSON Lines on standard input; every bulletin comes out, in order. What cannot be read goes to FILE.rejects.jsonl
    with its reason. A run that was stopped goes on where it was when the same command is given again (not from
    standard input).

    With --engine ray every file is a shard: labelled by one of the workers into a file of the same name in the folder
    -o, its rejects in a folder beside it. Ids are compared within a shard.

    \b
    Examples:
      workbench prelabel bulletins/ --model models/first -o labelled.jsonl
      workbench prelabel bulletins/ --rules auto -o labelled.jsonl
      workbench prelabel shards/ --engine ray --address head:6379 --workers 64 -o labelled/
    """
    if engine == "ray":
        if limit or rules or policy == "alone" or "-" in paths:
            raise click.UsageError(
                "--engine ray labels whole files with the model; --limit, rules and standard input need one process"
            )
        from workbench.cli.workers import label_on_workers

        label_on_workers(
            paths, model, Path(output), split, precision, workers, address, shards or "jsonl", as_json=as_json
        )
    elif workers or address or shards:
        raise click.UsageError("--workers, --address and --shards need --engine ray")
    elif policy == "alone":
        with alone_at(output):
            _by_rules_alone(paths, rules, output, split, limit, as_json=as_json)
    else:
        with alone_at(output):
            _in_this_process(paths, model, output, split, limit, rules, policy, engine, precision, as_json=as_json)


def _in_this_process(
    paths: tuple[str, ...],
    model: str | None,
    output: str,
    split: str | None,
    limit: int | None,
    rules: str | None,
    policy: str,
    engine: str,
    precision: str,
    *,
    as_json: bool,
) -> None:
    from dataclasses import asdict
    from itertools import islice

    from workbench.core.errors import InputError
    from workbench.core.memory import hand_back_freed
    from workbench.read.extent import identity_of
    from workbench.read.paths import read_paths
    from workbench.read.report import ReadReport
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model
    from workbench.tag.prelabel import prelabel
    from workbench.tag.rejects import Rejects
    from workbench.tag.rules import Joiner, find_rules

    hand_back_freed()
    here = workspace()
    keep_older(output, here, why="before prelabel")
    loaded = load_model(find_model(model, here), engine=engine, precision=precision)
    join = Joiner(find_rules(rules, here, loaded.schema), policy) if rules else None
    version = join.version(loaded.version) if join else loaded.version
    heard, rejects = ReadReport(), Rejects(Path(output))
    report = prelabel(
        islice(read_paths(paths, split=split, report=heard, reject=rejects.add), limit),
        model=loaded,
        out=Path(output),
        inputs=f"{identity_of(paths, split, limit)} {version}",
        join=join,
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
    value = {
        "output": output,
        "model_version": version,
        "engine": loaded.engine,
        "precision": loaded.precision,
        **asdict(report),
        "rejected": rejects.count,
    }
    resumed = f" ({report.resumed:,} of them by an earlier run)" if report.resumed else ""
    line = f"{report.documents:,} bulletins{resumed} with {report.spans:,} spans by {version} are in {output}"
    answer(value, as_json=as_json, lines=[line])


def _by_rules_alone(
    paths: tuple[str, ...], rules: str | None, output: str, split: str | None, limit: int | None, *, as_json: bool
) -> None:
    """Labels with rules and no model: for labels that nobody has trained a model on yet."""
    from dataclasses import replace
    from itertools import islice

    from workbench.core.corpus import write_corpus
    from workbench.read.paths import read_paths
    from workbench.read.report import ReadReport
    from workbench.tag.rules import AUTO, find_rules

    here, heard, spans = workspace(), ReadReport(), 0
    keep_older(output, here, why="before prelabel")
    found = find_rules(rules or AUTO, here, here.schema())
    entries = progress(islice(read_paths(paths, split=split, report=heard), limit), what="labelling")

    def labelled() -> "Iterator[Entry]":
        nonlocal spans
        for entry in entries:
            said = found.label(entry.document)
            spans += len(said.spans)
            yield replace(entry, annotation=said)

    documents = write_corpus(output, labelled())
    for line in heard.lines():
        say(line)
    value = {"output": output, "model_version": found.version, "documents": documents, "spans": spans}
    line = f"{documents:,} bulletins with {spans:,} spans by {found.version} are in {output}"
    answer(value, as_json=as_json, lines=[line])


def _expected(paths: tuple[str, ...], limit: int | None) -> int | None:
    """The bar's end; nobody counts where nobody sees it."""
    import sys

    from workbench.read.extent import about_how_many

    count = about_how_many(paths) if sys.stderr.isatty() else None
    return limit if count is None else min(count, limit or count)
