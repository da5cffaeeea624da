"""Phrases of several words that mark a figure: hedges before and behind a number, vague classes, zero."""

from functools import cache

from workbench.figure import words as w
from workbench.figure.tokens import Token

# First word -> (the words after it, effect, how many words), longest first.
Phrases = dict[str, list[tuple[tuple[str, ...], str, int]]]


@cache
def before() -> Phrases:
    """What may stand before a number or instead of it; effects are hedges, "class NAME" and "zero"."""
    entries = [(phrase, effect) for effect, phrases in w.HEDGES.items() for phrase in phrases]
    entries += [(phrase, f"class {name}") for phrase, name in w.VAGUE_PHRASES.items()]
    entries += [(phrase, "zero") for phrase in w.ZERO_PHRASES]
    return _table(entries)


@cache
def behind() -> Phrases:
    """What may stand behind a number; effects are hedges."""
    return _table([(phrase, effect) for effect, phrases in w.HEDGES_BEHIND.items() for phrase in phrases])


def phrase_at(table: Phrases, tokens: list[Token], place: int) -> tuple[str, int] | None:
    """Effect and number of words of the longest phrase that begins with a token; None where none does."""
    for rest, effect, size in table.get(tokens[place].word, ()):
        if not rest or (
            place + size <= len(tokens) and all(tokens[place + 1 + step].word == word for step, word in enumerate(rest))
        ):
            return effect, size
    return None


def hedge_behind(tokens: list[Token], end: int) -> tuple[str | None, int]:
    """The hedge behind a number and the token after it; up to two words may stand between ("six people or more").

    "six people and injured at least 14": a hedge that a number follows belongs to that number.
    """
    place = end
    while place < len(tokens) and place <= end + 2:
        start = place + 1 if tokens[place].kind == w.HYPHEN and place == end else place
        hit = phrase_at(behind(), tokens, start) if start < len(tokens) else None
        if hit is not None:
            effect, size = hit
            after = start + size
            taken = after < len(tokens) and tokens[after].kind in (w.DIGITS, w.SMALL, w.TENS, w.SCALE, w.VAGUE)
            return (None, end) if taken else (effect, after)
        if tokens[place].kind != w.OTHER or not tokens[place].word.isalpha():
            break
        place += 1
    return None, end


def _table(entries: list[tuple[str, str]]) -> Phrases:
    found: Phrases = {}
    for phrase, effect in entries:
        first, *rest = phrase.split()
        found.setdefault(first, []).append((tuple(rest), effect, 1 + len(rest)))
    for options in found.values():
        options.sort(key=lambda option: -option[2])
    return found
