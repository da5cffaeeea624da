"""Which event each figure, party, place and date belongs to, and who claims what: links between mentions.

Three linkers: the relations that people drew, the nearest trigger (the baseline), and a trained scorer (scorer.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from workbench.record.bulletin import Bulletin, Mention

FIGURE_OF, CLAIMED_BY, TAKES_PART, HAPPENED_AT = "figure_of", "claimed_by", "takes_part", "happened_at"
TYPES = (FIGURE_OF, CLAIMED_BY, TAKES_PART, HAPPENED_AT)
_OF_GROUP = {"figure": FIGURE_OF, "place": HAPPENED_AT, "time": HAPPENED_AT, "means": TAKES_PART, "party": TAKES_PART}
# A trigger or source that is further away (sentences) is not what a baseline would take.
_REACH = 2


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
            yield kind, mention, bulletin.events
        if mention.group in ("figure", "event") and bulletin.sources:
            yield CLAIMED_BY, mention, bulletin.sources


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
        best = min(targets, key=lambda target: _distance(mention, target))
        apart = abs(best.sentence - mention.sentence)
        if apart <= (0 if kind == CLAIMED_BY else _REACH):
            links.append(Link(mention.index, best.index, kind, 1.0 / (1 + apart)))
    return links


def _distance(mention: Mention, target: Mention) -> tuple[int, int]:
    gap = target.start - mention.end if target.start >= mention.end else mention.start - target.end
    return abs(target.sentence - mention.sentence), gap
