"""`workbench simulate`: what an order of labelling would have saved."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, json_option, progress, say, schema_option, table, workspace

if TYPE_CHECKING:
    from workbench.active.savings import Curve, Estimate, Simulation
    from workbench.core.corpus import Entry


@click.command()
@click.argument("corpus", metavar="CORPUS")
@click.option(
    "--strategy", "strategies", multiple=True, metavar="NAME", help="One to replay; may be repeated. [default: all]"
)
@click.option(
    "--learner",
    type=click.Choice(["head", "full"]),
    default="head",
    show_default=True,
    help="head: the encoder stays as it is and only its tag layer learns, in about a second a step; it shows which "
    "order teaches more, not how good a model gets. full: the whole network, as `workbench train`, minutes a step.",
)
@click.option(
    "--start",
    default="auto",
    show_default=True,
    metavar="DIR",
    help="Where each step's learning starts: auto (the starter model), none (a bare encoder) or a model folder. "
    "Not a model that has seen CORPUS.",
)
@click.option("--rounds", type=click.IntRange(1), help="Rounds of the full learner. [default: 4, from none 15]")
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1), help="How often CORPUS is dealt anew.")
@click.option("--first", default=10, show_default=True, type=click.IntRange(1), help="Bulletins labelled at the start.")
@click.option("--step", default=10, show_default=True, type=click.IntRange(1), help="Bulletins labelled a step.")
@click.option(
    "--until",
    type=click.IntRange(1),
    help="Bulletins labelled in the end. [default: the whole pool, where all orders have met again]",
)
@click.option(
    "--held", default=0.3, show_default=True, type=click.FloatRange(0.05, 0.9), help="Share that is only scored on."
)
@click.option(
    "--committee", default=3, show_default=True, type=click.IntRange(2), help="Models that vote, each of a resample."
)
@click.option("--results", metavar="FILE", help="The steps, as JSON Lines; else a file in the workspace's .workbench.")
@click.option("-o", "--output", metavar="FILE", help="Also write the curves as one HTML page.")
@schema_option
@json_option
def command(
    corpus: str,
    *,
    strategies: tuple[str, ...],
    learner: str,
    start: str,
    rounds: int | None,
    seeds: int,
    first: int,
    step: int,
    until: int | None,
    held: float,
    committee: int,
    results: str | None,
    output: str | None,
    schema_path: str | None,
    as_json: bool,
) -> None:
    """Say what each order of labelling would have saved.

    Replays an annotated corpus in the order of each strategy of active learning.

    From the same first bulletins each strategy chooses the next out of a pool, a model learns from them and is scored
    on bulletins that were never in the pool; likewise in random order. A run that was stopped goes on where it was
    when the same command is given again, and more seeds or strategies are added to what is there.

    \b
    Examples:
      workbench simulate annotations/corpus.jsonl --start none
      workbench simulate corpus.jsonl --strategy entropy --strategy margin --seeds 10 -o savings.html
    """
    from workbench.active.replay import RANDOM, Plan
    from workbench.active.strategies import STRATEGIES
    from workbench.core.corpus import labelled, load_corpus
    from workbench.train.settings import TrainingSettings
    from workbench.train.simulate import simulate
    from workbench.train.trainer import Watch

    here = workspace()
    names = dict.fromkeys(name for name in strategies or STRATEGIES if name != RANDOM)
    entries = labelled(load_corpus(corpus), where=corpus)
    if start == "auto":
        _warn(entries)
    found = simulate(
        entries,
        plan=Plan((RANDOM, *names), seeds, first, step, until or 0, held, committee),
        schema=here.schema(schema_path),
        learner=learner,
        settings=TrainingSettings(start=start, epochs=rounds or 0),
        results=Path(results) if results else here.state / "simulations",
        cache=here.state / "encoders",
        progress=progress,
        watch=Watch(say=say),
    )
    if output:
        from workbench.core.files import write_text
        from workbench.report.simulation import render_simulation

        write_text(Path(output), render_simulation(found, corpus=Path(corpus).name))
    say(f"the steps are in {found.results}")
    answer(_as_dict(found, output), as_json=as_json, lines=_lines(found, output))


def _warn(entries: "Sequence[Entry]") -> None:
    """Says where the starter has seen the corpus: what it knows already cannot be learned in a better order."""
    from workbench.core.corpus import load_corpus
    from workbench.core.workspace import packaged

    seen = {entry.document.hash for entry in load_corpus(packaged("annotations/corpus.jsonl"))}
    known = sum(entry.document.hash in seen for entry in entries)
    if known:
        say(f"{known} of {len(entries)} bulletins are of the corpus that the starter learned from; use --start none")


def _lines(found: "Simulation", output: str | None) -> "Iterator[str]":
    from workbench.active.savings import verdict
    from workbench.cli.plot import plot_curves

    curves = found.curves
    plan, sizes = found.plan, curves[0].sizes
    yield (
        f"{found.documents} bulletins, {plan.held:.0%} of them held out, {plan.seeds} seeds; learned: {found.learner}"
    )
    header = ("strategy", *(f"F1 at {size}" for size in sizes), "mean F1", "against random", "needs", "saves")
    yield from table(header, [_row(curve) for curve in curves])
    yield (
        "mean F1: area under the curve as a share; needs: bulletins for the F1 that random order ends with; 95 % t "
        "intervals over seeds, widened for seeds that share bulletins (Nadeau and Bengio 2003)"
    )
    yield from plot_curves(sizes, [(curve.strategy, [point.mean for point in curve.f1]) for curve in curves])
    yield from map(verdict, curves)
    if output:
        yield f"the curves are in {output}; open it in any browser"


def _row(curve: "Curve") -> tuple[Any, ...]:
    gain = _shown(curve.gain, sign="+") if curve.gain else "–"
    return (curve.strategy, *map(_shown, curve.f1), _shown(curve.area), gain, curve.needs, curve.saves)


def _shown(value: "Estimate", sign: str = "") -> str:
    mean = f"{value.mean:{sign}.3f}"
    return mean if value.low is None else f"{mean} [{value.low:{sign}.3f}, {value.high:{sign}.3f}]"


def _as_dict(found: "Simulation", output: str | None) -> dict[str, Any]:
    def estimate(value: "Estimate | None") -> dict[str, float | None] | None:
        return None if value is None else {"mean": value.mean, "low": value.low, "high": value.high}

    return {
        "documents": found.documents,
        "held": found.plan.held,
        "seeds": found.plan.seeds,
        "learner": found.learner,
        "results": str(found.results),
        "page": output,
        "strategies": [
            {
                "strategy": curve.strategy,
                "f1": [
                    {"documents": size, **(estimate(point) or {})}
                    for size, point in zip(curve.sizes, curve.f1, strict=True)
                ],
                "area": estimate(curve.area),
                "gain": estimate(curve.gain),
                "beyond_chance": curve.gain.beyond_chance if curve.gain else None,
                "needs": curve.needs,
                "saves": curve.saves,
            }
            for curve in found.curves
        ],
    }
