"""How far a proposed span may be trusted: by who else says so and how it was found, never by the model's own word."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.assist.proposal import Evidence, Grounded, Grounding, Status
from workbench.core.corpus import Annotation
from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.core.span import Span

# A ridge this strong keeps weights finite where a sign never fails on little gold.
_RIDGE = 1.0
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for a span: the share of samples that propose it, whether it was quoted exactly and without need of
    a look, and what the tagger says there (1 the same, 0.5 another label or edge, 0 nothing, None not asked)."""

    share: float
    exact: bool
    settled: bool
    tagger: float | None = None

    @property
    def features(self) -> tuple[float, ...]:
        """Numbers for the calibration, the first of them constant."""
        asked = self.tagger is not None
        return (1.0, self.share, float(self.exact), float(self.settled), float(asked), self.tagger or 0.0)


@dataclass(frozen=True, slots=True)
class Trusted:
    """A span with its signs."""

    span: Span
    signs: Signs


def agreed(samples: Sequence[Grounding], *, tagger: Annotation | None = None) -> list[Trusted]:
    """The spans that at least half of the samples propose, flat and in text order, with their signs.

    Raises InputError for no samples. Where two such spans overlap the one with more samples stays, then the longer.
    """
    if not samples:
        raise InputError("there is no sample to take spans from; expected one at least")
    found = dict[Span, list[Grounded]]()
    for grounding in samples:
        for each in grounding.grounded:
            if each.span is not None:
                found.setdefault(each.span, []).append(each)
    enough = [(span, said) for span, said in found.items() if 2 * len(said) >= len(samples)]
    enough.sort(key=lambda one: (-len(one[1]), one[0].start - one[0].end, one[0]))
    kept = dict[Span, list[Grounded]]()
    for span, said in enough:
        if not any(span.overlaps(other) for other in kept):
            kept[span] = said
    return [Trusted(span, _signs(span, kept[span], len(samples), tagger)) for span in sorted(kept)]


def _signs(span: Span, said: list[Grounded], samples: int, tagger: Annotation | None) -> Signs:
    exact = any(each.status in (Status.VERBATIM, Status.FOLDED) for each in said)
    settled = any(not each.review and each.evidence not in (Evidence.REST, Evidence.ORDER) for each in said)
    return Signs(len(said) / samples, exact, settled, None if tagger is None else _tagger_says(span, tagger))


def _tagger_says(span: Span, tagger: Annotation) -> float:
    if span in tagger.spans:
        return 1.0
    return 0.5 if any(span.overlaps(other) for other in tagger.spans) else 0.0


@dataclass(frozen=True)
class Calibration:
    """Weights of a logistic regression from signs to the probability of being right; `bulletins` it was fitted on."""

    weights: tuple[float, ...]
    bulletins: int

    def probability(self, signs: Signs) -> float:
        """0 to 1."""
        return _logistic(sum(w * x for w, x in zip(self.weights, signs.features, strict=True)))

    def save(self, path: Path) -> None:
        """Writes it as JSON."""
        write_text(path, json.dumps({"weights": self.weights, "bulletins": self.bulletins}) + "\n")


def load_calibration(path: Path) -> Calibration | None:
    """The calibration of a file; None where there is none. Raises InputError where it is damaged."""
    if not path.exists():
        return None
    try:
        value = json_value(path.read_text(encoding="utf-8"))
        weights = tuple(float(weight) for weight in value["weights"])
        if len(weights) != len(Signs(0, False, False).features):
            raise ValueError("another number of weights")
        return Calibration(weights, int(value["bulletins"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no calibration ({error}); delete it, and calibrate again") from None


def fit_calibration(judged: Iterable[tuple[Signs, bool]], *, bulletins: int) -> Calibration:
    """The weights that fit signs to what gold says of them, by Newton's method with a ridge on all but the constant.

    Raises InputError where there are no spans.
    """
    import numpy as np

    rows = list(judged)
    if not rows:
        raise InputError("no span was proposed for the gold bulletins, so there is nothing to calibrate on")
    x = np.array([signs.features for signs, _ in rows])
    y = np.array([float(right) for _, right in rows])
    ridge = _RIDGE * np.eye(x.shape[1])
    ridge[0, 0] = 1e-3
    weights = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (y - p) - ridge @ weights
        curve = (x * (p * (1 - p))[:, None]).T @ x + ridge
        step = np.linalg.solve(curve, slope)
        weights += step
        if float(np.abs(step).max()) < 1e-8:
            break
    return Calibration(tuple(float(weight) for weight in weights), bulletins)


def plain_score(signs: Signs, samples: int) -> float | None:
    """Without calibration: the smoothed share of votes, samples and tagger counted alike; None where only one spoke."""
    voices, votes = float(samples), signs.share * samples
    if signs.tagger is not None:
        voices, votes = voices + 1, votes + signs.tagger
    return None if voices < 2 else (votes + 0.5) / (voices + 1)


def brier(judged: Sequence[tuple[float, bool]]) -> float:
    """The mean squared distance of probabilities from what was right (Brier 1950); 0 is best, NaN for none."""
    return sum((p - right) ** 2 for p, right in judged) / len(judged) if judged else math.nan


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
