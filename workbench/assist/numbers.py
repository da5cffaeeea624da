"""The numbers of a phrase, and where a text's numbers must not be cut.

Nothing here computes a value: two phrases say the same numbers only where the same digits and number words stand in
both. "6" is not "six" and "4,000" is not "4000", because a quote that rewrote a number was not copied from the text.
"""

import re
import unicodedata
from collections.abc import Iterator

_UNIT = "one|two|three|four|five|six|seven|eight|nine"
_TEEN = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SCALE = "(?:hundred|thousand|million|billion|trillion|lakh|crore|dozen)s?"
_ORDINAL = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|"
    "sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|hundredth|thousandth"
)
_OTHER = "zero|nil|none|no|nought|half|halves|quarter|quarters|once|twice|thrice|couple|single|double|triple|both"
# Not numbers, but as grave to mistake: a quote of another month or day is another date.
_CALENDAR = (
    "january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|"
    "sept?|oct|nov|dec|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|yesterday|tomorrow"
)
_DIGITS = r"\d+(?:[.,:/'’–-]\d+)*"
_SAYS_NUMBER = re.compile(rf"{_DIGITS}|\b(?:{_UNIT}|{_TEEN}|{_TENS}|{_SCALE}|{_ORDINAL}|{_OTHER})\b", re.IGNORECASE)
_CALENDAR_WORD = re.compile(rf"\b(?:{_CALENDAR})\b", re.IGNORECASE)

_SMALL = rf"(?:(?:{_TENS})(?:[\s-]+(?:{_UNIT}))?|{_TEEN}|{_UNIT}|{_DIGITS})"
_PART = rf"(?:(?:{_SMALL}|half\s+an?|several|few|many)(?:[\s-]+{_SCALE})*|{_SCALE}(?:[\s-]+{_SCALE})*)"
# Behind a scale a number goes on: "one hundred and five", "two thousand three hundred".
_ON = rf"(?:(?<=hundred)|(?<=ousand)|(?<=illion))\s+(?:and\s+)?{_SMALL}(?:[\s-]+{_SCALE})*"
_RUN = re.compile(rf"\b{_PART}(?:{_ON})*\b", re.IGNORECASE)


def number_key(phrase: str) -> tuple[str, ...]:
    """The multiset of a phrase's digits and number words, sorted; empty where it says no number.

    Digits of any script count as those of ASCII; another numeric character ("²", "½", "六") stands for itself alone.
    """
    plain = phrase.isascii()
    found = _SAYS_NUMBER.findall(phrase if plain else phrase.casefold())
    if plain:
        return tuple(sorted(token.lower() for token in found)) if found else ()
    others = [char for char in phrase if char.isnumeric() and not char.isdecimal()]
    return tuple(sorted([_ascii_digits(token) for token in found] + others))


def guarded_key(phrase: str) -> tuple[str, ...]:
    """The numbers, and the names of months and days: what may not differ where words may."""
    return (*number_key(phrase), *sorted(match.group().casefold() for match in _CALENDAR_WORD.finditer(phrase)))


def number_runs(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each number as a reader takes it whole: "twenty-three", "4 million", "10-15"."""
    return (match.span() for match in _RUN.finditer(text))


def _ascii_digits(token: str) -> str:
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in token)
