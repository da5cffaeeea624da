"""`workbench records`."""

from pathlib import Path

import click

from workbench.cli.common import answer, json_option, progress, say, schema_option, workspace


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Ends in .jsonl (with claims), .csv, .parquet, .sqlite or .geojson; may be given several times.",
)
@click.option(
    "--policy",
    default="literal",
    show_default=True,
    metavar="NAME",
    help="What vague counts are worth: literal, acled, isaf, or a TOML file.",
)
@click.option(
    "--headline",
    default="conservative",
    show_default=True,
    help="Which number stands for an event.",
    type=click.Choice(["conservative", "representative", "recent"]),
)
@click.option(
    "--columns",
    default="workbench",
    show_default=True,
    help="Column names of .csv and .parquet.",
    type=click.Choice(["workbench", "acled", "ucdp"]),
)
@click.option("--edits", metavar="FILE", help="Merges and separations of incidents by a person (TOML).")
@click.option("--parties", metavar="FILE", help="A party list of your own instead of annotations/parties.toml.")
@click.option("--places", metavar="FILE", help="Place names of your own instead of annotations/places.toml.")
@click.option("--linking", metavar="FILE", help="A trained linking model (JSON).")
@schema_option
@json_option
def command(
    files: tuple[str, ...],
    outputs: tuple[str, ...],
    policy: str,
    headline: str,
    columns: str,
    edits: str | None,
    parties: str | None,
    places: str | None,
    linking: str | None,
    schema_path: str | None,
    as_json: bool,
) -> None:
    """Make event records out of labelled bulletins.

    One row an event: what, when, where, who, how many at least and at most, and whether the claims conflict.
    In .jsonl every claim has its document's hash and its characters. The first run
    builds the gazetteer, which takes half a minute.

    \b
    Example:
      workbench records labelled.jsonl -o records.jsonl -o records.csv
    """
    from workbench.core.corpus import read_corpus
    from workbench.record.edits import load_edits
    from workbench.record.run import load_tools, records_of
    from workbench.record.write import check_outputs, write_records

    here = workspace()
    targets = check_outputs(outputs)
    tools = load_tools(
        here.schema(schema_path),
        cache=here.state,
        policy=policy,
        parties=_path(parties),
        places=_path(places),
        linking=_path(linking),
    )
    made = records_of(
        (entry for file in files for entry in read_corpus(file)),
        tools,
        edits=load_edits(Path(edits)) if edits else None,
        headline=headline,
        progress=progress,
    )
    for target in targets:
        write_records(made.events, target, columns=columns)
    if made.unlabelled:
        say(f"{made.unlabelled} of {made.documents} bulletins have no labels and made no record; label them first")
    if made.unknown_edits:
        say(f"{len(made.unknown_edits)} incidents of the edits are in none of the files: {made.unknown_edits[0]} …")
    conflicts = sum(bool(event.conflicts) for event in made.events)
    counted = f"{len(made.events)} events of {made.documents} bulletins ({conflicts} with conflicting claims)"
    answer(
        {
            "documents": made.documents,
            "unlabelled": made.unlabelled,
            "incidents": made.incidents,
            "events": len(made.events),
            "conflicts": conflicts,
            "outputs": list(outputs),
        },
        as_json=as_json,
        lines=[f"{counted} are in {', '.join(outputs)}"],
    )


def _path(given: str | None) -> Path | None:
    return Path(given) if given else None
