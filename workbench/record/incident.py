"""Incidents: the triggers of one bulletin joined where they are one happening, with what is linked to them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from workbench.core.schema import Schema
from workbench.figure.context import is_to_come
from workbench.figure.policy import Policy
from workbench.record.bulletin import LEAST_SCORE, Bulletin, Mention
from workbench.record.claim import Claim, claims_of, settle, total_of
from workbench.record.dates import When, looks_ahead, publication, read_date
from workbench.record.gazetteer import Gazetteer
from workbench.record.link import HAPPENED_AT, SAME_EVENT, TAKES_PART, Link, Linker, family, same_events
from workbench.record.parties import Parties, Party
from workbench.record.places import Located, Where, bare_name, locate, where

# A movement has places in two countries: they do not exclude each other.
_MOVING = ("EVENT_RETURN", "EVENT_DISPLACEMENT")
# Which label names a joined incident where two have as many triggers: the one that says more.
_TELLING = ("EVENT_EXPLOSION", "EVENT_CLASH", "EVENT_ATTACK")
_RESPONSIBILITY = re.compile(r"responsib|claimed\b|\bclaims?\b", re.IGNORECASE)
_ANOTHER = re.compile(
    r"\b(?:separately|separate|another|elsewhere|second|third|similar|previously|previous|earlier(?! this)|other|"
    r"in the past|a day (?:before|earlier)|unrelated)\b[^.]{0,30}$",
    re.IGNORECASE,
)
_CONSEQUENCE = re.compile(r"(?:killed|killing|wounded|injured|dead|died|deaths?|hurt|maimed)", re.IGNORECASE)
# Scopes of figures that are of the event itself; and from which number on one hardly comes twice by chance.
_OF_THE_EVENT = ("incident", "cumulative", "subset")
_RARE = 10
# "its forces", whether the label begins before "its" or behind it.
_OWNED = re.compile(r"\b(?:its|their|our)\b", re.IGNORECASE)
_OPENING = re.compile(
    r"\A\s*(?:separately|elsewhere|meanwhile|in (?:a|another) (?:separate|similar)|in another)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading bulletins takes: the schema, the gazetteer with its country words, parties, figures, links, and how
    sure a model must be of a trigger."""

    schema: Schema
    gazetteer: Gazetteer
    words: Mapping[str, Sequence[str]]
    parties: Parties
    policy: Policy
    linker: Linker
    least_score: float = LEAST_SCORE


@dataclass(frozen=True, slots=True)
class Incident:
    """One happening as one bulletin tells it. `id` depends only on the text and its first trigger, so that a person's
    edits find it again. `mode`: actual, period (a sum over a time) or planned."""

    id: str
    document_id: str
    document: str
    published: str | None
    family: str
    type: str
    triggers: tuple[tuple[int, int, str], ...]
    when: When | None
    where: Where | None
    actors: tuple[Party, ...]
    targets: tuple[Party, ...]
    means: tuple[str, ...]
    claims: tuple[Claim, ...]
    claimants: tuple[tuple[str, str], ...] = ()
    mode: str = "actual"
    flags: tuple[str, ...] = ()


@dataclass
class _Draft:
    """Triggers that are one so far, and what they are known by."""

    triggers: list[Mention]
    first: int
    mode: str
    places: list[Located] = field(default_factory=list)
    whens: list[When] = field(default_factory=list)


def incidents_of(bulletin: Bulletin, tools: Tools) -> list[Incident]:
    """The incidents of a labelled bulletin, in text order. Figures without a trigger make none: see claims_of."""
    links = tools.linker(bulletin)
    located = _located(bulletin, tools)
    whens = {x.index: _read_date(x, bulletin) for x in bulletin.group("time")}
    claims = claims_of(bulletin, links, parties=tools.parties, policy=tools.policy)
    at, part = _by_trigger(links, HAPPENED_AT), _by_trigger(links, TAKES_PART)
    drawn = bulletin.reviewed or any(link.type == SAME_EVENT and link.score == 1.0 for link in links)
    guessed = [] if drawn else [*_consequences(bulletin), *_same_people(bulletin, claims)]
    firsts = same_events([*links, *guessed])
    drafts: list[_Draft] = []
    same: dict[int, list[_Draft]] = {}
    for trigger in bulletin.events:
        if _RESPONSIBILITY.search(trigger.text):
            continue
        linked = at.get(trigger.index, ())
        new = _Draft(
            [trigger],
            firsts.get(trigger.index, trigger.index),
            _mode(trigger, bulletin, claims.get(trigger.index, ())),
            [located[i] for i in linked if i in located],
            [when for i in linked if (when := whens.get(i)) is not None],
        )
        if not _joined(same.setdefault(new.first, []), new, bulletin, drawn=drawn):
            same[new.first].append(new)
            drafts.append(new)
    claimants = _claimants(bulletin, tools)
    return [_incident(draft, bulletin, part, claims, claimants, tools) for draft in drafts]


def _read_date(mention: Mention, bulletin: Bulletin) -> When | None:
    ahead = looks_ahead(bulletin.text, mention.start)
    return read_date(mention.text, published=bulletin.published, ahead=ahead)


