"""Cuts a phrase into tokens, each with its kind and value."""

import re
import unicodedata
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from workbench.core.errors import InputError
from workbench.figure import words as w

_PIECES = re.compile(r"\d+(?:[.,٬٫]\d+)*|[^\W\d_]+|[^\s\w]|_")
_HYPHENS = frozenset("-‐‑‒–—−")
_SEPARATORS = str.maketrans({"٬": ",", "٫": "."})
# Nothing that is counted in a bulletin has more digits; longer ones are identity numbers.
_MOST_DIGITS = 15


class Token(NamedTuple):
    """A word, a number in digits or a sign: `value` depends on `kind` (see words); code points, end exclusive."""

    kind: str
    value: object
    start: int
    end: int
    word: str


def tokens_of(text: str) -> list[Token]:
    """Tokens in order, words in lower case. Digits are read later (digits_value), so that none are refused unread."""
    known_as = _lexicon().get
    found = []
    for match in _PIECES.finditer(text):
        word = match[0]
        start, end = match.span()
        known = known_as(word) or known_as(word.lower())
        if known is not None:
            found.append(Token(known[0], known[1], start, end, known[2]))
        elif word[0].isdecimal():
            found.append(Token(w.DIGITS, None, start, end, word))
        else:
            found.append(Token(w.OTHER, None, start, end, word.lower()))
    return found


def digits_value(word: str, *, bare: bool) -> int | Decimal:
    """The number that digits with separators write: 1,200, 1,20,000, 2.18, ٣٤.

    `bare` says that neither a scale nor a unit follows. Raises InputError for what is no number ("1.2.3", "3,50")
    and, where bare, for "1.200", which is 1200 in one country and 1.2 in another.
    """
    if len(word) <= _MOST_DIGITS and word.isdigit() and _one_script(word):
        return int(word)
    plain = word.translate(_SEPARATORS)
    if len(plain) > _MOST_DIGITS and sum(map(str.isdecimal, plain)) > _MOST_DIGITS:
        raise InputError(f"{word[:20]!r} has too many digits for a count; it looks like an identity number")
    whole, dot, fraction = plain.partition(".")
    if not _one_script(plain) or "," in fraction or "." in fraction or not _grouped(whole):
        raise InputError(f"{word!r} is no number; expected digits such as 1,200 or 1,20,000 or 2.18")
    if dot and bare and len(fraction) == 3 and "," not in whole and whole.strip("0"):
        raise InputError(
            f"{word!r} may be {whole}{fraction} or {whole} and a fraction; write {whole},{fraction} or {plain}0"
        )
    whole = whole.replace(",", "")
    return Decimal(f"{int(whole)}.{_ascii(fraction)}") if dot else int(whole)


def _ascii(digits: str) -> str:
    return "".join(str(unicodedata.decimal(x)) for x in digits)


def _one_script(word: str) -> bool:
    """Whether all digits come from one set of ten."""
    return word.isascii() or len({ord(x) - unicodedata.decimal(x) for x in word if x.isdecimal()}) == 1


def _grouped(whole: str) -> bool:
    """Whether separators stand every three digits, or as in India (three at the end, then twos)."""
    if "," not in whole:
        return True
    first, *rest = whole.split(",")
    if len(rest[-1]) != 3 or not 1 <= len(first) <= 3:
        return False
    middle = {len(group) for group in rest[:-1]}
    return middle <= {3} or (middle == {2} and len(first) <= 2)


@cache
def _lexicon() -> dict[str, tuple[str, object, str]]:
    """Word -> kind, value, the word in lower case; with capitals too, so that the common spellings take one look-up."""
    plain: dict[str, tuple[str, object]] = dict.fromkeys(_HYPHENS, (w.HYPHEN, None))
    plain |= dict.fromkeys(w.SKIPS, (w.SKIP, None))
    plain |= dict.fromkeys(w.RISES, (w.CHANGE, 1)) | dict.fromkeys(w.FALLS, (w.CHANGE, -1))
    plain |= {word: (w.MONEY, code) for word, code in w.CURRENCIES.items()}
    plain |= {word: (w.VAGUE, name) for word, name in w.VAGUES.items()}
    plain |= {word: (w.HALF, share) for word, share in w.HALVES.items()}
    plain |= {word: (w.PART, share) for word, share in w.PARTS.items()}
    plain |= {word: (w.SCALE, value) for word, value in w.SCALES.items()}
    plain |= {word: (w.SMALL, value) for word, value in w.SMALLS.items()}
    plain |= {word: (w.TENS, value) for word, value in w.TENS_WORDS.items()}
    plain |= dict.fromkeys(w.ZEROS, (w.ZERO, None))
    plain |= {word: (word, None) for word in (w.AND, w.TO, w.OF, w.BETWEEN, w.FROM, w.BY)} | {"or": (w.TO, None)}
    known = {word: (kind, value, word) for word, (kind, value) in plain.items()}
    return known | {word.capitalize(): entry for word, entry in known.items()}
