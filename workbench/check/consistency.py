"""Whether the same words are labelled the same way, and whether each label has examples enough.

A role depends on the sentence: the same party is ACTOR here and TARGET there, the same number counts killed or
injured. So labels of one of these groups are never held against each other; an event's word, a place or a date is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from workbench.check.finding import Finding
from workbench.check.rows import Placed
from workbench.core.schema import Schema
from workbench.core.span import Span

RARE = 30
# Words say something of habit from this many labelled places on, and an exception is at most this share of them.
_PLACES, _EXCEPTION = 5, 0.2
_BY_ROLE = ("party", "figure")
_WORD = re.compile(r"\w+")
Words = tuple[str, ...]


def check_labels(rows: Sequence[Placed], schema: Schema) -> Iterator[Finding]:
    """Labels of the schema with fewer than RARE spans in all files together; nothing where nobody labelled."""
    counts = Counter(span.label for row in rows for span in row.entry.spans)
    if not any(row.entry.annotation for row in rows):
        return
    for label in schema.names:
        if counts[label] < RARE:
            message = f"{label} has {counts[label]} of the {RARE} spans that a model needs at least"
            yield Finding("rare-label", "all files", message)


def check_consistency(rows: Sequence[Placed], schema: Schema) -> Iterator[Finding]:
    """Spans whose words mostly bear another label, and words that mostly bear a label but are bare here."""
    habits = _habits(rows)
    yield from _differing(rows, habits, schema)
    yield from _missing(rows, habits)


def words_of(text: str) -> Words:
    """The words, lower case, without punctuation: what makes two spans the same words."""
    return tuple(_WORD.findall(text.lower()))


def _habits(rows: Sequence[Placed]) -> dict[Words, Counter[str]]:
    """How often which words bear which label, of words that are labelled often enough to tell."""
    habits: dict[Words, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for span in row.entry.spans:
            habits[words_of(row.entry.surface(span))][span.label] += 1
    return {words: counts for words, counts in habits.items() if words and counts.total() >= _PLACES}


def _differing(rows: Sequence[Placed], habits: dict[Words, Counter[str]], schema: Schema) -> Iterator[Finding]:
    groups = {label.name: label.group for label in schema.labels}
    for row in rows:
        for span in row.entry.spans:
            counts = habits.get(words_of(row.entry.surface(span)))
            if counts is None or counts[span.label] > _EXCEPTION * counts.total():
                continue
            usual, often = counts.most_common(1)[0]
            if groups.get(usual) == groups.get(span.label) and groups.get(usual) in _BY_ROLE:
                continue
            message = f"{span.label} here, {usual} in {often} of {counts.total()} places"
            yield row.finding("label-differs", message, start=span.start, end=span.end)


def _missing(rows: Sequence[Placed], habits: dict[Words, Counter[str]]) -> Iterator[Finding]:
    bare: dict[Words, list[tuple[Placed, int, int]]] = defaultdict(list)
    by_first: dict[str, list[Words]] = defaultdict(list)
    for words in habits:
        by_first[words[0]].append(words)
    for row in rows:
        if row.entry.annotation is not None:
            for words, start, end in _bare_places(row, by_first):
                bare[words].append((row, start, end))
    for words, places in bare.items():
        labelled = habits[words].total()
        if len(places) > _EXCEPTION * (labelled + len(places)):
            continue
        usual = habits[words].most_common(1)[0][0]
        for row, start, end in places:
            message = f"no label here, mostly {usual} in {labelled} of {labelled + len(places)} places"
            yield row.finding("label-missing", message, start=start, end=end)


def _bare_places(row: Placed, by_first: dict[str, list[Words]]) -> Iterator[tuple[Words, int, int]]:
    """Where the words stand without any label on them; the longest words at a place only."""
    text, spans = row.entry.document.text, row.entry.spans
    found = [(match[0].lower(), match.start(), match.end()) for match in _WORD.finditer(text)]
    covered = _covered(spans, len(text))
    for place, (first, start, _) in enumerate(found):
        if first not in by_first or covered[start]:
            continue
        here = tuple(word for word, _, _ in found[place : place + max(map(len, by_first[first]))])
        fitting = [words for words in by_first[first] if here[: len(words)] == words]
        if fitting:
            words = max(fitting, key=len)
            end = found[place + len(words) - 1][2]
            if not any(covered[start:end]):
                yield words, start, end


def _covered(spans: Sequence[Span], length: int) -> bytearray:
    covered = bytearray(length)
    for span in spans:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    return covered
