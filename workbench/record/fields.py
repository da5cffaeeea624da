"""One row of fields a bulletin: the least number killed and captured, the province and the date.

For operations reports, which tell of one operation each and often count nobody: "captured a Taliban leader and several
associates". People that no figure counts are counted by their nouns: a singular is one, a plural what the policy says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from workbench.core.errors import InputError
from workbench.figure.grammar import normal_form
from workbench.record.bulletin import Bulletin, Mention
from workbench.record.claim import read_figure
from workbench.record.dates import read_date
from workbench.record.incident import Tools
from workbench.record.places import Located, locate

_KILL = r"(?:kill(?:ed|ing|s)?|shot dead|the deaths? of|eliminated)"
_TAKE = r"(?:captur(?:ed|ing|e|es)|detain(?:ed|ing|s)?|arrest(?:ed|ing|s)?|apprehend(?:ed|ing|s)?|took|taken into custody)"
_LEAD = r"\s+(?:(?!who|that|which|responsible)[\w'’-]+,?\s+){0,5}$"
_PASSIVE = r"^[^.;]{0,40}?\b(?:was|were|been|being|are|is)\s+(?:\w+\s+)?"
_JOINED = re.compile(r"^[\s,]*(?:and|as well as|along with|,)?\s*(?:(?:an?|the|his|their|two|three|four|one)\s+)?$", re.IGNORECASE)
_MORE = re.compile(r"\b(?:additional|another|further|more|other|also|along with|as well as|and)\b", re.IGNORECASE)
_PLURAL_WORDS = frozenset("men women people children police militia personnel taliban".split())  # noqa: SIM905
_BACKGROUND = re.compile(r"\b(?:responsible for|accused of|planned|previous|in the past|linked to|suspected of|attack that)\b", re.IGNORECASE)
# Whom the reports count: those who were fought, not soldiers or bystanders.
_COUNTED_KINDS = ("armed group", "unknown", "civilians")
_NOT_COUNTED = re.compile(
    r"\b(?:soldiers?|troops|civilians?|children|women|police|service members?|afghan males|forces?|occupants|residents|"
    r"compounds?|rifles?|weapons?|IEDs?|materials?|houses?|vehicles?|cache|insurgent activity)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fields:
    """What one operations report says. `province` is a gazetteer id and its name; None where nothing is stated."""

    killed: int
    captured: int
    province: str | None
    province_id: str | None
    day: date | None


def fields_of(bulletin: Bulletin, tools: Tools) -> Fields:
    """The fields of a labelled report; vague counts and plurals are worth what `tools.policy` says."""
    located = _places(bulletin, tools)
    province = _province(bulletin, located)
    place = tools.gazetteer.region(province)
    return Fields(
        killed=_least(bulletin, tools, verb=_KILL, counts="killed"),
        captured=_least(bulletin, tools, verb=_TAKE, counts="detained"),
        province=place.name if place else None,
        province_id=province,
        day=_day(bulletin),
    )


def _least(bulletin: Bulletin, tools: Tools, *, verb: str, counts: str) -> int:
    """People that fell under a verb: each singular noun once, groups by their greatest number, and what is added."""
    singles: dict[str, int] = {}
    group = added = 0
    for sentence, mentions in _by_sentence(bulletin, verb, counts):
        here = 0
        for mention in mentions:
            number = _number(bulletin, mention, tools)
            head = mention.text.split()[-1].casefold().rstrip(".,")
            if number == 1 and mention.group == "party":
                singles[_role(head)] = 1
            else:
                here += number
        text = bulletin.sentence_text(sentence)
        if group and here and re.search(r"\b(?:additional|another|further|more|also)\b", text, re.IGNORECASE):
            added += here
        else:
            group = max(group, here)
    return sum(singles.values()) + group + added


def _role(head: str) -> str:
    """Words for one person that reports use in turn."""
    return "person" if head in ("individual", "man", "suspect", "insurgent", "detainee", "militant", "fighter") else head


def _by_sentence(bulletin: Bulletin, verb: str, counts: str) -> list[tuple[int, list[Mention]]]:
    """The figures of the kind and the people without one that a verb governs, by sentence."""
    found: dict[int, list[Mention]] = {}
    taken: list[Mention] = []
    for mention in bulletin.mentions:
        counted = mention.counts == counts
        person = mention.label == "TARGET" and not _NOT_COUNTED.search(mention.text)
        if not (counted or (person and _governed(bulletin, mention, verb, taken))):
            continue
        if person and _has_figure(bulletin, mention, taken):
            continue
        taken.append(mention)
        found.setdefault(mention.sentence, []).append(mention)
    return sorted(found.items())


def _governed(bulletin: Bulletin, mention: Mention, verb: str, taken: Sequence[Mention]) -> bool:
    """Whether a verb stands before the people ("killed the leader") or behind them ("was detained"), or they are
    joined to others that it governs ("a leader and two associates")."""
    start = bulletin.starts[mention.sentence]
    sentence = bulletin.sentence_text(mention.sentence)
    before, behind = sentence[: mention.start - start], sentence[mention.end - start :]
    if _BACKGROUND.search(before[-60:]):
        return False
    if re.search(rf"\b{verb}{_LEAD}", before, re.IGNORECASE) or re.search(_PASSIVE + verb, behind, re.IGNORECASE):
        return True
    last = taken[-1] if taken else None
    return last is not None and last.sentence == mention.sentence and bool(
        _JOINED.match(bulletin.text[last.end : mention.start])
    )


def _has_figure(bulletin: Bulletin, mention: Mention, taken: Sequence[Mention]) -> bool:
    """Whether the figure right before the noun was counted already: "two suspected insurgents"."""
    return any(
        x.group == "figure" and 0 <= mention.start - x.end <= 25 and "," not in bulletin.text[x.end : mention.start]
        for x in taken
    )


def _number(bulletin: Bulletin, mention: Mention, tools: Tools) -> int:
    """The least number of a figure, or of a noun: a figure before it that has no label, one, or the policy's plural."""
    if mention.group == "figure":
        figure, _ = read_figure(mention.text, tools.policy)
        return int(figure.low or figure.least or 0) if figure and figure.counts else 0
    try:
        lead = bulletin.text[max(bulletin.starts[mention.sentence], mention.start - 20) : mention.start]
        figure = normal_form(lead.split(",")[-1].rsplit(" and ", 1)[-1], policy=tools.policy)
        if figure.counts and figure.least:
            return int(figure.low or figure.least)
    except InputError:
        pass
    head = mention.text.split()[-1].casefold().rstrip(".,")
    plural = head in _PLURAL_WORDS or (head.endswith("s") and not head.endswith(("ss", "us", "is")))
    return tools.policy.least("plural") or 2 if plural else 1


