"""`workbench compare`: two models side by side on the same bulletins."""

import click

from workbench.cli.common import answer, json_option, schema_option
from workbench.cli.runs import comparison_options, difference_lines, differences, scored


@click.command(name="compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@schema_option
@comparison_options
@json_option
def command(
    first: str, second: str, *, schema_path: str | None, gold: str | None, resamples: int, seed: int, as_json: bool
) -> None:
    """Compare two recorded runs, or two files of predictions.

    A run is named by its number, its model's name (the newest of that name) or `latest`.

    \b
    Examples:
      workbench compare 3 latest
      workbench compare old.jsonl new.jsonl --gold gold.jsonl
    """
    from workbench.score.paired import compare_paired

    (a_title, a), (b_title, b) = (scored(name, gold=gold, schema_path=schema_path) for name in (first, second))
    found = compare_paired(a, b, resamples=resamples, seed=seed)
    shown = {"first": a_title, "second": b_title, "documents": a.documents, **differences(found)}
    answer(shown, as_json=as_json, lines=difference_lines(found, (a_title, b_title)))
