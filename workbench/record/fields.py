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
from workbench.record.dates import When, first_day, read_date
from workbench.record.incident import Tools
from workbench.record.places import Located, locate

_KILL = r"kill(?:ed|ing|s)?\b|shot dead|deaths? of|eliminated"
_TAKE = (
    r"captur(?:ed|ing|es?)\b|detain(?:ed|ing|s)?\b|arrest(?:ed|ing|s)?\b|apprehend(?:ed|ing|s)?\b|taken into custody"
)
# Verbs that end the reach of the two: "detained two insurgents and seized several weapons".
_OTHER = (
    r"seiz(?:ed|ing)|found|finds|finding|discover(?:ed|ing)|destroy(?:ed|ing)|confiscat(?:ed|ing)|recover(?:ed|ing)|"
    r"wound(?:ed|ing)|injur(?:ed|ing)|secur(?:ed|ing)|search(?:ed|ing)|pursu(?:ed|ing)|engag(?:ed|ing)|observ(?:ed|ing)|"
    r"encounter(?:ed|ing)|identified|conduct(?:ed|ing)|oversaw|oversees|direct(?:s|ed|ing)|leads|led|operat(?:es|ed|ing)|"
    r"plann?(?:s|ed|ing)|attack(?:ed|ing)|protect(?:ed|ing)|harm(?:ed|ing)|interview(?:ed|ing)|isolat(?:ed|ing)"
)
_VERBS = re.compile(rf"\b(?:(?P<kill>{_KILL})|(?P<take>{_TAKE})|(?P<other>(?:{_OTHER})\b))", re.IGNORECASE)
_BREAK = re.compile(
    r"\b(?:who|that|which|while|during|in search|responsible|after|when|before|where|until|as)\b|[;:]", re.IGNORECASE
)
_PASSIVE = re.compile(r"^[^.;]{0,40}?\b(?:was|were|been|being|are|is)\s+(?:also\s+|later\s+)?$", re.IGNORECASE)
_DEFINITE = re.compile(r"\b(?:the|these|those|both|his|their|all)\s+(?:[\w'’-]+\s+){0,2}$", re.IGNORECASE)
_ON_TOP = re.compile(r"\b(?:additional|another|further|more|also)\b", re.IGNORECASE)
_SUMMARY = re.compile(r"\bseparate\b[^.]{0,300}\boperations\b|\bpast 24 hours\b", re.IGNORECASE)
_END_OF_NOUN = re.compile(
    r"[,.;]|\b(?:and|or|were|was|are|in|at|on|near|from|with|who|that|associated|linked|inside|during|for|to|by)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"([A-Z][\w’'-]+)(?: [A-Z][\w’'-]+)?")
# "Both men": there were two; whatever vaguer is said before is of them.
_BOTH = re.compile(r"\bboth (?:men|of them|individuals|insurgents|suspects|detainees|militants|were)\b", re.IGNORECASE)
_INCLUDING = re.compile(r"\bincluding\b", re.IGNORECASE)
_ROLES = re.compile(
    r"\b(leader|commander|facilitator|member|official|emplacer|specialist|associate|financier|bomber|expert)\b",
    re.IGNORECASE,
)
_PLURAL_WORDS = frozenset("men women people children police militia personnel taliban".split())  # noqa: SIM905
# Whom the reports count: those who were fought, not soldiers or bystanders.
_NOT_COUNTED = re.compile(
    r"\b(?:soldiers?|troops|civilians?|children|women|police|service members?|afghan males|forces?|occupants|residents|"
    r"compounds?|rifles?|weapons?|grenades?|magazines?|ammunition|pistols?|racks?|explosives|IEDs?|materials?|"
    r"houses?|vehicles?|cache|insurgent activity)\b|\b(?:cells?|networks?)\s*$",
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
    province = _province(bulletin, located, tools)
    place = tools.gazetteer.region(province)
    return Fields(
        killed=_least(bulletin, tools, verb="kill", counts="killed"),
        captured=_least(bulletin, tools, verb="take", counts="detained"),
        province=place.name if place else None,
        province_id=province,
        day=_day(bulletin),
    )


@dataclass(frozen=True, slots=True)
class _Count:
    """People that one verb governs: how many at least, whether that is a stated number, and the role of one alone."""

    number: int
    exact: bool
    role: str | None


def _least(bulletin: Bulletin, tools: Tools, *, verb: str, counts: str) -> int:
    """People that fell under a verb: each role once, groups by their greatest number, and what comes on top.

    A stated number replaces a vague one: "several insurgents" of the head are the "two insurgents" of the body; and
    one that includes a role counts it already ("two were detained, including the commander").
    """
    roles: set[str] = set()
    exact = vague = added = 0
    within = False
    for sentence, found in _by_sentence(bulletin, tools, verb, counts):
        roles |= {x.role for x in found if x.role}
        stated = sum(x.number for x in found if x.exact and not x.role)
        loose = sum(x.number for x in found if not x.exact and not x.role)
        text = bulletin.sentence_text(sentence)
        if len(found) > 1 and any(x.role for x in found) and _INCLUDING.search(text):
            within = True
        elif stated and exact and _ON_TOP.search(text):
            added += stated
        exact, vague = max(exact, stated), max(vague, loose)
    named = len({"name"} if roles == {"name"} else roles - {"name"})
    if within:
        return max(named, exact or vague) + added
    if named == 2 and not exact and _BOTH.search(bulletin.text):
        return named
    return named + (exact or vague) + added


def _by_sentence(bulletin: Bulletin, tools: Tools, verb: str, counts: str) -> list[tuple[int, list[_Count]]]:
    """The figures and the people without one that a verb governs, by sentence.

    The verb decides, and a figure's label only where its sentence has the verb and does not say whom it governs.
    """
    found: dict[int, list[_Count]] = {}
    taken: list[Mention] = []
    for mention in bulletin.mentions:
        if mention.group != "figure" and mention.label != "TARGET":
            continue
        sentence = bulletin.sentence_text(mention.sentence)
        phrase = (mention.text if mention.group == "party" else "") + _noun_phrase(bulletin, mention)
        if _SUMMARY.search(sentence):
            # "during separate operations over the past 24 hours": the head of an update, not this operation.
            continue
        governor = _governor(bulletin, mention)
        mine = governor == verb or (governor is None and mention.counts == counts and f"<{verb}>" in _verbs(sentence))
        if not mine or _NOT_COUNTED.search(phrase):
            continue
        if mention.group == "party" and _has_figure(bulletin, mention, taken):
            taken.append(mention)  # what goes on behind its "of" is the same people
            continue
        count = _count(bulletin, mention, phrase, tools, first=not taken)
        if count is not None:
            taken.append(mention)
            found.setdefault(mention.sentence, []).append(count)
    return sorted(found.items())


def _verbs(sentence: str) -> str:
    return " ".join(f"<{match.lastgroup}>" for match in _VERBS.finditer(sentence))


def _governor(bulletin: Bulletin, mention: Mention) -> str | None:
    """The verb that people fall under ("kill", "take", "other"): the passive behind them, else the last before them
    with nothing between that begins another clause."""
    start = bulletin.starts[mention.sentence]
    sentence = bulletin.sentence_text(mention.sentence)
    before, behind = sentence[: mention.start - start], sentence[mention.end - start :]
    if re.match(r"\A\s*(?:\w+\s+){0,2}deaths?\b", behind):
        return "kill"
    following = next(_VERBS.finditer(behind), None)
    if following and _PASSIVE.match(behind[: following.start()]):
        return following.lastgroup
    last = next(reversed(list(_VERBS.finditer(before))), None)
    if last is None or _BREAK.search(before[last.end() :]) or len(before) - last.end() > 110:
        return None
    return last.lastgroup


def _noun_phrase(bulletin: Bulletin, mention: Mention) -> str:
    """What a figure counts: the words behind it, up to whatever qualifies them ("men associated with a compound")."""
    return _END_OF_NOUN.split(bulletin.text[mention.end : mention.end + 50])[0]


def _count(bulletin: Bulletin, mention: Mention, phrase: str, tools: Tools, *, first: bool) -> _Count | None:
    """What a figure or a noun counts; None for a plural that only points back ("the insurgents")."""
    if mention.group == "figure":
        figure, _ = read_figure(mention.text, tools.policy)
        if figure is None or not figure.counts or not figure.least:
            return None
        number = int(figure.low or figure.least)
        return _Count(number, figure.comparator != "vague", _role(phrase) if number == 1 else None)
    before = bulletin.text[bulletin.starts[mention.sentence] : mention.start]
    if number := _unlabelled(before, tools):
        return _Count(number, exact=True, role=_role(phrase) if number == 1 else None)
    head = mention.text.split()[-1].casefold().rstrip(".,")
    if not (head in _PLURAL_WORDS or (head.endswith("s") and not head.endswith(("ss", "us", "is")))):
        role = _role(mention.text)
        # "the man", "the targeted individual": the leader or facilitator of the sentence before.
        back = role == "person" and not first and _DEFINITE.search(before)
        return None if back else _Count(1, exact=True, role=role)
    if _DEFINITE.search(before) and not first:
        return None
    return _Count(tools.policy.least("plural") or 2, exact=False, role=None)


def _unlabelled(before: str, tools: Tools) -> int:
    """The figure in the last three words before a noun, where it has no label; 0 where there is none."""
    try:
        figure = normal_form(" ".join(re.split(r"[,;]|\band\b", before)[-1].split()[-3:]), policy=tools.policy)
    except InputError:
        return 0
    return int(figure.low or figure.least or 0) if figure.counts and (figure.least or 0) < 1000 else 0


def _role(text: str) -> str:
    """What reports call one person in turn: a role noun, "name" for a bare name, "person" for the rest."""
    match = _ROLES.search(text)
    if match:
        return match[1].casefold()
    return "name" if text.strip() and all(word[:1].isupper() for word in text.split()) else "person"


def _has_figure(bulletin: Bulletin, mention: Mention, taken: Sequence[Mention]) -> bool:
    """Whether the figure right before the noun was counted already ("two suspected insurgents"), or the noun that
    this one is the rest of ("members of the movement")."""
    if taken and bulletin.text[taken[-1].end : mention.start].split() == ["of"]:
        return True
    return any(
        x.group == "figure" and 0 <= mention.start - x.end <= 25 and "," not in bulletin.text[x.end : mention.start]
        for x in taken
    )


def _places(bulletin: Bulletin, tools: Tools) -> list[Located]:
    """Places with the dateline's left out: where a report was written is not where it happened."""
    mentions = [x for x in bulletin.group("place") if not _in_dateline(bulletin.text, x.end)]
    return locate([(x.text, x.start, x.end) for x in mentions], bulletin.text, tools.gazetteer, words=tools.words)


def _in_dateline(text: str, end: int) -> bool:
    """Whether the name that ends there is where the report was written: "KABUL, Afghanistan (Jan. 25, 2013)"."""
    return bool(re.match(r"[^.]{0,40}\(\w{3,9}\.? \d", text[end : end + 60]))


def _province(bulletin: Bulletin, located: Sequence[Located], tools: Tools) -> str | None:
    """The province that most of the labelled names vouch for, the first of equals; without such the first named."""
    votes: dict[str, float] = {}
    for order, item in enumerate(located):
        if item.place is None or item.place.admin1 is None:
            continue
        weight = (2.0 if item.place.kind == "admin1" else 1.0) / (1 + 0.3 * order)
        votes[item.place.admin1] = votes.get(item.place.admin1, 0.0) + weight
    return max(votes, key=lambda key: votes[key]) if votes else _unlabelled_province(bulletin.text, tools)


def _unlabelled_province(text: str, tools: Tools) -> str | None:
    """The first province in the text of a country that it speaks of, whatever its label is."""
    about = {code for code, marks in tools.words.items() if any(mark in text for mark in marks)}
    for match in _NAME.finditer(text):
        for name in dict.fromkeys((match[0], match[1])):
            found = [x for x in tools.gazetteer.named(name) if x.kind == "admin1" and x.country in about]
            if found and not _in_dateline(text, match.end()):
                return found[0].id
    return None


def _day(bulletin: Bulletin) -> date | None:
    """The day that the body states, labelled or in words, else the publication date.

    The dateline's own day says nothing of the event, and "today" less than another day of the report ("Today, the
    force confirmed that a leader was arrested Sunday").
    """
    stated = [when for x in bulletin.group("time") if (when := _stated(x, bulletin)) and when.start]
    if not stated:
        body = first_day(bulletin.text.split(")", 1)[-1], published=bulletin.published)
        stated = [body] if body and body.start else []
    earlier = [x.start for x in stated if x.start != bulletin.published]
    return next(iter(earlier), None) or bulletin.published


def _stated(mention: Mention, bulletin: Bulletin) -> When | None:
    """The day of a mention, unless it is the dateline's or not so precise."""
    when = read_date(mention.text, published=bulletin.published)
    if when is None or when.future or when.precision not in ("day", "week") or when.start != when.end:
        return None  # "over the past 24 hours" may be either of two days
    dateline = any(sign.isdigit() for sign in mention.text) and when.start == bulletin.published
    return None if dateline else when
