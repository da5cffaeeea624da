"""`workbench gate`: whether a model may take the place of another; exit status 3 says no."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from workbench.cli.common import answer, json_option, schema_option
from workbench.cli.runs import comparison_options, difference_dict, scored
from workbench.core.errors import GateFailedError

if TYPE_CHECKING:
    from workbench.score.gate import Verdict


@click.command(name="gate")
@click.option("--baseline", required=True, metavar="RUN", help="The run (or prediction file) to hold up against.")
@click.option("--candidate", default="latest", show_default=True, metavar="RUN", help="The run (or file) to judge.")
@click.option(
    "--margin", default=0.01, show_default=True, type=click.FloatRange(0, 1), help="How much F1 may be lost at most."
)
@click.option("--critical", multiple=True, metavar="LABEL", help="A label whose F1 must not fall; may be repeated.")
@schema_option
@comparison_options
@json_option
def command(
    baseline: str,
    candidate: str,
    *,
    margin: float,
    critical: Sequence[str],
    schema_path: str | None,
    gold: str | None,
    resamples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Say no (exit 3) where a model may be worse than a baseline.

    It is a no when the lower bound of the 95 % interval of the F1 difference lies under minus the margin, or when a
    critical label falls. Both must have been scored on the same data.

    \b
    Example:
      workbench gate --baseline release-1 --margin 0.01 --critical FIGURE_KILLED
    """
    from workbench.score.gate import judge

    (old, a), (new, b) = (scored(name, gold=gold, schema_path=schema_path) for name in (baseline, candidate))
    verdict = judge(a, b, margin=margin, critical=critical, resamples=resamples, seed=seed)
    shown = {
        "passed": verdict.passed,
        "baseline": old,
        "candidate": new,
        "margin": margin,
        "reasons": list(verdict.reasons),
        "overall": difference_dict(verdict.overall),
        "critical": {label: difference_dict(found) for label, found in verdict.critical.items()},
    }
    answer(shown, as_json=as_json, lines=_lines(verdict, old, new))
    if not verdict.passed:
        raise GateFailedError(f"{new} may not take the place of {old}: {'; '.join(verdict.reasons)}")


def _lines(verdict: "Verdict", old: str, new: str) -> Iterator[str]:
    found = verdict.overall
    if verdict.passed and found.interval is not None:
        yield (
            f"{new} may take the place of {old}: F1 went from {found.first:.3f} to {found.second:.3f}, "
            f"difference {found.interval.low:+.3f} to {found.interval.high:+.3f} (95 %)"
        )