def _consequences(bulletin: Bulletin) -> list[Link]:
    """Links of "killed" and "injured" to another trigger of violence in their sentence: the guidelines give them a
    label of their own only where nothing else names the act, but a model may."""
    acts: dict[int, list[Mention]] = {}
    results = []
    for trigger in bulletin.events:
        if family(trigger.label) != "violence":
            continue
        if _CONSEQUENCE.fullmatch(trigger.text):
            results.append(trigger)
        else:
            acts.setdefault(trigger.sentence, []).append(trigger)
    found = []
    for trigger in results:
        if near := acts.get(trigger.sentence):
            nearest = min(near, key=lambda act: abs(act.start - trigger.start))
            found.append(Link(trigger.index, nearest.index, SAME_EVENT, 0.9))
    return found


def _same_people(bulletin: Bulletin, claims: Mapping[int, Sequence[Claim]]) -> list[Link]:
    """Links between triggers of one family whose figures are of the same people: figures that add up to a total
    ("nearly 4,000 ... 2,831 ... another 1,169"), and a figure that comes again, if it is no small one."""
    groups: dict[tuple[str, str], list[tuple[Mention, Claim]]] = {}
    for index, stated in claims.items():
        for claim in stated:
            if index >= 0 and claim.counts != "other" and claim.value and claim.scope in _OF_THE_EVENT:
                trigger = bulletin.by_index[index]
                groups.setdefault((family(trigger.label), claim.counts), []).append((trigger, claim))
    found = []
    for group in groups.values():
        ordered = sorted(group, key=lambda pair: pair[1].start)
        total = total_of([claim for _, claim in ordered])
        home = next((trigger for trigger, claim in ordered if claim is total), None)
        first: dict[float, Mention] = {}
        for trigger, claim in ordered:
            again = first.setdefault(claim.value, trigger) if claim.value >= _RARE else trigger
            others = [again, *([home] if home and claim.stated else [])]
            found += [Link(trigger.index, x.index, SAME_EVENT, 0.9) for x in others if x is not trigger]
    return found


def _located(bulletin: Bulletin, tools: Tools) -> dict[int, Located]:
    mentions = bulletin.group("place")
    # A label may run over a line end; the name does not.
    names = [(" ".join(mention.text.split()), mention.start, mention.end) for mention in mentions]
    found = locate(names, bulletin.text, tools.gazetteer, words=tools.words)
    return {mention.index: item for mention, item in zip(mentions, found, strict=True)}


def _by_trigger(links: Sequence[Link], kind: str) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for link in sorted(links):
        if link.type == kind:
            found.setdefault(link.target, []).append(link.source)
    return found


def _joined(linked: Sequence[_Draft], new: _Draft, bulletin: Bulletin, *, drawn: bool) -> bool:
    """Adds a trigger to the last draft that it is linked to, unless the link is a guess that what is known
    contradicts; says whether it did."""
    trigger = new.triggers[0]
    for draft in reversed(linked):
        if draft.mode != new.mode and not drawn:
            continue
        elsewhere = draft.triggers[-1].sentence != trigger.sentence and _opens_another(trigger, bulletin)
        places = [] if family(trigger.label) in _MOVING else new.places
        if not drawn and (elsewhere or _contradict(draft, places, new.whens)):
            continue
        draft.triggers.append(trigger)
        draft.places += new.places
        draft.whens += new.whens
        draft.mode = new.mode if draft.mode == "actual" else draft.mode
        return True
    return False


def _mode(trigger: Mention, bulletin: Bulletin, claims: Sequence[Claim]) -> str:
    """Whether a trigger speaks of a happening, of a sum over a period, or of what is to come."""
    scopes = [claim.scope for claim in claims]
    if "forecast" in scopes or (not scopes and is_to_come(bulletin.text, trigger.start, trigger.end)):
        return "planned"
    return "period" if "period" in scopes else "actual"


def _opens_another(trigger: Mention, bulletin: Bulletin) -> bool:
    """Whether the words before a trigger say that it is another one: "in a separate attack", "elsewhere"."""
    start = bulletin.starts[trigger.sentence]
    before = bulletin.text[start : trigger.start]
    return bool(_OPENING.match(before) or _ANOTHER.search(before[-60:]))


def _contradict(draft: _Draft, places: Sequence[Located], whens: Sequence[When]) -> bool:
    """Whether known places exclude each other, or days lie more than one apart."""
    mine = [x.place for x in draft.places if x.place]
    for other in (x.place for x in places if x.place):
        if mine and not any(place.inside(other) or other.inside(place) for place in mine):
            return True
    unknown, new = _unknown_names(draft.places), _unknown_names(places)
    if unknown and new and not any(_alike(one, other) for one in unknown for other in new):
        return True
    days = [x for x in draft.whens if x.start and x.precision == "day"]
    others = [x for x in whens if x.start and x.precision == "day"]
    if not days or not others:
        return False
    return all(abs((a.start - b.start).days) > 1 for a in days for b in others if a.start and b.start)


