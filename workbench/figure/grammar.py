"""The grammar of figures: hedges before and after, ranges, percentages, money; from a phrase to its normal form.

    figure  = {hedge | skip | money} quantity [joint quantity] [unit] [hedge]
    joint   = "to" | "or" | "-" | "and" (behind "between")

What the grammar does not know is never guessed: it raises InputError, and a record made from it is flagged.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from workbench.core.errors import InputError
from workbench.figure import words as w
from workbench.figure.form import Figure, Number
from workbench.figure.hedges import before, hedge_behind, phrase_at
from workbench.figure.number import Quantity, plain, quantity_at
from workbench.figure.policy import Policy, load_policy
from workbench.figure.ranges import ends_of
from workbench.figure.tokens import Token, tokens_of

# No figure phrase is longer; a whole bulletin given by mistake is refused rather than read to its first number.
MOST_CHARACTERS = 2000


class Found(NamedTuple):
    """A figure and the code points it was read from, hedges included."""

    start: int
    end: int
    figure: Figure


class _Lead(NamedTuple):
    """What stood before a number: its bound, "about", a currency, a verb of change, "by", "from", "between"."""

    hedge: str | None = None
    approx: bool = False
    money: str | None = None
    change: int = 0
    by: bool = False
    moved: bool = False
    between: bool = False
    start: int = -1


_NOTHING = _Lead()


def normal_form(text: str, *, policy: Policy | None = None) -> Figure:
    """The normal form of the first figure in a phrase ("twelve, including three children" is 12).

    Vague classes take their lower end from `policy` (literal unless given). Raises InputError where the text holds
    no quantity, or one that cannot be read without guessing ("1.2.3", "15-10").
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"the text has {len(text)} characters; expected a figure phrase such as 'at least six'")
    figure = _first(text, policy or load_policy("literal"))
    if figure is not None:
        return figure
    shown = " ".join(text.split())
    raise InputError(f"{shown[:60]!r} holds no quantity; expected a figure such as 'at least six' or 'nearly 4,000'")


@lru_cache(maxsize=1 << 14)
def _first(text: str, policy: Policy) -> Figure | None:
    """Kept for phrases that come again: most of a corpus's figures are a few hundred phrases."""
    found, _ = _next(tokens_of(text), 0, policy)
    return None if found is None else found.figure


def figures_in(text: str, *, policy: Policy | None = None) -> Iterator[Found]:
    """All figures of a phrase, in order. Raises InputError at one that cannot be read."""
    policy = policy or load_policy("literal")
    tokens = tokens_of(text)
    place = 0
    while place < len(tokens):
        found, place = _next(tokens, place, policy)
        if found is not None:
            yield found


def _next(tokens: list[Token], place: int, policy: Policy) -> tuple[Found | None, int]:
    """The next figure from a token on and the token behind it; None at the end."""
    lead, count, marks = _NOTHING, len(tokens), before()
    while place < count:
        token = tokens[place]
        if token.word in marks and (hit := phrase_at(marks, tokens, place)):
            effect, size = hit
            if effect[:5] == "class":
                return _vague(effect[6:], tokens, place, place + size, lead, policy)
            if effect == "zero":
                return Found(token.start, tokens[place + size - 1].end, _zero(policy)), place + size
            if token.word != "some" or _number_follows(tokens, place + 1):
                lead = _with_hedge(lead, effect, token)
                place += size
                continue
        if token.kind == w.OTHER:
            lead = lead if lead.money and token.word == "." else _NOTHING
        elif token.kind == w.ZERO:
            if not _names_a_number(tokens, place):
                return Found(token.start, token.end, _zero(policy)), place + 1
        elif token.kind == w.HYPHEN:
            _check_sign(tokens, place)
        elif not _in_a_name(tokens, place) and (quantity := quantity_at(tokens, place)) is not None:
            if quantity.vague is not None:
                return _vague(quantity.vague, tokens, place, quantity.end, lead, policy)
            if not _names_something(tokens, quantity.end):
                return _finish(quantity, tokens, place, lead, policy)
            lead, place = _NOTHING, quantity.end - 1
        else:
            lead = _with_word(lead, token)
        place += 1
    return None, place


