"""What a language model proposes, and what becomes of it."""

from dataclasses import dataclass
from enum import StrEnum

from workbench.core.span import Relation, Span


class Status(StrEnum):
    """What became of a proposal. The first four are spans; the others are not, and are listed instead."""

    VERBATIM = "verbatim"  # stands in the text as quoted
    FOLDED = "folded"  # but for case, spaces, quotation marks, dashes or compatibility forms
    ELIDED = "elided"  # quoted with an ellipsis in the middle or at an end
    NEAR = "near"  # but for a small slip in a word or a little word more or less
    AMBIGUOUS = "ambiguous"  # at several places, and nothing says which
    OVERLAP = "overlap"  # stands there, but another span holds the place
    DUPLICATE = "duplicate"  # said before
    ABSENT = "absent"  # words that the text does not have
    NUMBER = "number"  # words with a number that the text does not have, or not so
    CONTEXT = "context"  # a number that the text has, but not between the words that were quoted around it
    SURPLUS = "surplus"  # more proposals than places
    LABEL = "label"  # a label that the schema does not have
    EMPTY = "empty"  # no words


PLACED = frozenset({Status.VERBATIM, Status.FOLDED, Status.ELIDED, Status.NEAR})
# What the model made up: it cannot be shown in the text.
HALLUCINATED = frozenset({Status.ABSENT, Status.NUMBER, Status.CONTEXT, Status.SURPLUS, Status.EMPTY})


class Evidence(StrEnum):
    """What told a placed proposal's place among several."""

    ONLY = "only"  # there is no other
    CONTEXT = "context"
    OCCURRENCE = "occurrence"
    SPELLING = "spelling"  # the only place written exactly so
    ORDER = "order"  # the only place that keeps the answer in the order of the text
    REST = "rest"  # the only place that no other proposal takes


@dataclass(frozen=True, slots=True)
class Proposal:
    """A label and words that the model says stand in the text, with words beside them and which occurrence (from 1)."""

    label: str
    quote: str
    left: str = ""
    right: str = ""
    occurrence: int | None = None


@dataclass(frozen=True, slots=True)
class Grounded:
    """A proposal and what became of it: a span where `status` is one of PLACED; `places` are those that came into
    question otherwise. `review` asks for a person's look although it was placed."""

    proposal: Proposal
    status: Status
    span: Span | None = None
    evidence: Evidence | None = None
    places: tuple[tuple[int, int], ...] = ()
    review: bool = False


@dataclass(frozen=True, slots=True)
class Grounding:
    """All proposals of one answer in its order, and the flat layer of spans that they make, in text order."""

    grounded: tuple[Grounded, ...]
    relations: tuple[Relation, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The placed spans, in text order, without overlaps."""
        return tuple(sorted(each.span for each in self.grounded if each.span is not None))

    @property
    def hallucinated(self) -> tuple[Grounded, ...]:
        """The proposals that the text does not bear out."""
        return tuple(each for each in self.grounded if each.status in HALLUCINATED)

    @property
    def to_review(self) -> tuple[Grounded, ...]:
        """The proposals that a person should look at: ambiguous ones, and those placed on weak evidence."""
        return tuple(each for each in self.grounded if each.review or each.status is Status.AMBIGUOUS)

    def counts(self) -> dict[str, int]:
        """How many proposals came to each status."""
        statuses = [each.status for each in self.grounded]
        return {status.value: statuses.count(status) for status in Status if status in statuses}
