"""Numbers in digits, words or both: "1.3 million", "two hundred and five", "half a dozen", "several hundred"."""

from decimal import Decimal
from typing import NamedTuple

from workbench.core.errors import InputError
from workbench.figure import words as w
from workbench.figure.form import Number
from workbench.figure.tokens import Token, digits_value

Exact = int | Decimal  # no float before the end: 2.18 million is 2180000
_NUMERIC = frozenset((w.DIGITS, w.SMALL, w.TENS, w.SCALE))
# "score" without a number or an article before it is what a match has.
_ARTICLES = ("a", "an", "one", "per")


class Quantity(NamedTuple):
    """A number and the token behind it. `factor` is its last scale, 1 where it has none or is a sum ("two hundred"
    100, "205" 1); `vague` names a class instead of a value; `unit` is "share" for a bare fraction."""

    value: Exact
    end: int
    factor: int = 1
    vague: str | None = None
    unit: str | None = None


def quantity_at(tokens: list[Token], place: int) -> Quantity | None:
    """The quantity that begins with a token; None where none does. Raises InputError for digits that are no number."""
    kind = tokens[place].kind
    if kind == w.SMALL or kind == w.DIGITS or kind == w.TENS or kind == w.SCALE:
        return _number(tokens, place)
    if kind == w.VAGUE:
        return _vague(tokens, place)
    if kind == w.HALF:
        return _fraction(tokens, place)
    if kind == w.PART and place and tokens[place - 1].word in ("a", "an"):
        return _share(tokens, place + 1, 1, int(str(tokens[place].value)))
    return None


def plain(value: Exact) -> Number:
    """An int where the value is whole, else a float."""
    if isinstance(value, int):
        return value
    return int(value) if value == int(value) else float(value)


def _number(tokens: list[Token], place: int) -> Quantity | None:
    """The longest valid run of number words and digits: each scale smaller than the one before ("two million five
    hundred thousand"), or a scale of a scale ("thousand crore")."""
    total: Exact = 0
    current: Exact | None = None
    factor, last, end, parts = 1, 0, place, 0
    while end < len(tokens):
        token = tokens[end]
        kind = token.kind
        if kind == w.SCALE:
            scale = int(str(token.value))
            if current is None and not parts and token.word == "score" and tokens[end - 1].word not in _ARTICLES:
                return None
            if scale in (12, 20, 100) or (current is None and parts):
                # "two hundred", "three dozen", and "thousand crore": a factor of what stands there.
                if current is None and parts:
                    total, factor = total * scale, factor * scale
                else:
                    current = (1 if current is None else current) * scale
                    factor = scale
            elif last and scale >= last:
                break
            else:
                total, current = total + (1 if current is None else current) * scale, None
                factor, last = factor * scale if factor == 100 else scale, scale
        elif kind == w.SMALL or kind == w.TENS or kind == w.DIGITS:
            if not _fits(current, tokens, end, after_scale=bool(last)):
                break
            current = (current or 0) + _value(tokens, end)
            if kind == w.DIGITS and (glued := _glued(tokens, end)):
                total, current, factor, last, end = total + current * glued, None, glued, glued, end + 1
            elif parts:
                factor = 1
        elif not (parts and kind in (w.HYPHEN, w.AND) and _goes_on(tokens, end, current, last)):
            break
        else:
            end += 1
            continue
        end, parts = end + 1, parts + 1
    value = total + (current or 0)
    return _behind(tokens, end, value, factor)


def _fits(current: Exact | None, tokens: list[Token], place: int, *, after_scale: bool) -> bool:
    """Whether a number word may stand here: units behind tens, both behind hundreds; digits behind a scale only
    where a smaller one follows ("1 lakh 20 thousand")."""
    token = tokens[place]
    if token.kind == w.DIGITS:
        scaled = place + 1 < len(tokens) and tokens[place + 1].kind == w.SCALE
        return current is None and (not after_scale or scaled)
    if current is None:
        return True
    if isinstance(current, Decimal):
        return False
    size = int(str(token.value))
    if current >= 100 and current % 100 == 0:
        return size > 0
    return 20 <= current % 100 <= 90 and current % 10 == 0 and 1 <= size <= 9


def _value(tokens: list[Token], place: int) -> Exact:
    """The value of a digit or number-word token; thousands may be grouped by spaces ("12 000")."""
    token = tokens[place]
    if token.kind != w.DIGITS:
        return int(str(token.value))
    follower = tokens[place + 1] if place + 1 < len(tokens) else None
    bare = follower is None or (follower.kind != w.SCALE and follower.word not in w.UNITS and not _glued(tokens, place))
    return digits_value(token.word, bare=bare)


def _glued(tokens: list[Token], place: int) -> int:
    """The scale of a letter right behind digits ("1.3m"), or behind money ("$3.5 m"); 0 where there is none."""
    if place + 1 == len(tokens):
        return 0
    follower = tokens[place + 1]
    scale = w.GLUED_SCALES.get(follower.word, 0)
    touching = follower.start == tokens[place].end
    return scale if touching or (place and tokens[place - 1].kind == w.MONEY) else 0