def _places(bulletin: Bulletin, tools: Tools) -> list[Located]:
    """Places with the dateline's left out: where a report was written is not where it happened."""
    mentions = [x for x in bulletin.group("place") if not re.match(r"[^.]{0,40}\(\w{3,9}\.? \d", bulletin.text[x.end : x.end + 60])]
    return locate([(x.text, x.start, x.end) for x in mentions], bulletin.text, tools.gazetteer, words=tools.words)


def _province(bulletin: Bulletin, located: Sequence[Located]) -> str | None:
    """The province that most of the names before the first background sentence vouch for, the first of equals."""
    del bulletin
    votes: dict[str, float] = {}
    for order, item in enumerate(located):
        if item.place is None or item.place.admin1 is None:
            continue
        weight = (2.0 if item.place.kind == "admin1" else 1.0) / (1 + 0.3 * order)
        votes[item.place.admin1] = votes.get(item.place.admin1, 0.0) + weight
    return max(votes, key=lambda key: votes[key]) if votes else None


def _day(bulletin: Bulletin) -> date | None:
    """The first day that the body states, else the publication date."""
    for mention in bulletin.group("time"):
        behind = bulletin.text[mention.end : mention.end + 2]
        when = read_date(mention.text, published=bulletin.published)
        dateline = bulletin.text[max(0, mention.start - 1) : mention.start] == "(" or behind.startswith(")")
        if when and when.start and when.precision in ("day", "week") and not dateline and not when.future:
            if when.basis == "explicit" and when.start == bulletin.published:
                continue
            return when.start
    return bulletin.published
