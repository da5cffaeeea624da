"""Windows over a document that is longer than the model: overlapping, so that nothing is lost or lacks context."""

import itertools
from dataclasses import dataclass

import numpy as np

from workbench.tag.units import Units


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens `start:end` are fed to the model; units `first_unit:last_unit` take their tags from it."""

    start: int
    end: int
    first_unit: int
    last_unit: int


def windows_of(units: Units, *, width: int, overlap: int) -> list[Window]:
    """Windows of at most `width` tokens, each sharing about `overlap` tokens with the next.

    Every unit belongs to exactly one window: in an overlap the middle decides, so that each unit is tagged where
    it has more context. Windows begin with a unit where they can. A document without units has no window.
    """
    count = len(units.token_ids)
    if not len(units):
        return []
    if count <= width:
        return [Window(0, count, 0, len(units))]
    bounds: list[tuple[int, int]] = []
    start = 0
    while True:
        end = min(start + width, count)
        bounds.append((start, end))
        if end == count:
            break
        start = _unit_start(units, at_most=end - overlap, after=start)
    cuts = [0]
    for (_, left_end), (right_start, _) in itertools.pairwise(bounds):
        middle = (right_start + left_end) // 2
        cuts.append(int(np.searchsorted(units.first_token, middle)))
    cuts.append(len(units))
    return [Window(*bound, *cut) for bound, cut in zip(bounds, itertools.pairwise(cuts), strict=True)]


def _unit_start(units: Units, *, at_most: int, after: int) -> int:
    """The last unit start at or before a token, but after `after`; the token itself inside a longer unit."""
    place = int(np.searchsorted(units.first_token, at_most, side="right")) - 1
    token = int(units.first_token[place]) if place >= 0 else at_most
    return token if token > after else at_most
