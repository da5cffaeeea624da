"""What became of the inputs, as a table for a page."""

from collections.abc import Mapping

from fuzz.run import Tally

_HEAD = "| target | inputs | accepted | refused with a sentence | failures | slowest, ms | mean, ms |"


def table(tallies: Mapping[str, Tally]) -> str:
    """Markdown, one row a target and one of all; milliseconds are of processor time."""
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    rows = [_row(name, tally) for name, tally in (*tallies.items(), ("all", total))]
    return "\n".join([_HEAD, "|---|--:|--:|--:|--:|--:|--:|", *rows])


def _row(name: str, tally: Tally) -> str:
    mean = tally.seconds * 1000 / max(1, tally.inputs)
    return (
        f"| {name} | {tally.inputs:,} | {tally.accepted:,} | {tally.refused:,} | {len(tally.failures)} "
        f"| {tally.slowest:.0f} | {mean:.2f} |"
    )
