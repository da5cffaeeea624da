"""What the words around a figure say of it: a part of another, the sum so far, a period, a forecast."""

import re

from workbench.figure.words import FALLS, RISES

SCOPES = ("incident", "subset", "cumulative", "period", "forecast")

# Characters of the same sentence that are looked at before and behind a figure.
_NEAR = 60
_FAR = 600
_SENTENCE = re.compile(r"[.!?]\s+(?=[\"“'A-Z])|\n")
_CLAUSE = re.compile(r"[;:]|,\s+(?:while|and|but|as|according|when|where|who)\b")

_PART_BEFORE = re.compile(
    r"\b(?:including|included|includes|include|among (?:them|those|these|the \w+)(?: (?:were|are|was|is))?|"
    r"of (?:whom|which|them|these|those)|comprising|among|counting)\s*(?:[,:]\s*)?(?:also\s+)?"
    r"(?:the\s+|a total of\s+)?$",
    re.IGNORECASE,
)
_PART_OF = re.compile(r"\b(?:including|among them|of whom)\b", re.IGNORECASE)
_JOINT = re.compile(r"(?:,| and)\s*$", re.IGNORECASE)
_PART_BEHIND = re.compile(
    r"^\s*(?:of (?:them|whom|which|these|those)\b|of the (?:\w+ )?(?:dead|deceased|injured|wounded|victims|detainees|"
    r"returnees|casualties|killed|arrested|captured|migrants|refugees|others|bodies|total|migrants|deportees|slain)\b|"
    r"[^.;,]{0,40}\bamong (?:those|them|these)\b)",
    re.IGNORECASE,
)
_CUMULATIVE_BEFORE = re.compile(
    r"\b(?:(?:death |casualty |overall |total )?toll (?:\w+ ){0,4}(?:to|at|reached|is|stands at|was)|"
    r"(?:bringing|taking|raising|pushing|brings|took|takes|brought|raised)\b[^.;]{0,40}\bto|"
    r"(?:number of|total number of)\b[^.;]{0,40}\b(?:to|at|reached|is|was)|"
    r"(?:ris(?:en|es|ing)|rose|climbed|increased|mounted|jumped|gone up) to|a total of|in total|total of)\s*$",
    re.IGNORECASE,
)
_CUMULATIVE_BEHIND = re.compile(
    r"^[^.;,]{0,40}\b(?:so far|to date|in total|in all|until now|since then)\b", re.IGNORECASE
)
_PERIOD = re.compile(
    r"\b(?:since (?!then)|(?:over|during|in|for) the (?:past|last|previous|first)\b|"
    r"(?<!earlier )this (?:year|month|quarter|decade)\b|"
    r"last (?:year|decade)\b|(?:each|every|per) (?:year|month|week|day)\b|so far (?:this|in) |"
    r"between \w+ \d{4} and|(?:annually|monthly|yearly)\b)",
    re.IGNORECASE,
)
# "the first attack this year": the period qualifies a rank, not the count.
_RANK = re.compile(r"\b(?:first|second|third|latest|worst|deadliest|largest) \w+ (?:this|since|in)\b", re.IGNORECASE)
_CHANGE = re.compile(rf"\b(?:{'|'.join(sorted(RISES | FALLS))})(?:\s+by)?\s+$", re.IGNORECASE)
_FORECAST = re.compile(
    r"\b(?:will (?:be|have|soon|also|reach|return|leave)|would be|(?:are|is) (?:expected|set|due|likely|planned) to|"
    r"could reach|projected to|expected to|upcoming)\b",
    re.IGNORECASE,
)


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence of a span, as offsets: between the sentence ends nearest to it (an abbreviation may end one), and
    at most _FAR characters to either side."""
    left = 0
    for match in _SENTENCE.finditer(text, max(0, start - _FAR), start):
        left = match.end()
    if not left:
        left = max(0, start - _FAR)
    match_right = _SENTENCE.search(text, end, end + _FAR)
    return left, match_right.start() + 1 if match_right else min(len(text), end + _FAR)


def is_part(text: str, start: int, end: int) -> bool:
    """Whether the figure at [start, end) counts some of those that another figure counts ("including three
    children", "two of them"): it must never be added to its parent."""
    left, right = sentence_around(text, start, end)
    before, behind = text[left:start], text[end:right]
    return bool(_PART_BEFORE.search(before[-_NEAR:]) or _PART_BEHIND.search(behind[:_NEAR]) or _joined(before[-_NEAR:]))


def scope_of(text: str, start: int, end: int) -> str:
    """One of SCOPES for the figure at [start, end): what its sentence says it covers; "incident" where nothing does."""
    if is_part(text, start, end):
        return "subset"
    left, right = sentence_around(text, start, end)
    before, behind = text[left:start], text[end:right]
    if _CUMULATIVE_BEFORE.search(before[-90:]) or _CUMULATIVE_BEHIND.search(behind):
        return "cumulative"
    clause = _clause(text, left, right, start, end)
    if _FORECAST.search(clause):
        return "forecast"
    return "period" if _PERIOD.search(text[left:right]) and not _RANK.search(clause) else "incident"


def change_before(text: str, start: int) -> str:
    """The words of change right before a figure at `start` ("increased by"), to be read with it; else empty."""
    match = _CHANGE.search(text[max(0, start - 30) : start])
    return match[0] if match else ""


def is_to_come(text: str, start: int, end: int) -> bool:
    """Whether the words right before a trigger at [start, end) put it into the future ("will be expelled")."""
    left, _ = sentence_around(text, start, end)
    return bool(_FORECAST.search(text[max(left, start - 40) : start]))


def _joined(before: str) -> bool:
    """Whether a figure goes on counting parts: "including three children and two women"."""
    joint = _JOINT.search(before)
    return joint is not None and bool(_PART_OF.search(re.split(r"[.;]", before[: joint.start()])[-1]))


def _clause(text: str, left: int, right: int, start: int, end: int) -> str:
    """The clause of a figure: its sentence, cut at the joints nearest to it."""
    for match in _CLAUSE.finditer(text, left, start):
        left = match.end()
    cut = _CLAUSE.search(text, end, right)
    return text[left : cut.start() if cut else right]
