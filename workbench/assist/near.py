"""Places that nearly read as a quote, for labels that are no figures: ellipses, and small slips of copying.

What may differ is narrow on purpose. Names and words may have a slip of one letter (two from ten letters on) between
their first and last letters; little words may be there or not. Numbers, months, days and every word that could turn the
sense ("not", "un-") may not differ. A nearest string by similarity would take "unarmed men" for "armed men".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.assist.numbers import guarded_key
from workbench.assist.places import Place, SearchedText, words_of

_LITTLE = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "at",
        "on",
        "by",
        "to",
        "and",
        "for",
        "from",
        "with",
        "s",
        "its",
        "their",
        "his",
        "her",
    ]
)
_ELLIPSIS = re.compile(r"…|\.\.\.+|\[\s*(?:…|\.\.\.+)\s*\]")
# An ellipsis stands for at most so many characters.
_GAP = 200
_LEAST_LETTERS = 5


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    slips: int


def elided_places(text: SearchedText, quote: str) -> list[Place]:
    """Places of a quote with an ellipsis: its first piece to its last, all pieces in order, no more words between
    than an ellipsis may stand for. Of a quote with one piece only, that piece."""
    pieces = [piece for piece in _ELLIPSIS.split(quote) if words_of(piece)]
    if not pieces or not _ELLIPSIS.search(quote):
        return []
    found = []
    for first in text.places(pieces[0]):
        end: int | None = first.end
        for piece in pieces[1:]:
            after = [place.end for place in text.places(piece) if end is not None and 0 <= place.start - end <= _GAP]
            end = after[0] if after else None
        if end is not None and guarded_key(text.text[first.start : end]) == guarded_key(quote):
            found.append(Place(first.start, end, False))
    return found


def near_places(text: SearchedText, quote: str) -> list[Place]:
    """Places that read as the quote with the fewest slips; several where they have equally few."""
    said = words_of(quote)
    firm = [place for place, word in enumerate(said) if word not in _LITTLE]
    if not firm:
        return []
    # Little words at the end ("shot at") belong to the phrase; those before and between may be there or not.
    wanted = [said[place] for place in firm] + list(said[firm[-1] + 1 :])
    key, leading = guarded_key(quote), said[: said.index(wanted[0])]
    fits = [
        found
        for found in (_widened(text, each, leading) for each in _matches(text, wanted))
        if not (text.within[found.start] or text.within[found.end])
        and guarded_key(text.text[found.start : found.end]) == key
    ]
    fewest = min((found.slips for found in fits), default=0)
    return [Place(found.start, found.end, False) for found in fits if found.slips == fewest]


def _matches(text: SearchedText, wanted: list[str]) -> Iterator[_Found]:
    """Stretches whose words are the wanted ones one to one, each equal or near, little words left aside."""
    words = text.words
    for first, word in enumerate(words):
        if word[0] != wanted[0][0]:
            continue
        slips, at, last = 0, first, first
        for want in wanted:
            while at < len(words) and at > first and words[at] in _LITTLE and words[at] != want:
                at += 1
            slip = _slip(words[at], want) if at < len(words) else None
            if slip is None:
                break
            slips, last, at = slips + slip, at, at + 1
        else:
            if slips <= max(1, len(wanted) // 3):
                yield _Found(text.word_starts[first], text.word_ends[last], slips)


def _widened(text: SearchedText, found: _Found, leading: tuple[str, ...]) -> _Found:
    """With the quote's leading little words where they stand before it, and a bracket closed that was opened."""
    number, start = text.word_starts.index(found.start), found.start
    for word in reversed(leading):
        if number == 0 or text.words[number - 1] != word:
            break
        number, start = number - 1, text.word_starts[number - 1]
    surface, after = text.text[start : found.end], text.text[found.end : found.end + 1]
    closes = after == ")" and surface.count("(") > surface.count(")")
    return _Found(start, found.end + closes, found.slips)


def _slip(word: str, want: str) -> int | None:
    """0 for the same word, 1 for one that is nearly it, None for another."""
    if word == want:
        return 0
    longer = max(len(word), len(want))
    if (
        word[0] != want[0]
        or word[-1] != want[-1]
        or min(len(word), len(want)) < _LEAST_LETTERS
        or guarded_key(word)
        or guarded_key(want)
    ):
        return None
    if not (word.isalpha() and want.isalpha()):
        return None
    allowed = 2 if longer >= 10 else 1
    return 1 if _distance(word, want, allowed) <= allowed else None


def _distance(one: str, other: str, most: int) -> int:
    """Levenshtein's distance, or most + 1 as soon as it is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before = list(range(len(other) + 1))
    for i, char in enumerate(one, start=1):
        row = [i]
        for j, char_other in enumerate(other, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != char_other)))
        if min(row) > most:
            return most + 1
        before = row
    return before[-1]
