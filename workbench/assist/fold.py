"""Text with its accidents of writing folded away, each character with its way back to the original.

Folded are: Unicode's compatibility forms (NFKC), case, the shapes of quotation marks and dashes and their doubling,
invisible characters, and all spaces. What such a comparison could run together ("a part" and "apart", "1 2" and
"12") is told apart by those who use it: edges must be edges of words, and numbers are compared in the original.
"""

import re
import unicodedata
from dataclasses import dataclass

_DASH, _QUOTE = "-", "'"
_SHAPES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹘﹣-", _DASH) | dict.fromkeys('“”„‟«»″"‘’‚‛‹›′`´＂＇', _QUOTE))


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is folded; its character i came from the original's [starts[i], ends[i])."""

    text: str
    starts: list[int]
    ends: list[int]

    def origin(self, start: int, end: int) -> tuple[int, int] | None:
        """The original stretch of folded [start, end); None where that would cut an original character."""
        if start and self.starts[start] == self.starts[start - 1]:
            return None
        if end < len(self.starts) and self.starts[end] == self.starts[end - 1]:
            return None
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """The folded text with its map."""
    if _plain(text):
        starts = [place for place, char in enumerate(text) if not char.isspace()]
        return Folded(fold_only(text), starts, [place + 1 for place in starts])
    return _fold_slowly(text)


def fold_only(text: str) -> str:
    """The folded text without its map: the same characters as fold gives, sooner."""
    if _plain(text):
        return "".join(text.split()).translate(_SHAPES).lower()
    return _fold_slowly(text).text


def _plain(text: str) -> bool:
    """Whether every character but a space folds to exactly one."""
    return text.isascii() and not _NOT_PLAIN.search(text)


# Controls that are no spaces, and doubled dashes and quotation marks.
_NOT_PLAIN = re.compile("[\x00-\x08\x0e-\x1b\x7f]|--|['\"`]{2}")


def _fold_slowly(text: str) -> Folded:
    chars, starts, ends = list[str](), list[int](), list[int]()
    place = 0
    while place < len(text):
        end = place + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        for char in _folded(text[place:end]):
            if char in (_DASH, _QUOTE) and chars and chars[-1] == char and ends[-1] == place:
                ends[-1] = end
            else:
                chars.append(char)
                starts.append(place)
                ends.append(end)
        place = end
    return Folded("".join(chars), starts, ends)


def _folded(cluster: str) -> str:
    """A character with its combining marks, folded; often one character, none for a space."""
    # Twice, because folding the case of some characters makes new compatibility forms.
    once = unicodedata.normalize("NFKC", cluster.translate(_SHAPES)).casefold()
    twice = unicodedata.normalize("NFKC", once).translate(_SHAPES)
    return "".join(char for char in twice if not (char.isspace() or unicodedata.category(char) in ("Cf", "Cc")))
