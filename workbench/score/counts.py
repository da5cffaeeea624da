"""True positives, false positives and false negatives: whole numbers until they are printed."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found and right, found and wrong, and missed. Ratios are None where they divide by nothing."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def gold(self) -> int:
        """Support: how many there are in the gold."""
        return self.tp + self.fn

    @property
    def predicted(self) -> int:
        """How many were predicted."""
        return self.tp + self.fp

    @property
    def precision(self) -> float | None:
        """The share of the predicted that is right; None where nothing was predicted."""
        return self.tp / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """The share of the gold that was found; None where there is no gold."""
        return self.tp / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of the two; None where there is neither gold nor prediction, 0 where nothing is right.

        Computed as 2PR / (P + R), as seqeval and seqscore do, so that the last digit is theirs too.
        """
        if not self.gold and not self.predicted:
            return None
        precision, recall = self.precision, self.recall
        if not precision or not recall:
            return 0.0
        return 2 * (precision * recall) / (precision + recall)

    def as_dict(self) -> dict[str, Any]:
        """Ratios and counts, for JSON."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
        }
