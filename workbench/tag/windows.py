"""Windows over a document that is longer than the model: cut between sentences, so that none is lost or torn."""

import re
from dataclasses import dataclass

import numpy as np

from workbench.tag.units import Ints, Units

# An end mark of any of many scripts and what closes a quotation, or a line's end. A wrong cut, as behind "Gen.", costs
# a little context and no more.
_SENTENCE_END = re.compile(r"[.!?\u061f\u06d4\u0964]['\"\u2019\u201d\u00bb)\]]*\s+|[\u3002\uff01\uff1f]|\n")
_LEAST_USED = 1 / 3  # of the width, by a window that ends early so as to end with a sentence


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens `start:end` are fed to the model; units `first_unit:last_unit` take their tags from it."""

    start: int
    end: int
    first_unit: int
    last_unit: int


def windows_of(units: Units, *, width: int, overlap: int) -> list[Window]:
    """Windows of at most `width` tokens, each unit in exactly one. A document without units has no window.

    A window ends where the last sentence that fits ends, and the next begins there. Inside a sentence that is too long
    for it, neighbours share about `overlap` tokens, and the middle of them decides whose a unit is, so that each is
    tagged where it has more context.
    """
    count = len(units.token_ids)
    if not len(units):
        return []
    begins = _sentence_starts(units) if count > width else units.first_token[:0]
    windows: list[Window] = []
    start = first = 0
    while start + width < count:
        end = start + width
        place = int(np.searchsorted(begins, end, side="right")) - 1
        if place >= 0 and begins[place] >= start + width * _LEAST_USED:
            end = following = middle = int(begins[place])
        else:
            following = _unit_start(units, at_most=end - overlap, after=start)
            middle = (following + end) // 2
        last = int(np.searchsorted(units.first_token, middle))
        windows.append(Window(start, end, first, last))
        start, first = following, last
    return [*windows, Window(start, count, first, len(units))]


def _sentence_starts(units: Units) -> Ints:
    """The first tokens of the units that begin a sentence, but the first, in order."""
    ends = [match.end() for match in _SENTENCE_END.finditer(units.text)]
    begun = np.unique(np.searchsorted(units.starts, ends))
    return units.first_token[begun[begun < len(units)]]


def _unit_start(units: Units, *, at_most: int, after: int) -> int:
    """The last unit start at or before a token, but after `after`; the token itself inside a longer unit."""
    place = int(np.searchsorted(units.first_token, at_most, side="right")) - 1
    token = int(units.first_token[place]) if place >= 0 else at_most
    return token if token > after else at_most
