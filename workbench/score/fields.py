"""One row of fields a bulletin, scored field by field: the share of bulletins in which it is right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.score.columns import Ints
from workbench.score.resample import RESAMPLES, TOO_LITTLE_GOLD, Interval, draws, interval_of, totals_of

ALL = "all"


@dataclass(frozen=True)
class FieldScores:
    """How often each field was asked and right, (documents, fields, 2) of right and asked; ALL comes last."""

    names: tuple[str, ...]
    table: Ints

    @property
    def documents(self) -> int:
        """How many bulletins were scored."""
        return len(self.table)

    def right(self, name: str) -> int:
        """In how many bulletins the field is right."""
        return int(self.table[:, self.names.index(name), 0].sum())

    def asked(self, name: str) -> int:
        """In how many bulletins the gold says something of the field, be it that there is none."""
        return int(self.table[:, self.names.index(name), 1].sum())

    def accuracy(self, name: str) -> float | None:
        """The share that is right; None where the gold says nothing of it anywhere."""
        return self.right(name) / self.asked(name) if self.asked(name) else None


def score_fields(answers: Sequence[Mapping[str, bool]], names: Sequence[str]) -> FieldScores:
    """`answers` says of each bulletin which fields of `names` are right; those that the gold lacks are not in it.

    ALL is right where every field that was asked is.
    """
    rows = [[(answer.get(name, False), name in answer) for name in names] for answer in answers]
    table = np.array(rows, dtype=np.int64).reshape(len(answers), len(names), 2)
    whole = np.stack([(table[..., 0] == table[..., 1]).all(axis=1), table[..., 1].any(axis=1)], axis=-1)
    whole[:, 0] &= whole[:, 1]
    return FieldScores((*names, ALL), np.concatenate([table, whole[:, None].astype(np.int64)], axis=1))


def field_intervals(scores: FieldScores, *, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Interval | None]:
    """95 % intervals of accuracy by name, bulletins drawn; None where fewer than TOO_LITTLE_GOLD were asked."""
    found = np.empty((resamples, len(scores.names)))
    if scores.documents:
        for rows, weights in draws(scores.documents, resamples, seed):
            totals = totals_of(weights, scores.table)
            with np.errstate(invalid="ignore"):
                found[rows] = totals[..., 0] / totals[..., 1]
    enough = [scores.asked(name) >= TOO_LITTLE_GOLD for name in scores.names]
    return {name: interval_of(found[:, at]) if enough[at] else None for at, name in enumerate(scores.names)}
