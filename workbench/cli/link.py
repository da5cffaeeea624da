"""`workbench link`: train what links figures, parties, places and sources to their events."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, json_option, progress, say, schema_option, table
from workbench.cli.records import record_tools

if TYPE_CHECKING:
    from workbench.record.learn import CrossValidated, Tally


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", metavar="FILE", help="The linking model to write (.json); else it is only measured.")
@click.option(
    "--folds",
    default=5,
    show_default=True,
    type=click.IntRange(0),
    help="Parts of the cross-validation; 0 writes the model without measuring.",
)
@schema_option
@json_option
def command(files: tuple[str, ...], output: str | None, folds: int, schema_path: str | None, as_json: bool) -> None:
    """Train the linker on the relations that annotators drew.

    It says which event each figure, party, place and date belongs to, who claims what, and which mentions are one
    event. By cross-validation each bulletin is linked by a model that did not learn from it; F1 stands beside that of
    the nearest trigger. A whole record is right where its type, day, place and all numbers are.

    \b
    Examples:
      workbench link annotations/corpus.jsonl -o linking.json
      workbench records labelled.jsonl --linking linking.json -o records.csv
    """
    from workbench.core.corpus import load_corpus
    from workbench.record.learn import cross_validate, train, with_relations
    from workbench.record.scorer import save_scorer

    if folds == 1:
        raise click.UsageError("--folds 1 leaves nothing to learn from: take 2 or more, or 0 for none")
    if not folds and not output:
        raise click.UsageError("there is nothing to do: name the model with -o FILE, or measure with --folds 5")
    entries = [entry for file in files for entry in load_corpus(file)]
    drawn = with_relations(entries)
    if len(drawn) < len(entries):
        say(f"{len(entries) - len(drawn)} of {len(entries)} bulletins have no relations and are left out")
    tools = record_tools(schema_path)
    measured = cross_validate(drawn, tools, folds=folds, progress=progress) if folds else None
    if output:
        save_scorer(train(drawn, tools.schema), Path(output))
    value: dict[str, Any] = {"bulletins": len(drawn), "model": output} | (_as_dict(measured) if measured else {})
    answer(value, as_json=as_json, lines=_lines(measured, output))


def _lines(measured: "CrossValidated | None", output: str | None) -> Iterator[str]:
    if measured:
        title = f"F1, {measured.folds} folds, {measured.bulletins} bulletins"
        rows = [(name, trained.drawn, trained.f1, nearest.f1) for name, trained, nearest in _pairs(measured)]
        yield from table(("relation", "drawn", "trained", "nearest trigger"), rows, title=title)
    if output:
        yield f"the linking model is in {output}; use it with: workbench records FILE --linking {output} -o records.csv"


def _as_dict(measured: "CrossValidated") -> dict[str, Any]:
    rows = {
        name: {"drawn": trained.drawn, "f1": round(trained.f1, 4), "nearest_f1": round(nearest.f1, 4)}
        for name, trained, nearest in _pairs(measured)
    }
    return {"folds": measured.folds, "f1": rows}


def _pairs(measured: "CrossValidated") -> "Iterator[tuple[str, Tally, Tally]]":
    """Each type of relation, all of them, and whole records: trained and nearest."""
    trained, nearest = measured.trained, measured.nearest
    yield from ((kind, trained.links[kind], nearest.links[kind]) for kind in trained.links)
    yield "all", trained.all_links, nearest.all_links
    yield "records", trained.records, nearest.records