def _goes_on(tokens: list[Token], place: int, current: Exact | None, last: int) -> bool:
    """Whether behind a hyphen or "and" the same number goes on ("twenty-five", "two hundred and five")."""
    if place + 1 == len(tokens):
        return False
    token, joint = tokens[place + 1], tokens[place]
    if joint.kind == w.AND:
        after_hundred = current is not None and current >= 100 and current % 100 == 0
        return token.kind in (w.SMALL, w.TENS) and (after_hundred or (current is None and bool(last)))
    if token.kind == w.SCALE:
        return True
    return token.kind == w.SMALL and current is not None and _fits(current, tokens, place + 1, after_scale=bool(last))


def _behind(tokens: list[Token], end: int, value: Exact, factor: int) -> Quantity | None:
    """What may close a number: "and a half", "½", thirds, digits in groups of three; another number is refused."""
    if end < len(tokens):
        follower = tokens[end]
        if follower.kind == w.PART:
            return _share(tokens, end + 1, value, int(str(follower.value)))
        if follower.kind == w.HYPHEN and end + 1 < len(tokens) and tokens[end + 1].kind == w.PART:
            return _share(tokens, end + 2, value, int(str(tokens[end + 1].value)))
        if follower.kind == w.HALF and follower.end - follower.start == 1:
            return _add_half(tokens, end + 1, value, factor, follower)
        words = [token.word for token in tokens[end : end + 3]]
        if words == ["and", "a", "half"]:
            return _add_half(tokens, end + 3, value, factor, tokens[end + 2])
        if follower.kind in _NUMERIC:
            return _grouped_by_spaces(tokens, end, value)
    return Quantity(value, end, factor)


def _add_half(tokens: list[Token], end: int, value: Exact, factor: int, half: Token) -> Quantity:
    """ "one and a half million", "a million and a half", "2½ thousand"."""
    over, under = w.HALVES[half.word]
    value = value + Decimal(over) / under * (factor if factor > 1 else 1)
    if end < len(tokens) and tokens[end].kind == w.SCALE:
        scale = int(str(tokens[end].value))
        return Quantity(value * scale, end + 1, scale)
    return Quantity(value, end, factor)


def _grouped_by_spaces(tokens: list[Token], end: int, value: Exact) -> Quantity:
    """ "12 000" is 12000; any other number right behind a number is refused, because the sign between was lost."""
    digits = tokens[end - 1].word
    joined, place = digits, end
    while place < len(tokens) and len(tokens[place].word) == 3 and tokens[place].word.isdecimal():
        joined, place = joined + tokens[place].word, place + 1
    plain_digits = tokens[end - 1].kind == w.DIGITS and digits.isdigit() and len(digits) <= 3 and digits[0] != "0"
    if plain_digits and place > end and (place == len(tokens) or tokens[place].kind not in _NUMERIC - {w.SCALE}):
        return Quantity(int(joined), place)
    raise InputError(
        f"the numbers {tokens[end - 1].word!r} and {tokens[end].word!r} stand side by side; expected one number or a "
        'range such as "2-3"'
    )


def _fraction(tokens: list[Token], place: int) -> Quantity | None:
    """ "half a million", "half of them", "a quarter of a million"."""
    over, under = w.HALVES[tokens[place].word]
    if tokens[place].word == "quarter" and not (place + 1 < len(tokens) and tokens[place + 1].kind in (w.OF, w.SCALE)):
        return None
    return _share(tokens, place + 1, over, under)


def _share(tokens: list[Token], end: int, over: Exact, under: int) -> Quantity:
    """A fraction of a scale ("of a million") as a count, else a share."""
    place = end
    while place < len(tokens) and (tokens[place].kind == w.OF or tokens[place].word in ("a", "an", "one", "-")):
        place += 1
    if place < len(tokens) and tokens[place].kind == w.SCALE:
        scale = int(str(tokens[place].value))
        amount = Decimal(over) * scale / under
        return Quantity(amount, place + 1, scale)
    return Quantity(Decimal(over) / under, end, unit="share")


def _vague(tokens: list[Token], place: int) -> Quantity:
    """ "dozens", "several hundred", "tens of thousands", "a couple of dozen"."""
    name, end = str(tokens[place].value), place + 1
    following = end
    if following < len(tokens) and tokens[following].kind == w.OF:
        following += 1
    if following < len(tokens) and tokens[following].word in w.VAGUE_SCALES:
        # "hundreds of thousands" keeps its "of": so the class reads as it is written.
        joint = " of " if following > end and name.endswith("s") and name != "several" else " "
        return Quantity(0, following + 1, vague=f"{name}{joint}{w.VAGUE_SCALES[tokens[following].word]}")
    return Quantity(0, end, vague=name)
