"""Answers as a language model might give them, made from gold: each quote with the place it came from, if any."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.assist.numbers import number_key
from workbench.assist.places import words_of
from workbench.assist.proposal import Proposal
from workbench.core.corpus import Entry
from workbench.core.span import Span

CONTEXT_WORDS = 4
_NUMBER = re.compile(
    r"\d[\d,.]*\d|\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty)\b", re.I
)
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty"]


@dataclass(frozen=True)
class Quote:
    """A proposal, and the gold span that it is a true quote of; None where it is altered or invented."""

    proposal: Proposal
    gold: Span | None


Change = Callable[[str, random.Random], str]


def proposals_of(entry: Entry, *, context: bool = True) -> list[Quote]:
    return [Quote(proposal_of(entry, span, context=context), span) for span in entry.spans]


def proposal_of(entry: Entry, span: Span, *, context: bool = True) -> Proposal:
    text, quote = entry.document.text, entry.surface(span)
    if not context:
        return Proposal(span.label, quote)
    left = " ".join(text[: span.start].split()[-CONTEXT_WORDS:])
    right = " ".join(text[span.end :].split()[:CONTEXT_WORDS])
    # A word that the span cuts ("Taliban's", "(ASWJ)") is the context's without a space between.
    return Proposal(span.label, quote, left, right, text.count(quote, 0, span.start) + 1)


def changed(quotes: list[Quote], change: Change, random_: random.Random) -> list[Quote]:
    """The quotes with their words written another way; the place stays."""
    return [replace(q, proposal=replace(q.proposal, quote=change(q.proposal.quote, random_))) for q in quotes]


def recase(quote: str, random_: random.Random) -> str:
    return random_.choice((str.upper, str.lower, str.title, str.swapcase))(quote)


def respace(quote: str, random_: random.Random) -> str:
    gap = random_.choice(("  ", "\n", "\u00a0", " \t", "\u2009"))
    spaced = re.sub(r"([()/])", r" \1 ", quote) if random_.random() < 0.5 else quote
    return random_.choice(("", " ")) + spaced.replace(" ", gap) + random_.choice(("", " ", "\n"))


def retype(quote: str, random_: random.Random) -> str:
    """Other shapes of quotation marks, dashes, hyphens and letters."""
    shapes = {"'": "’‘´", '"': "“”„", "-": "‐‑–", "’": "'", "“": '"', "”": '"', "–": "-"}
    other = "".join(random_.choice(shapes[char]) if char in shapes else char for char in quote)
    return other.replace("fi", "ﬁ") if random_.random() < 0.5 else other


def elide(quote: str, random_: random.Random) -> str:
    """The middle cut out, as models do with long names."""
    words = quote.split(" ")
    return quote if len(words) < 4 else f"{' '.join(words[:1])} {random_.choice(('...', '…'))} {' '.join(words[-2:])}"


def reword(quote: str, random_: random.Random) -> str:
    """A little word more, or one letter wrong behind the first of a long word."""
    words = quote.split(" ")
    long = [n for n, word in enumerate(words) if word.isalpha() and len(word) > 5]
    if random_.random() < 0.5 or not long:
        return f"the {quote}"
    number = random_.choice(long)
    word = words[number]
    at = random_.randrange(2, len(word) - 1)
    words[number] = word[:at] + word[at + 1 :]
    return " ".join(words)


def alter(quote: str, random_: random.Random) -> str | None:
    """One number made another; None for a quote that says none."""
    found = list(_NUMBER.finditer(quote))
    if not found:
        return None
    match = random_.choice(found)
    old = match.group()
    new = _other_digits(old, random_) if old[0].isdigit() else _other_word(old, random_)
    return quote[: match.start()] + new + quote[match.end() :]


def _other_digits(old: str, random_: random.Random) -> str:
    at = random_.choice([n for n, char in enumerate(old) if char.isdigit()])
    digit = random_.choice([d for d in "123456789" if d != old[at]])
    ways = [
        old[:at] + digit + old[at + 1 :],
        old + digit,
        digit + old,
        old + ",000",
        f"{old} million",
        f"{old}{digit}0",
    ]
    if len(old) > 1 and old.isdigit():
        ways.append(old[:-1])
    return random_.choice(ways)


def _other_word(old: str, random_: random.Random) -> str:
    other = random_.choice([word for word in _WORDS if word != old.lower()])
    ways = [other, other.title(), f"{old} hundred", f"{old} thousand", str(_WORDS.index(other) + 20), f"{old}teen"]
    return random_.choice(ways)


def stands_there(text: str, proposal: Proposal, *, context: bool) -> bool:
    """Whether the text says these very words (between these words); then nothing about them is false."""
    near = 3
    left = " ".join(words_of(proposal.left)[-near:]) if context else ""
    right = " ".join(words_of(proposal.right)[:near]) if context else ""
    said = " ".join(filter(None, (left, " ".join(words_of(proposal.quote)), right)))
    return f" {said} " in f" {' '.join(words_of(text))} "


def is_number(proposal: Proposal) -> bool:
    return bool(number_key(proposal.quote))
