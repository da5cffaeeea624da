"""Which event each figure, party, place and date belongs to, and who claims what: links between mentions.

Three linkers: the relations that people drew, the nearest trigger (the baseline), and a trained scorer (scorer.py).
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from workbench.record.bulletin import Bulletin, Mention

FIGURE_OF, CLAIMED_BY, TAKES_PART, HAPPENED_AT = "figure_of", "claimed_by", "takes_part", "happened_at"
# A later mention of the very same event, drawn to an earlier one.
SAME_EVENT = "same_event"
TYPES = (FIGURE_OF, CLAIMED_BY, TAKES_PART, HAPPENED_AT, SAME_EVENT)
# Labels whose triggers may speak of one happening; a label that is not here stays with itself.
FAMILIES = {"EVENT_ATTACK": "violence", "EVENT_EXPLOSION": "violence", "EVENT_CLASH": "violence"}
_DEFINITE = re.compile(r"\b(?:the|this|that|these|those|which)\s+(?:\w+\s+)?$", re.IGNORECASE)
_OF_GROUP = {"figure": FIGURE_OF, "place": HAPPENED_AT, "time": HAPPENED_AT, "means": TAKES_PART, "party": TAKES_PART}
# A trigger or source that is further away (sentences) is not what a baseline would take.
_REACH = 2
# Targets that are looked at for one mention.
_MOST = 6


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A link of one mention to another, by their indices in the annotation; `score` is a probability, 1 if drawn."""

    source: int
    target: int
    type: str
    score: float = 1.0


class Linker(Protocol):
    """Anything that links the mentions of a bulletin."""

    def __call__(self, bulletin: Bulletin) -> list[Link]:
        """The links, in no order."""
        ...


def candidates(bulletin: Bulletin) -> Iterator[tuple[str, Mention, Sequence[Mention]]]:
    """Every mention that may be linked, with the relation's type and what it may be linked to."""
    for mention in bulletin.mentions:
        kind = _OF_GROUP.get(mention.group)
        if kind is not None and mention.label != "SOURCE" and bulletin.events:
            yield kind, mention, _around(mention, bulletin.events)
        if mention.group in ("figure", "event") and bulletin.sources:
            yield CLAIMED_BY, mention, _around(mention, bulletin.sources)
    for place, trigger in enumerate(bulletin.events[1:], start=1):
        yield SAME_EVENT, trigger, bulletin.events[max(0, place - _MOST) : place]


def _around(mention: Mention, targets: Sequence[Mention]) -> Sequence[Mention]:
    """The targets that stand nearest in the text, so that a bulletin of thousands of spans stays linear."""
    if len(targets) <= _MOST:
        return targets
    place = bisect_left(targets, mention.start, key=lambda target: target.start)
    return targets[max(0, place - _MOST // 2) : place + _MOST // 2]


def family(label: str) -> str:
    """What a trigger's label may share an event with."""
    return FAMILIES.get(label, label)


def same_events(links: Iterable[Link]) -> dict[int, int]:
    """For each trigger that a same_event link touches, the first of its event, by index."""
    first: dict[int, int] = {}

    def root(index: int) -> int:
        while first.get(index, index) != index:
            index = first[index]
        return index

    for link in links:
        if link.type == SAME_EVENT:
            one, other = sorted((root(link.source), root(link.target)))
            first[other] = first[one] = one
    return {index: root(index) for index in first}


def annotated(bulletin: Bulletin) -> list[Link]:
    """The relations that the entry came with."""
    annotation = bulletin.entry.annotation
    return [Link(r.source, r.target, r.type) for r in annotation.relations] if annotation else []


def nearest(bulletin: Bulletin) -> list[Link]:
    """The baseline: each mention belongs to the nearest trigger (or source), one of its own sentence before others.

    A claim is only attributed within its sentence: who speaks in the next one is not known from distance.
    """
    links = []
    for kind, mention, targets in candidates(bulletin):
        if kind == SAME_EVENT:
            links += _mentioned_before(mention, targets, bulletin)
            continue
        best = min(targets, key=lambda target: _distance(mention, target))
        apart = abs(best.sentence - mention.sentence)
        if apart <= (0 if kind == CLAIMED_BY else _REACH):
            links.append(Link(mention.index, best.index, kind, 1.0 / (1 + apart)))
    return links


def _mentioned_before(trigger: Mention, earlier: Sequence[Mention], bulletin: Bulletin) -> list[Link]:
    """The baseline of same_event: the last trigger of the family, where the word is the same or "the" stands before."""
    definite = _DEFINITE.search(bulletin.text[max(0, trigger.start - 24) : trigger.start])
    for other in reversed(earlier):
        alike = other.text.casefold()[:5] == trigger.text.casefold()[:5]
        if family(other.label) == family(trigger.label) and (alike or definite):
            return [Link(trigger.index, other.index, SAME_EVENT, 0.5)]
    return []


def _distance(mention: Mention, target: Mention) -> tuple[int, int]:
    gap = target.start - mention.end if target.start >= mention.end else mention.start - target.end
    return abs(target.sentence - mention.sentence), gap
