"""Ranges: "10-15", "two to three hundred", "between 10 and 15", "at least 10 but no more than 15"."""

from typing import NamedTuple

from workbench.core.errors import InputError
from workbench.figure import words as w
from workbench.figure.hedges import before, phrase_at
from workbench.figure.number import Exact, Quantity, quantity_at
from workbench.figure.tokens import Token


class Ends(NamedTuple):
    """Both ends of a range and the token behind it; `high` None for a single number. `bounded` says that both ends
    are bounds of their own ("at least 10 but no more than 15")."""

    low: Exact
    high: Exact | None
    end: int
    bounded: bool = False


def ends_of(first: Quantity, tokens: list[Token], *, between: bool, lower_bound: bool) -> Ends:
    """What stands behind a first number: the other end, or nothing. Raises InputError for a range that runs
    backwards, and for "between" without its second number."""
    alone = Ends(first.value, None, first.end)
    if first.end >= len(tokens) or first.unit is not None:
        return alone
    joint = tokens[first.end]
    if joint.kind in (w.HYPHEN, w.TO) or (between and joint.kind == w.AND):
        return _joined(first, tokens, first.end + 1) or alone
    if lower_bound and joint.word in ("but", "and"):
        return _upper_bound(first, tokens, first.end + 1) or alone
    unit_then_joint = joint.word in w.UNITS and first.end + 1 < len(tokens)
    if unit_then_joint and tokens[first.end + 1].kind in (w.HYPHEN, w.TO):
        return _joined(first, tokens, first.end + 2) or alone
    return alone


def _joined(first: Quantity, tokens: list[Token], start: int) -> Ends | None:
    while start < len(tokens) and tokens[start].kind in (w.SKIP, w.MONEY):
        start += 1
    other = quantity_at(tokens, start) if start < len(tokens) else None
    if other is None or other.vague is not None or other.unit is not None:
        return None
    low, high = first.value, other.value
    # "two to three hundred" runs from 200: the first number borrows the scale of the second.
    if first.factor == 1 and other.factor > 1 and low < high / other.factor:
        low = low * other.factor
    if low >= high:
        raise InputError(f"the range from {low} to {high} runs backwards; expected the smaller number first")
    return Ends(low, high, other.end)


def _upper_bound(first: Quantity, tokens: list[Token], start: int) -> Ends | None:
    """The second bound of "at least 10 but no more than 15"."""
    hit = phrase_at(before(), tokens, start) if start < len(tokens) else None
    if hit is None or hit[0] not in ("le", "lt") or start + hit[1] >= len(tokens):
        return None
    other = quantity_at(tokens, start + hit[1])
    if other is None or other.vague is not None or other.unit is not None or other.value <= first.value:
        return None
    less = 1 if hit[0] == "lt" and isinstance(other.value, int) else 0
    return Ends(first.value, other.value - less, other.end, bounded=True)
