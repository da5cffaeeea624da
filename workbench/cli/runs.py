"""What `compare` and `gate` share: how a run is named on the command line, and how differences are shown."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import F, table, workspace

if TYPE_CHECKING:
    from workbench.score.evaluation import Evaluation
    from workbench.score.paired import Difference


def comparison_options(function: F) -> F:
    """`--gold`, `--resamples` and `--seed`, for two systems on the same documents."""
    for option in (
        click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Same seed, same answer."),
        click.option("--resamples", default=10_000, show_default=True, type=click.IntRange(1), help="Random draws."),
        click.option("--gold", metavar="FILE", help="The gold, where prediction files are named instead of runs."),
    ):
        function = option(function)
    return function


def scored(name: str, *, gold: str | None, schema_path: str | None) -> tuple[str, "Evaluation"]:
    """A title and the evaluation of what was named: a prediction file (with --gold), else a run of the history."""
    from workbench.core.corpus import read_corpus
    from workbench.score.evaluation import evaluate_entries
    from workbench.score.record import evaluation_of, history_of

    here = workspace()
    if gold is not None:
        predicted = read_corpus(name)
        found = evaluate_entries(
            read_corpus(gold), predicted, here.schema(schema_path), gold_name=gold, predicted_name=name
        )
        return Path(name).stem, found
    if Path(name).is_file():
        raise click.UsageError(f"{name} is a file: name the gold that it is scored against with --gold FILE")
    run = history_of(here).run(name)
    return f"{run.id} {run.name}", evaluation_of(run)


def difference_dict(found: "Difference") -> dict[str, Any]:
    """A difference for JSON."""
    return {
        "first": found.first,
        "second": found.second,
        "difference": found.difference,
        "interval": [found.interval.low, found.interval.high] if found.interval else None,
        "p": found.p,
    }


def differences(found: Mapping[str, "Difference"]) -> dict[str, Any]:
    """All differences for JSON: micro, macro, groups and labels."""
    nested: dict[str, Any] = {"groups": {}, "labels": {}}
    for name, one in found.items():
        kind, _, label = name.partition(":")
        (nested[f"{kind}s"] if label else nested)[label or kind] = difference_dict(one)
    return {name: nested[name] for name in ("micro", "macro", "groups", "labels")}


def difference_lines(found: Mapping[str, "Difference"], titles: tuple[str, str]) -> Iterator[str]:
    """A table of the differences that are defined."""
    header = ("strict F1", *titles, "difference", "95 %", "p")
    yield from table(header, _rows(found.items()))
    yield "p by approximate randomisation over bulletins; of labels, corrected after Holm"


def _rows(found: Iterable[tuple[str, "Difference"]]) -> Iterator[tuple[Any, ...]]:
    for name, one in found:
        if one.first is None and one.second is None:
            continue
        between = f"{one.interval.low:+.3f} to {one.interval.high:+.3f}" if one.interval else "too few"
        gap = "–" if one.difference is None else f"{one.difference:+.3f}"
        kind, _, label = name.partition(":")
        title = label if kind == "label" else f"all of group {label}" if kind == "group" else name
        yield (title, one.first, one.second, gap, between, one.p)