def _unknown_names(places: Sequence[Located]) -> set[str]:
    """Names that the gazetteer does not know; "house" and "market" are none."""
    return {name for x in places if x.place is None and (name := bare_name(x.surface))}


def _alike(one: str, other: str) -> bool:
    return fuzz.token_set_ratio(one.casefold(), other.casefold()) >= 85


def _incident(
    draft: _Draft,
    bulletin: Bulletin,
    part: Mapping[int, list[int]],
    claims: Mapping[int, list[Claim]],
    claimants: tuple[tuple[str, str], ...],
    tools: Tools,
) -> Incident:
    document = bulletin.entry.document
    mine = {trigger.index for trigger in draft.triggers}
    sources = sorted(index for trigger in mine for index in part.get(trigger, ()))
    linked = [bulletin.by_index[index] for index in sources if index in bulletin.by_index]
    spot = where(list(dict.fromkeys(draft.places)), tools.gazetteer)
    when = _when(draft, bulletin)
    found = tuple(_of_mode(x, draft.mode) for x in settle([x for i in sorted(mine) for x in claims.get(i, ())]))
    first = draft.triggers[0]
    return Incident(
        id="i-" + hashlib.sha256(f"{document.hash}:{first.start}".encode()).hexdigest()[:12],
        document_id=document.id, document=document.hash, published=str(bulletin.published or "") or None,
        family=family(first.label), type=_type(draft.triggers),
        triggers=tuple((x.start, x.end, x.text) for x in draft.triggers), when=when, where=spot,
        actors=tuple(dict.fromkeys(_party(x, bulletin, tools) for x in linked if x.label == "ACTOR")),
        targets=tuple(dict.fromkeys(_party(x, bulletin, tools) for x in linked if x.label == "TARGET")),
        means=tuple(dict.fromkeys(x.text for x in linked if x.group == "means")),
        claims=found, claimants=claimants if family(first.label) == "violence" else (), mode=draft.mode,
        flags=_flags(when, spot, found, bulletin),
    )  # fmt: skip


def _of_mode(claim: Claim, mode: str) -> Claim:
    """A claim under a planned event counts what is to come, whatever else its sentence says: nothing has happened."""
    planned = mode == "planned" and claim.scope == "incident" and claim.counts != "other"
    return replace(claim, scope="forecast") if planned else claim


def _party(mention: Mention, bulletin: Bulletin, tools: Tools) -> Party:
    """A party by name; "its forces" are those of the listed party that the sentence named last before them."""
    if _OWNED.search(bulletin.text, max(0, mention.start - 6), mention.start + 6):
        for owner in reversed(
            [x for x in bulletin.group("party") if x.sentence == mention.sentence and x.end <= mention.start]
        ):
            party = tools.parties.resolve(owner.text)
            if party.listed and owner.label in ("SOURCE", "ACTOR"):
                return party
    return tools.parties.resolve(mention.text)


def _when(draft: _Draft, bulletin: Bulletin) -> When | None:
    """The most precise time linked, the earliest of equals; the publication date where none is linked."""
    order = ("day", "week", "month", "year", "weekday")
    if draft.whens:
        return min(draft.whens, key=lambda x: (x.future, order.index(x.precision), str(x.start)))
    return publication(bulletin.published) if bulletin.published and draft.mode == "actual" else None


def _type(triggers: Sequence[Mention]) -> str:
    labels = [trigger.label for trigger in triggers]
    return max(dict.fromkeys(labels), key=lambda x: (labels.count(x), -_TELLING.index(x) if x in _TELLING else 0))


def _claimants(bulletin: Bulletin, tools: Tools) -> tuple[tuple[str, str], ...]:
    """Who claims responsibility (name, stance) for violence: the source beside a trigger that says so."""
    found = []
    for trigger in bulletin.events:
        if not _RESPONSIBILITY.search(trigger.text):
            continue
        near = [x for x in bulletin.sources if x.sentence == trigger.sentence and x.end <= trigger.start]
        sentence = bulletin.sentence_text(trigger.sentence)
        if near and not re.search(r"\b(?:no|not|nobody|none|denied|denies)\b", sentence, re.IGNORECASE):
            found.append((tools.parties.resolve(near[-1].text).name, "asserts"))
    return tuple(dict.fromkeys(found))


def _flags(when: When | None, spot: Where | None, claims: Sequence[Claim], bulletin: Bulletin) -> tuple[str, ...]:
    """What a person should look at: nothing is wrong in silence."""
    found = []
    if bulletin.entry.document.published and bulletin.published is None:
        found.append(f"the publication date {bulletin.entry.document.published!r} is no date")
    if when is None or when.start is None:
        found.append("no date")
    elif when.future and bulletin.published:
        found.append("the date lies after the publication date")
    if spot is None or spot.place is None:
        found.append("no place in the gazetteer")
    elif spot.ambiguous:
        found.append("the place is ambiguous")
    read = ("figure" if x.figure else "unread figure" for x in claims)
    return (*found, *(f"{kind} {x.phrase!r}: {x.problem}" for kind, x in zip(read, claims, strict=True) if x.problem))
