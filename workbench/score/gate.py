"""Whether a new model may take the place of an old one."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.errors import SchemaError
from workbench.score.evaluation import Evaluation
from workbench.score.paired import Difference, compare_paired
from workbench.score.resample import RESAMPLES


@dataclass(frozen=True)
class Verdict:
    """What the gate found; it says no where there are reasons against."""

    overall: Difference
    critical: dict[str, Difference]
    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the candidate."""
        return not self.reasons


def judge(
    baseline: Evaluation,
    candidate: Evaluation,
    *,
    margin: float,
    critical: Sequence[str] = (),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Verdict:
    """No where the lower bound of the difference in strict F1 lies under minus the margin, or a critical label falls.

    Too little gold for a bound is a no as well: what cannot be shown is not let through. Raises InputError where the
    two were not scored on the same data or on one document, SchemaError for a critical label that is not in it.
    """
    for label in critical:
        if label not in baseline.labels:
            raise SchemaError(f"the critical label {label!r} is not one of the runs' labels; name one of the schema's")
    found = compare_paired(baseline, candidate, resamples=resamples, seed=seed)
    watched = {label: found[f"label:{label}"] for label in critical}
    reasons = [*_overall(found["micro"], margin), *_critical(watched)]
    return Verdict(found["micro"], watched, tuple(reasons))


def _overall(difference: Difference, margin: float) -> list[str]:
    if difference.interval is None:
        return ["there are too few gold spans to bound the difference in F1; evaluate on more gold"]
    if difference.interval.low >= -margin:
        return []
    return [
        f"F1 went from {difference.first:.3f} to {difference.second:.3f}, and the lower bound of the difference, "
        f"{difference.interval.low:+.3f}, lies under {-margin:+.3f}"
    ]


def _critical(watched: dict[str, Difference]) -> list[str]:
    reasons = []
    for label, difference in watched.items():
        if difference.first is not None and (difference.second is None or difference.second < difference.first):
            now = "undefined" if difference.second is None else f"{difference.second:.3f}"
            reasons.append(f"the critical label {label} fell from {difference.first:.3f} to {now}")
    return reasons