def _with_word(lead: _Lead, token: Token) -> _Lead:
    """What a word that is neither hedge nor number does to what stood before: most end it."""
    kind, start = token.kind, token.start if lead.start < 0 else lead.start
    if kind in (w.SKIP, w.OF):
        return lead
    if kind == w.MONEY:
        return lead._replace(money=str(token.value), start=start)
    if kind == w.BETWEEN:
        return lead._replace(between=True, start=start)
    if kind == w.CHANGE:
        return lead._replace(change=int(str(token.value)), by=False)
    if kind == w.BY:
        return lead._replace(by=True)
    if kind == w.FROM:
        return lead._replace(moved=bool(lead.change))
    # "rose to 45" states 45, no change.
    return lead._replace(change=0) if kind == w.TO else _NOTHING


def _with_hedge(lead: _Lead, effect: str, token: Token) -> _Lead:
    """Adds a hedge: the first that sets a bound counts; "about" inside a bound does not change it."""
    start = token.start if lead.start < 0 else lead.start
    if effect == "approx":
        return lead._replace(approx=True, start=start)
    if lead.hedge is not None and {lead.hedge[0], effect[0]} == {"g", "l"}:
        raise InputError(f"the hedges before {token.word!r} and from it on contradict each other; expected one bound")
    return lead._replace(hedge=lead.hedge or effect, start=start)


def _finish(quantity: Quantity, tokens: list[Token], place: int, lead: _Lead, policy: Policy) -> tuple[Found, int]:
    """A figure from its first quantity on: range, unit, hedge behind it."""
    ends = ends_of(quantity, tokens, between=lead.between, lower_bound=lead.hedge in ("ge", "gt"))
    low, high, end = plain(ends.low), None if ends.high is None else plain(ends.high), ends.end
    unit, end = _unit(tokens, end, lead, quantity.unit)
    behind, end = hedge_behind(tokens, end)
    start = tokens[place].start if lead.start < 0 else lead.start
    if high is not None and lead.moved:
        # "rose from 10 to 15": the new number is what is stated.
        low, high = high, None
    if ends.bounded and high is not None:
        figure = Figure("range", None, low, high, unit=unit, policy=policy.label)
    else:
        figure = _figure(low, high, _bound(lead, behind, low), unit, policy)
    if lead.change < 0 and unit in ("percent change", "change"):
        figure = _fallen(figure)
    return Found(start, tokens[end - 1].end, figure), end


def _bound(lead: _Lead, behind: str | None, value: Number) -> str | None:
    """The comparator of the hedges before and behind; None for a bare number."""
    if lead.hedge and behind and behind != "approx":
        if behind[0] != lead.hedge[0]:
            raise InputError(f"the hedges before and behind {value} contradict each other; expected one bound")
        return lead.hedge
    return lead.hedge or (behind if behind != "approx" else None) or ("approx" if lead.approx or behind else None)


def _figure(value: Number, other: Number | None, bound: str | None, unit: str | None, policy: Policy) -> Figure:
    """The normal form of a number, or of a range's two ends, under a comparator."""
    name = policy.label
    low, high = (value, value) if other is None else (value, other)
    # Whole counts have a next number; measures and shares do not.
    step = 1 if unit is None and isinstance(low, int) and isinstance(high, int) else 0
    if bound in ("ge", "gt"):
        return Figure(bound, low, low=low + (step if bound == "gt" else 0), unit=unit, policy=name)
    if bound in ("le", "lt"):
        return Figure(bound, high, high=high - (step if bound == "lt" else 0), unit=unit, policy=name)
    if other is not None:
        return Figure("range", None, low, high, unit=unit, policy=name)
    if bound == "below":
        return Figure("approx", value, high=value - step, unit=unit, policy=name)
    if bound == "approx":
        return Figure("approx", value, unit=unit, policy=name)
    return Figure("eq", value, value, value, unit=unit, policy=name)


def _fallen(figure: Figure) -> Figure:
    """A change downwards, as a negative number: at least 20 % less is at most -20."""
    turned = {"ge": "le", "gt": "lt", "le": "ge", "lt": "gt"}
    value, low, high = (None if x is None else -x for x in (figure.value, figure.high, figure.low))
    return replace(figure, comparator=turned.get(figure.comparator, figure.comparator), value=value, low=low, high=high)


def _vague(name: str, tokens: list[Token], place: int, end: int, lead: _Lead, policy: Policy) -> tuple[Found, int]:
    unit, end = _unit(tokens, end, lead, None)
    start = tokens[place].start if lead.start < 0 else lead.start
    figure = Figure("vague", None, low=policy.least(name), vague=name, unit=unit, policy=policy.label)
    return Found(start, tokens[end - 1].end, figure), end


