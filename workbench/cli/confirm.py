"""`workbench confirm`: people confirm, merge and split events in Label Studio."""

from pathlib import Path
from typing import Any

import click

from workbench.cli.common import (
    answer,
    json_option,
    keep_older,
    progress,
    project_option,
    project_or_default,
    say,
    say_replaced,
    schema_option,
    workspace,
)
from workbench.cli.records import record_tools, tools_options


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@project_option
@click.option("--edits", metavar="FILE", help="The merges and separations in force (TOML); taking back writes it.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N sheets: conflicts, then joins.")
@click.option("--take-back", is_flag=True, help="Take the decisions back, into -o and --edits.")
@click.option("-o", "--output", metavar="FILE", help="With --take-back: the bulletins, the reviewed with their links.")
@tools_options
@schema_option
@json_option
def command(
    files: tuple[str, ...],
    *,
    project: str | None,
    edits: str | None,
    limit: int | None,
    take_back: bool,
    output: str | None,
    schema_path: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Let people confirm, merge and split events.

    In Label Studio; --take-back brings their decisions into the next records. Bulletins that may tell of one event
    stand on one sheet. A same_event link joins two mentions, also of two bulletins: remove it to split, draw one to
    merge. The other links say which event a figure counts for (figure_of) and who says so (claimed_by). Submit a
    sheet to confirm it. Records made from what is taken back obey it.

    \b
    Examples:
      workbench confirm labelled.jsonl --project "Events May"
      workbench confirm labelled.jsonl --project "Events May" --take-back -o reviewed.jsonl --edits edits.toml
      workbench records reviewed.jsonl --edits edits.toml -o records.jsonl
    """
    if take_back and not (output and edits):
        raise click.UsageError("--take-back writes two files: name them with -o FILE and --edits FILE")
    if output and not take_back:
        raise click.UsageError("-o writes the decisions, so it goes with --take-back")
    title = project_or_default(project, workspace())
    tools = record_tools(schema_path, **given)
    if take_back:
        _take_back(files, title, tools, Path(str(output)), Path(str(edits)), as_json=as_json)
    else:
        _send(files, title, tools, edits, limit, as_json=as_json)


def _send(
    files: tuple[str, ...], title: str, tools: Any, edits: str | None, limit: int | None, *, as_json: bool
) -> None:
    from workbench.core.corpus import read_corpus
    from workbench.record.confirm import send
    from workbench.record.edits import load_edits
    from workbench.studio.connect import connect_remembering

    entries = (entry for file in files for entry in read_corpus(file))
    with connect_remembering(workspace(), "confirm") as studio:
        done = send(
            studio,
            entries,
            tools,
            title,
            edits=load_edits(Path(edits)) if edits else None,
            limit=limit,
            progress=progress,
        )
        address = f"{studio.url}/projects/{done.project}"
    say_replaced(studio.deed, "older drawings of sheets were")
    value = {
        "project": title,
        "url": address,
        "sheets": done.sheets,
        "new": done.new,
        "redrawn": done.redrawn,
        "bulletins": done.bulletins,
    }
    lines = [
        f"{done.sheets} sheets of {done.bulletins} bulletins are in {title!r} ({done.new} new, {done.redrawn} redrawn)",
        f"look at them at {address}, and submit each that is right",
        "then take the decisions back: the same command with --take-back -o reviewed.jsonl --edits edits.toml",
    ]
    answer(value, as_json=as_json, lines=lines)


def _take_back(files: tuple[str, ...], title: str, tools: Any, output: Path, edits: Path, *, as_json: bool) -> None:
    from workbench.core.corpus import load_corpus, write_corpus
    from workbench.record.confirm import take_back
    from workbench.record.edits import load_edits, write_edits
    from workbench.studio.connect import connect_remembering

    entries = [entry for file in files for entry in load_corpus(file)]
    with connect_remembering(workspace(), "confirm") as studio:
        taken = take_back(
            studio, entries, tools, title, edits=load_edits(edits) if edits.exists() else None, progress=progress
        )
    found = taken.decisions
    keep_older(output, workspace(), why="before confirm")
    write_corpus(output, (found.entries.get(entry.document.hash, entry) for entry in entries))
    write_edits(found.edits, edits)
    if found.different:
        say(f"{len(found.different)} bulletins were changed on two sheets; the later was taken: {found.different[0]} …")
    if found.missing:
        say(f"{found.missing} bulletins of the sheets are in none of the files; left out")
    if found.strays:
        say(f"{found.strays} spans or links run from one bulletin into another and are no same_event; left out")
    value = {
        "project": title,
        "submitted": taken.submitted,
        "open": taken.open,
        "reviewed": len(found.entries),
        "merges": found.merges,
        "apart": found.apart,
        "outputs": [str(output), str(edits)],
    }
    line = (
        f"{len(found.entries)} reviewed bulletins are in {output}, {found.merges} merges and {found.apart} separations "
        f"in {edits}; {taken.open} sheets are still open"
    )
    answer(value, as_json=as_json, lines=[line])
