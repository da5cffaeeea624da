"""A labelled bulletin as records read it: its spans with what the schema says of them, and its sentences."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from workbench.core.corpus import Entry
from workbench.core.schema import Schema
from workbench.core.span import Span
from workbench.record.dates import dateline, read_date

# A sentence ends before a capital or a quote; "Dr. Khan", "Jan. 5" and single letters end none.
_END = re.compile(
    r"(?<!\bMr)(?<!\bDr)(?<!\bSt)(?<!\bGen)(?<!\bCol)(?<!\bLt)(?<!\bNo)(?<!\b[A-Z])[.!?][\"”’']?\s+(?=[\"“'A-Z0-9])|\n+"
)
# The field of a row whose links a person has confirmed or corrected: those that are not drawn are not there.
REVIEWED = "links_reviewed"
# How sure a model must be of a trigger. Of those under a half fewer than one in three was right on bulletins that the
# starter model never saw, and each false one would be an event of its own.
LEAST_SCORE = 0.5
_BLANK = re.compile(r"(?<!\s)[^\S\n]*\n\s*\n")
# Groups of the spans that records use; means are kept with the parties.
LINKED = ("figure", "party", "place", "time", "means")

# Characters of a sentence that a claim quotes whole; of a longer one as many around the figure.
_QUOTED = 600


@dataclass(frozen=True, slots=True)
class Mention:
    """One span. `index` is its place in the annotation; `role` is its label, `counts` the column of a figure."""

    index: int
    start: int
    end: int
    label: str
    group: str
    counts: str | None
    text: str
    sentence: int
    score: float | None


class Bulletin:
    """An entry with its mentions by group. Spans of labels that the schema lacks are left out, and triggers that a
    model is less sure of than `least_score`; `doubtful` counts these."""

    def __init__(self, entry: Entry, schema: Schema, *, least_score: float = 0.0) -> None:
        self.entry, self.text = entry, entry.document.text
        self.starts = [0, *(match.end() for match in _END.finditer(self.text))]
        known = {label.name: label for label in schema.labels}
        found = [
            Mention(
                index, span.start, end := self._within(span), span.label, known[span.label].group,
                known[span.label].counts, self.text[span.start : end], bisect_right(self.starts, span.start) - 1,
                span.score,
            )
            for index, span in enumerate(entry.spans)
            if span.label in known
        ]  # fmt: skip
        self.mentions = tuple(x for x in found if x.group != "event" or x.score is None or x.score >= least_score)
        self.doubtful = len(found) - len(self.mentions)
        self._quotes: dict[int, tuple[str, int]] = {}
        self.by_index = {mention.index: mention for mention in self.mentions}

    def _within(self, span: Span) -> int:
        """Where a span ends, at the latest before a blank line: no name goes on in the next paragraph."""
        blank = _BLANK.search(self.text, span.start + 1, span.end)
        return blank.start() if blank else span.end

    def group(self, *groups: str) -> list[Mention]:
        """The mentions of the groups, in text order."""
        return [mention for mention in self.mentions if mention.group in groups]

    @property
    def reviewed(self) -> bool:
        """Whether a person has looked at its links, so that none is to be added to those drawn."""
        return self.entry.document.fields.get(REVIEWED) is True

    @cached_property
    def events(self) -> list[Mention]:
        """The triggers, in text order."""
        return self.group("event")

    @cached_property
    def sources(self) -> list[Mention]:
        """Who says so."""
        return [mention for mention in self.mentions if mention.label == "SOURCE"]

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        """Where the mentions of each label and of each group begin, in order."""
        found: dict[str, list[int]] = {}
        for mention in self.mentions:
            found.setdefault(mention.label, []).append(mention.start)
            found.setdefault(mention.group, []).append(mention.start)
        return found

    @cached_property
    def contents(self) -> dict[int, frozenset[str]]:
        """By sentence, the texts of its mentions that are no triggers, in small letters."""
        found: dict[int, set[str]] = {}
        for mention in self.mentions:
            if mention.group != "event":
                found.setdefault(mention.sentence, set()).add(mention.text.casefold())
        return {sentence: frozenset(texts) for sentence, texts in found.items()}

    @cached_property
    def figures(self) -> dict[int, dict[str, set[str]]]:
        """By sentence and label, the texts of its figures, in small letters."""
        found: dict[int, dict[str, set[str]]] = {}
        for mention in self.group("figure"):
            found.setdefault(mention.sentence, {}).setdefault(mention.label, set()).add(mention.text.casefold())
        return found

    @cached_property
    def _parties(self) -> tuple[list[Mention], list[int]]:
        parties = self.group("party")
        return parties, [party.start for party in parties]

    def party_behind(self, mention: Mention) -> Mention | None:
        """The first party that begins at or behind the end of a mention."""
        parties, starts = self._parties
        place = bisect_left(starts, mention.end)
        return parties[place] if place < len(parties) else None

    def between(self, name: str, left: int, right: int) -> int:
        """How many mentions of a label or a group begin in [left, right)."""
        starts = self._starts.get(name, ())
        return bisect_left(starts, right) - bisect_left(starts, left)

    @cached_property
    def published(self) -> date | None:
        """The publication date: the row's, else the dateline's. None where neither is there or the row's is no date."""
        given = self.entry.document.published
        if given:
            found = read_date(given[:10], published=None)
            return found.start if found and found.precision == "day" else None
        return dateline(self.text)

    def quote(self, start: int, end: int, number: int) -> tuple[str, int]:
        """The sentence `number`, without the spaces around it, and where it starts; of an endless one the part around
        [start, end). Of a sentence that is quoted twice there is one string."""
        text, left = self._quoted(number)
        if len(text) <= _QUOTED:
            return text, left
        low, high = max(left, start - _QUOTED // 2), min(left + len(text), end + _QUOTED // 2)
        return self.text[low:high], low

    def _quoted(self, number: int) -> tuple[str, int]:
        if number not in self._quotes:
            raw = self.sentence_text(number)
            self._quotes[number] = (raw.strip(), self.starts[number] + len(raw) - len(raw.lstrip()))
        return self._quotes[number]

    def sentence_text(self, number: int) -> str:
        """The text of a sentence, by its number."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end]
