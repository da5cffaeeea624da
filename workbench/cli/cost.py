"""`workbench cost`: what labelling very many bulletins takes, in hours and money."""

from typing import TYPE_CHECKING

import click

from workbench.cli.common import answer, json_option, table

if TYPE_CHECKING:
    from workbench.tag.cost import Machine


@click.command()
@click.option(
    "--rate",
    required=True,
    type=click.FloatRange(0, min_open=True),
    help="Bulletins a second on one core: docs/s of `workbench bench` by the cores it ran on.",
)
@click.option(
    "--machine",
    "machines",
    multiple=True,
    required=True,
    metavar="NAME:CORES:PRICE[:SPEED]",
    help="A machine, its price an hour, and its speed a core against the measured; may be given several times.",
)
@click.option(
    "--documents",
    multiple=True,
    type=click.IntRange(1),
    default=(1_000_000, 100_000_000),
    show_default=True,
    help="How many bulletins; may be given several times.",
)
@click.option("--within", default=24.0, show_default=True, type=click.FloatRange(0, min_open=True), help="Hours.")
@click.option(
    "--efficiency",
    default=0.85,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the rate that is left where many workers run; `python -m tests.measure_bulk workers` measures it.",
)
@click.option("--shard", default=10_000, show_default=True, type=click.IntRange(1), help="Bulletins a shard.")
@click.option("--losses", default=0.01, show_default=True, type=click.FloatRange(0), help="Workers lost an hour, each.")
@json_option
def command(
    rate: float,
    machines: tuple[str, ...],
    documents: tuple[int, ...],
    within: float,
    efficiency: float,
    shard: int,
    losses: float,
    as_json: bool,
) -> None:
    """Say what labelling a million bulletins would cost.

    A simulation from your own measured rate and prices: shards handed to as many machines as finish within the hours
    given, uneven shards, workers that start and are lost on the way. Storage, network and people are not in it.

    \b
    Example:
      workbench cost --rate 20 --machine small:2:0.10 --machine large:64:2.50
    """
    from dataclasses import asdict

    from workbench.tag.cost import Work, machines_for, simulate

    kinds = [_machine(text) for text in machines]
    works = [Work(count, rate, efficiency, shard, losses_an_hour=losses) for count in documents]
    bills = [
        (work.documents, simulate(work, kind, machines=machines_for(work, kind, hours=within)))
        for work in works
        for kind in kinds
    ]
    rows = [
        (f"{count:,}", b.machine, b.machines, f"{b.hours:,.2f}", f"{b.machine_hours:,.1f}", f"{b.price:,.2f}", b.lost)
        for count, b in bills
    ]
    header = ("bulletins", "machine", "machines", "hours", "machine hours", "price", "workers lost")
    answer(
        {"rate": rate, "efficiency": efficiency, "bills": [{"documents": n, **asdict(bill)} for n, bill in bills]},
        as_json=as_json,
        lines=[
            *table(header, rows),
            f"from {rate:g} bulletins a second a core, {efficiency:g} of it with many workers, and the prices given",
        ],
    )


def _machine(text: str) -> "Machine":
    from workbench.tag.cost import Machine

    name, *numbers = text.split(":")
    try:
        cores, price, speed = int(numbers[0]), float(numbers[1]), float(numbers[2]) if len(numbers) > 2 else 1.0
    except (ValueError, IndexError):
        raise click.UsageError(f"--machine {text}: expected NAME:CORES:PRICE or NAME:CORES:PRICE:SPEED") from None
    if not name or cores < 1 or price < 0 or speed <= 0 or len(numbers) > 3:
        raise click.UsageError(f"--machine {text}: expected a name, cores from 1, a price from 0, a speed above 0")
    return Machine(name, cores, price, speed)
