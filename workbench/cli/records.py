"""`workbench records`."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.cli.common import answer, counted, json_option, progress, say, schema_option, workspace

if TYPE_CHECKING:
    from workbench.record.incident import Tools

F = TypeVar("F", bound=Callable[..., Any])


def tools_options(function: F) -> F:
    """`--policy`, `--parties`, `--places`, `--linking` and `--least-score`: what bulletins are read with."""
    function = click.option(
        "--least-score",
        default=0.5,
        show_default=True,
        type=click.FloatRange(0, 1),
        help="Leave out triggers that a model is less sure of; 0 keeps all.",
    )(function)
    function = click.option("--linking", metavar="FILE", help="A linking model of your own (`workbench link`).")(
        function
    )
    function = click.option(
        "--places", metavar="FILE", help="Place names of your own instead of annotations/places.toml."
    )(function)
    function = click.option(
        "--parties", metavar="FILE", help="A party list of your own instead of annotations/parties.toml."
    )(function)
    return click.option(
        "--policy",
        default="literal",
        show_default=True,
        metavar="NAME",
        help="What vague counts are worth: literal, acled, isaf, or a TOML file.",
    )(function)


def record_tools(
    schema_path: str | None,
    *,
    policy: str = "literal",
    parties: str | None = None,
    places: str | None = None,
    linking: str | None = None,
    least_score: float = 0.5,
) -> "Tools":
    """The tools that the options name."""
    from workbench.record.run import load_tools

    here = workspace()
    return load_tools(
        here.schema(schema_path),
        cache=here.state,
        policy=policy,
        parties=Path(parties) if parties else None,
        places=Path(places) if places else None,
        linking=Path(linking) if linking else None,
        least_score=least_score,
        tell=say,
    )


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
@tools_options
@schema_option
@json_option
def command(
    files: tuple[str, ...],
    outputs: tuple[str, ...],
    *,
    headline: str,
    columns: str,
    edits: str | None,
    schema_path: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Make event records out of labelled bulletins.

    One row an event: what, when, where, who, how many at least and at most, and whether the claims conflict.
    In .jsonl every claim has its document's hash and its characters. The first run
    in a workspace makes the list of the world's places, which takes 20 seconds.

    \b
    Example:
      workbench records labelled.jsonl -o records.jsonl -o records.csv
    """
    from workbench.core.corpus import read_corpus
    from workbench.record.edits import load_edits
    from workbench.record.run import records_of
    from workbench.record.write import check_outputs, write_records

    targets = check_outputs(outputs)
    entries = (entry for file in files for entry in read_corpus(file))
    first = [*islice(entries, 1)]  # a wrong file is said before the list of places is made, which takes long
    made = records_of(
        chain(first, entries),
        record_tools(schema_path, **given),
        edits=load_edits(Path(edits)) if edits else None,
        headline=headline,
        progress=progress,
    )
    for target in targets:
        write_records(made.events, target, columns=columns)
    if made.unlabelled:
        say(f"{made.unlabelled} of {made.documents} bulletins have no labels and made no record; label them first")
    if made.doubtful:
        doubtful, least = counted(made.doubtful, "trigger"), given["least_score"]
        say(f"left out {doubtful} that the model is less than {least:.0%} sure of (--least-score)")
    if made.homeless:
        say(f"left out {counted(made.homeless, 'figure')} without an event")
    if made.unknown_edits:
        say(f"{len(made.unknown_edits)} incidents of the edits are in none of the files: {made.unknown_edits[0]} …")
    conflicts = sum(bool(event.conflicts) for event in made.events)
    events = f"{counted(len(made.events), 'event')} of {counted(made.documents, 'bulletin')}"
    answer(
        {
            "documents": made.documents,
            "unlabelled": made.unlabelled,
            "incidents": made.incidents,
            "doubtful_triggers": made.doubtful,
            "figures_without_event": made.homeless,
            "events": len(made.events),
            "conflicts": conflicts,
            "outputs": list(outputs),
        },
        as_json=as_json,
        lines=[f"{events} ({conflicts} with conflicting claims) in {', '.join(outputs)}", *_next(outputs)],
    )


def _next(outputs: Sequence[str]) -> Iterator[str]:
    """How records are looked at."""
    if page := next((name for name in outputs if name.endswith(".jsonl")), None):
        yield f"look at them: workbench report --records {page} -o records.html"
