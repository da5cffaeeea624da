"""Where the words of a proposal stand in a text, and how well the words around each place agree with those quoted."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from workbench.assist.fold import Folded, fold, fold_only
from workbench.assist.numbers import number_key, number_runs

# Scripts written without spaces between words have no edges that could be cut.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[^\W_{_UNSPACED}]+")
_ANY_WORD = re.compile(r"[^\W_]+")
# Of a number's context so many words on each side must agree; a model that copies them copies these.
STRICT_WORDS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the text that reads as the quote; `verbatim` where it is written exactly so."""

    start: int
    end: int
    verbatim: bool


@dataclass(frozen=True, slots=True)
class Context:
    """The folded words quoted on either side, in text order."""

    left: tuple[str, ...]
    right: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.left or self.right)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the words around a place are those of a context: words that agree without a gap, from the place out.

    `strict` says that on every side that the context has, the nearest STRICT_WORDS words agree.
    """

    words: int
    strict: bool


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a phrase."""
    if text.isascii():
        return tuple(_ANY_WORD.findall(text.lower()))
    return tuple(map(_fold_word, _ANY_WORD.findall(text)))


def context_of(left: str, right: str, quote: str) -> Context:
    """The context as words; a quote that the model repeated within its context is taken off again."""
    before, after, own = words_of(left), words_of(right), words_of(quote)
    if own and before[-len(own) :] == own:
        before = before[: -len(own)]
    if own and after[: len(own)] == own:
        after = after[len(own) :]
    return Context(before, after)


@dataclass(frozen=True)
class SearchedText:
    """A bulletin's text prepared for many look-ups."""

    text: str

    def places(self, quote: str) -> list[Place]:
        """Every stretch that reads as the quote but for what fold folds, in text order.

        None of them cuts a word or a number in two, and each says the same numbers in the original.
        """
        wanted = fold_only(quote)
        if not wanted:
            return []
        found, folded = list[Place](), self.folded
        at = folded.text.find(wanted)
        while at >= 0:
            origin = folded.origin(at, at + len(wanted))
            at = folded.text.find(wanted, at + 1)
            if origin is None or self.within[origin[0]] or self.within[origin[1]]:
                continue
            surface = self.text[origin[0] : origin[1]]
            if surface == quote or number_key(surface) == number_key(quote):
                found.append(Place(*origin, surface == quote))
        return found

    def agreement(self, start: int, end: int, context: Context) -> Agreement:
        """How far the text around [start, end) agrees with a context."""
        words, last = self.words, bisect_right(self.word_ends, start)
        first = bisect_left(self.word_starts, end)
        before, after = words[max(0, last - len(context.left)) : last], words[first : first + len(context.right)]
        left = _run(before[::-1], context.left[::-1], str.endswith)
        right = _run(after, context.right, str.startswith)
        strict = left >= min(STRICT_WORDS, len(context.left)) and right >= min(STRICT_WORDS, len(context.right))
        return Agreement(left + right, strict)

    @cached_property
    def folded(self) -> Folded:
        """The folded text."""
        return fold(self.text)

    @cached_property
    def within(self) -> bytearray:
        """1 at each offset that lies within a word, a number or a character with its marks: no span may end there."""
        inside = bytearray(len(self.text) + 1)
        runs = [match.span() for match in _WORD.finditer(self.text)] + list(number_runs(self.text))
        for start, end in runs:
            inside[start + 1 : end] = b"\1" * (end - start - 1)
        if not self.text.isascii():
            for place, char in enumerate(self.text):
                if unicodedata.combining(char):
                    inside[place] = 1
        return inside

    @cached_property
    def words(self) -> list[str]:
        """The folded words, in order."""
        return [_fold_word(match.group()) for match in self._matches]

    @cached_property
    def word_starts(self) -> list[int]:
        """Where each word begins."""
        return [match.start() for match in self._matches]

    @cached_property
    def word_ends(self) -> list[int]:
        """Where each word ends."""
        return [match.end() for match in self._matches]

    @cached_property
    def _matches(self) -> list[re.Match[str]]:
        return list(_ANY_WORD.finditer(self.text))


def _run(words: list[str], wanted: tuple[str, ...], cut_may: object) -> int:
    """How many words agree from the first on; the outermost wanted word may be cut off by the model's quote."""
    if tuple(words) == wanted:
        return len(wanted)
    count = 0
    for word, want in zip(words, wanted, strict=False):
        if word != want:
            outermost = count == len(wanted) - 1
            return count + (outermost and len(want) > 2 and bool(cut_may(word, want)))  # type: ignore[operator]
        count += 1
    return count


def _fold_word(word: str) -> str:
    return word.lower() if word.isascii() else unicodedata.normalize("NFKC", word).casefold()