def _zero(policy: Policy) -> Figure:
    return Figure("eq", 0, 0, 0, policy=policy.label)


def _unit(tokens: list[Token], end: int, lead: _Lead, unit: str | None) -> tuple[str | None, int]:
    """The unit behind a number, or the currency before it, and the token behind."""
    if end < len(tokens):
        word = tokens[end].word
        hyphen = tokens[end].kind == w.HYPHEN and end + 1 < len(tokens) and tokens[end + 1].word in w.UNITS
        if word == "per" and end + 1 < len(tokens) and tokens[end + 1].word == "cent":
            unit, end = "percent", end + 2
        elif word == "percentage" and end + 1 < len(tokens) and tokens[end + 1].word in ("points", "point"):
            unit, end = "percentage points", end + 2
        elif word in w.UNITS:
            unit, end = w.UNITS[word], end + 1
        elif hyphen:
            unit, end = w.UNITS[tokens[end + 1].word], end + 2
    if lead.money is not None:
        return lead.money, end
    if unit == "percent" and (lead.change or _change_behind(tokens, end)):
        return "percent change", end
    return ("change", end) if unit is None and lead.change and lead.by else (unit, end)


def _change_behind(tokens: list[Token], end: int) -> bool:
    """Whether "65%" is followed by what makes it a change: "65% increase", "65% more"."""
    return end < len(tokens) and (tokens[end].kind == w.CHANGE or tokens[end].word in ("more", "fewer", "less"))


def _number_follows(tokens: list[Token], place: int) -> bool:
    while place < len(tokens) and tokens[place].kind in (w.SKIP, w.MONEY):
        place += 1
    return place < len(tokens) and tokens[place].kind in (w.DIGITS, w.SMALL, w.TENS, w.SCALE, w.HALF)


def _names_a_number(tokens: list[Token], place: int) -> bool:
    """Whether "no" is short for number: "No 5", "No. 5"."""
    after = tokens[place + 1 : place + 3]
    return bool(after) and (after[0].kind == w.DIGITS or (after[0].word == "." and after[-1].kind == w.DIGITS))


def _in_a_name(tokens: list[Token], place: int) -> bool:
    """Whether a number belongs to a name before it: "COVID-19", "AK-47", "No. 5"."""
    if not place:
        return False
    previous, token = tokens[place - 1], tokens[place]
    if token.kind == w.DIGITS and previous.kind == w.HYPHEN and place > 1:
        owner = tokens[place - 2]
        return owner.kind == w.OTHER and owner.word.isalpha() and owner.end == previous.start
    named = previous.word == "." and place > 1 and tokens[place - 2].word == "no"
    glued = (
        previous.end == token.start and previous.kind == w.OTHER and (previous.word.isalpha() or previous.word == "_")
    )
    return named or previous.word == "no" or glued


def _names_something(tokens: list[Token], end: int) -> bool:
    """Whether what follows makes a number an ordinal, a time, a date or an age: "21st", "8:30", "5/6", "20-year-old".

    Raises InputError for the signs that join numbers in ways that are no count.
    """
    if end == len(tokens):
        return False
    token, touching = tokens[end], tokens[end].start == tokens[end - 1].end
    if touching and token.word in (":", "/", ".") and end + 1 < len(tokens) and tokens[end + 1].kind == w.DIGITS:
        shown = "".join(piece.word for piece in tokens[end - 1 : end + 2])
        raise InputError(f"{shown!r} looks like a time, a date or a ratio; expected a count such as 12 or 1,200")
    words = [piece.word for piece in tokens[end : end + 4]]
    if (words[:1] == ["-"] and words[1:4:2] == ["year", "old"]) or words[:2] in (["a", "m"], ["p", "m"]):
        return True
    if words[:3] in (["a", ".", "m"], ["p", ".", "m"]) or words[:1] in (["am"], ["pm"]):
        return True
    return (
        touching
        and tokens[end - 1].kind == w.DIGITS
        and token.kind != w.MONEY
        and token.word.isalpha()
        and (token.word not in w.UNITS)
    )


def _check_sign(tokens: list[Token], place: int) -> None:
    """Raises InputError for a negative number: no count is below zero, and dropping the sign would be a guess."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    opens = not place or tokens[place - 1].end < tokens[place].start
    if after is not None and opens and after.kind == w.DIGITS and after.start == tokens[place].end:
        raise InputError(f"'-{after.word}' is negative; expected a count, 0 or more")
