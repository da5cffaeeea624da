"""Whether scores mean what they say: of the spans scored 0.8, are eight in ten right?

Reliability diagram and expected calibration error as in Guo et al. 2017, "On Calibration of Modern Neural Networks":
bands of equal width, and the mean gap between score and share of right ones, weighted by how many spans a band has.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from workbench.score.pairs import Pairs, Spans
from workbench.score.resample import Interval

BANDS = 10
_Z = 1.959963984540054  # the normal quantile of 95 %


@dataclass(frozen=True, slots=True)
class Band:
    """Predicted spans with scores from `low` up to `high`: how many, their mean score, how many are right (strict)."""

    low: float
    high: float
    spans: int
    mean_score: float
    right: int

    @property
    def share_right(self) -> float:
        """The share that is right."""
        return self.right / self.spans

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of that share (Wilson 1927); spans of one document are alike, so it is narrow."""
        n, p = self.spans, self.share_right
        middle, spread = p + _Z**2 / (2 * n), _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        scale = 1 + _Z**2 / n
        return Interval(max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


@dataclass(frozen=True)
class Calibration:
    """The bands that hold spans, in order; `unscored` predicted spans carry no score and say nothing here."""

    bands: tuple[Band, ...]
    unscored: int

    @property
    def spans(self) -> int:
        """How many spans have a score."""
        return sum(band.spans for band in self.bands)

    @property
    def error(self) -> float | None:
        """Expected calibration error, 0 to 1; None where no span has a score."""
        gaps = (band.spans * abs(band.share_right - band.mean_score) for band in self.bands)
        return sum(gaps) / self.spans if self.bands else None


def calibrate(pairs: Pairs, *, bands: int = BANDS) -> Calibration:
    """Scores of predicted spans against whether the gold has the very same span."""
    found: list[list[tuple[float, bool]]] = [[] for _ in range(bands)]
    unscored = 0
    for gold, predicted in zip(pairs.gold, pairs.predicted, strict=True):
        right = set(gold)
        for span in predicted:
            if span.score is None:
                unscored += 1
            else:
                found[min(int(span.score * bands), bands - 1)].append((span.score, span in right))
    return Calibration(
        bands=tuple(
            Band(
                low=place / bands,
                high=(place + 1) / bands,
                spans=len(some),
                mean_score=math.fsum(score for score, _ in some) / len(some),
                right=sum(right for _, right in some),
            )
            for place, some in enumerate(found)
            if some
        ),
        unscored=unscored,
    )


def document_error(pairs: Pairs, score_of: Callable[[Spans], float | None], *, bands: int = BANDS) -> float | None:
    """Expected calibration error of a score of whole documents, held against the share of their spans that is right.

    Documents in which nothing was predicted, or whose score is None, say nothing here. None where all are such.
    """
    found: list[list[float]] = [[] for _ in range(bands)]
    for gold, predicted in zip(pairs.gold, pairs.predicted, strict=True):
        score = score_of(predicted) if predicted else None
        if score is not None:
            right = len(set(gold) & set(predicted)) / len(predicted)
            found[min(int(score * bands), bands - 1)].append(score - right)
    many = sum(map(len, found))
    return sum(abs(math.fsum(gaps)) for gaps in found) / many if many else None
