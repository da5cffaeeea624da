"""Views: per kind of figure the minimum, the maximum and a headline by a named policy, and where claims conflict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from workbench.figure.form import Figure, Number
from workbench.record.claim import Claim

POLICIES = ("conservative", "representative", "recent")
COUNTS = ("killed", "injured", "casualty", "detained", "returned", "displaced")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says in one sentence of one kind of figure: its figures, which count different people, added."""

    counts: str
    source: str | None
    source_kind: str
    published: str | None
    least: Number
    most: Number
    figures: tuple[Figure, ...]
    starts: tuple[tuple[str, int], ...]

    def agrees(self, other: "Statement") -> bool:
        """Whether one number can be meant by both."""
        if len(self.figures) == 1 and len(other.figures) == 1:
            return self.figures[0].agrees(other.figures[0])
        open_ended = any(f.comparator != "eq" for f in (*self.figures, *other.figures))
        slack = 0.1 * max(self.most, other.most) if open_ended else 0
        return self.least <= other.most + slack and other.least <= self.most + slack


@dataclass(frozen=True, slots=True)
class View:
    """The numbers of one kind: stated minimum and maximum, the headline, and why claims conflict, else None."""

    counts: str
    least: Number
    most: Number
    headline: Number
    statements: tuple[Statement, ...]
    conflict: str | None = None

    def row(self) -> dict[str, Any]:
        """The view as a JSON object."""
        return {
            "min": self.least, "max": self.most, "headline": self.headline, "conflict": self.conflict,
            "claims": [list(start) for statement in self.statements for start in statement.starts],
        }  # fmt: skip


def views_of(claims: Sequence[Claim], *, policy: str = "conservative") -> dict[str, View]:
    """Views by kind of figure; a kind that no claim states has none, which is not zero.

    conservative: the least number stated. representative: the number most statements agree on, of equals the lower.
    recent: the last published, of one day the last in the text.
    """
    found = {}
    for counts in COUNTS:
        statements = statements_of(claims, counts)
        if not statements:
            continue
        least, most = min(x.least for x in statements), max(x.most for x in statements)
        found[counts] = View(
            counts, least, most, _headline(statements, policy), tuple(statements), _conflict(statements)
        )
    return found


def statements_of(claims: Iterable[Claim], counts: str) -> list[Statement]:
    """Statements of one kind, in the order of publication and text: what a sentence's source says in it, added up."""
    groups: dict[tuple[str, int, str | None], list[Claim]] = {}
    for claim in claims:
        if claim.counts == counts and claim.stated:
            groups.setdefault((claim.document, claim.statement, claim.source), []).append(claim)
    return sorted((_statement(group) for group in groups.values()), key=lambda x: (x.published or "", x.starts))


def _statement(group: Sequence[Claim]) -> Statement:
    figures = tuple(claim.figure for claim in group if claim.figure is not None)
    # "one dead ... one killed" in a sentence with a cumulative figure: the sum so far is not added to.
    totals = [x for x in group if x.scope == "cumulative" and x.figure]
    used = tuple(x.figure for x in totals[-1:] if x.figure) or figures
    first = group[0]
    return Statement(
        first.counts, first.source, first.source_kind, first.published,
        sum(f.least or 0 for f in used), sum(f.most or 0 for f in used), used,
        tuple((claim.document, claim.start) for claim in group),
    )  # fmt: skip


def casualty_conflict(views: dict[str, View]) -> str | None:
    """Why one count of killed and wounded together cannot be true beside the separate ones; None where it can."""
    both, killed, injured = (views.get(x) for x in ("casualty", "killed", "injured"))
    if both is None or killed is None or injured is None:
        return None
    least = max(x.least for x in killed.statements) + max(x.least for x in injured.statements)
    if least <= both.most:
        return None
    return f"{_said(both.statements[0])} killed and wounded together, against {least} killed and injured"


def _headline(statements: Sequence[Statement], policy: str) -> Number:
    if policy == "recent":
        return statements[-1].least
    if policy == "representative":
        values = [x.least for x in statements]
        return min(values, key=lambda value: (-values.count(value), value))
    return min(x.least for x in statements)


def _conflict(statements: Sequence[Statement]) -> str | None:
    # A thousand reports of one number are compared once.
    different = list({x.figures: x for x in reversed(statements)}.values())[::-1]
    for one, other in combinations(different, 2):
        if not one.agrees(other):
            return f"{one.counts}: {_said(one)} against {_said(other)}"
    return None


def _said(statement: Statement) -> str:
    """A statement in words: "at least 6 (hospital sources)"."""
    words = {"ge": "at least ", "gt": "more than ", "le": "up to ", "lt": "fewer than ", "approx": "about "}
    only = statement.figures[0]
    number = statement.least if len(statement.figures) > 1 or only.value is None else only.value
    return f"{words.get(only.comparator, '')}{number:,} ({statement.source or 'no source named'})"
