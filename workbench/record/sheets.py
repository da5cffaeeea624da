"""Sheets: bulletins that may tell of the same events in one text, with their links drawn, for a person to look at.

A sheet shows which mentions are one event (same_event; removing one splits, drawing one merges, within a bulletin and
between two), which event each figure counts for, and who says so. The other links would hide the text: they stay as
they are, unless somebody draws one.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.schema import Schema
from workbench.core.span import Relation, Span
from workbench.record.bulletin import Bulletin
from workbench.record.cluster import ENOUGH, cluster
from workbench.record.edits import Edits
from workbench.record.event import Event
from workbench.record.incident import Incident, Tools, incidents_of
from workbench.record.link import SAME_EVENT, Link

# What a person can look through at once.
MOST_BULLETINS, MOST_CHARACTERS = 5, 20_000
# Points of likeness from which two incidents are shown side by side, though they are not joined by themselves.
NEAR = ENOUGH / 2
# The name under which the links of a sheet stand in Label Studio.
VERSION = "records"
# The field of a sheet that says which characters belong to which bulletin: [id, hash, start, end].
PARTS = "bulletins"


@dataclass(frozen=True)
class Told:
    """A labelled bulletin with its incidents, the span of the first trigger of each (by incident id), and the links."""

    entry: Entry
    incidents: tuple[Incident, ...]
    firsts: Mapping[str, int]
    relations: tuple[Relation, ...]


def on_sheet(relation: Relation, spans: Sequence[Span], schema: Schema) -> bool:
    """Whether a sheet shows a link: same_event, and all that a figure has."""
    figures = {label.name for label in schema.labels if label.group == "figure"}
    return relation.type == SAME_EVENT or spans[relation.source].label in figures


def tell(entry: Entry, tools: Tools) -> Told:
    """The incidents of a labelled bulletin, and its links as relations: those of the linker, and for each incident of
    several triggers same_event from each later one to the first."""
    bulletin = Bulletin(entry, tools.schema, least_score=tools.least_score)
    links = tools.linker(bulletin)
    incidents = tuple(incidents_of(bulletin, replace(tools, linker=lambda _: links)))
    at = {(trigger.start, trigger.end): trigger.index for trigger in reversed(bulletin.events)}
    firsts = {incident.id: at[incident.triggers[0][:2]] for incident in incidents}
    same = [
        Link(at[later[:2]], firsts[incident.id], SAME_EVENT)
        for incident in incidents
        for later in incident.triggers[1:]
    ]
    drawn = [link for link in links if link.type != SAME_EVENT] + [link for link in same if link.source != link.target]
    return Told(entry, incidents, firsts, tuple(sorted({Relation(x.source, x.target, x.type) for x in drawn})))


def sheets(told: Sequence[Told], schema: Schema, *, edits: Edits | None = None) -> list[Entry]:
    """Sheets of all bulletins with incidents: those with conflicting claims first, then those that join bulletins."""
    by_hash = {each.entry.document.hash: each for each in told if each.incidents}
    incidents = [incident for each in by_hash.values() for incident in each.incidents]
    events = [Event(tuple(group)) for group in cluster(incidents, edits=edits)]
    made = [_sheet([by_hash[key] for key in keys], events, schema) for keys in _arranged(incidents, by_hash, edits)]
    return [entry for _, entry in sorted(made, key=lambda pair: pair[0])]


def _arranged(
    incidents: Sequence[Incident], told: Mapping[str, Told], edits: Edits | None
) -> Iterator[tuple[str, ...]]:
    """Which bulletins (by hash) share a sheet: those with incidents that are near, else each its own."""
    arranged: list[set[str]] = []
    for group in cluster(incidents, edits=_together_only(edits), enough=NEAR):
        first, *others = dict.fromkeys(incident.document for incident in group)
        open_ones = [x for x in others if not any({first, x} <= sheet for sheet in arranged)]
        while open_ones:
            chosen = _fitting(first, open_ones, told)
            arranged.append({first, *chosen})
            yield (first, *chosen)
            open_ones = [x for x in open_ones if x not in chosen]
    seen = {key for sheet in arranged for key in sheet}
    yield from ((key,) for key in told if key not in seen)


def _together_only(edits: Edits | None) -> Edits | None:
    """Merges alone: what a person has kept apart is still near, and stays to be seen."""
    return Edits(edits.merged) if edits else None


def _fitting(first: str, others: Sequence[str], told: Mapping[str, Told]) -> list[str]:
    """As many of the others as a sheet takes beside the first; one at least."""
    chosen = [others[0]]
    for key in others[1:]:
        length = sum(len(told[x].entry.document.text) for x in (first, *chosen, key))
        if len(chosen) + 1 < MOST_BULLETINS and length <= MOST_CHARACTERS:
            chosen.append(key)
    return chosen


def _sheet(told: Sequence[Told], events: Iterable[Event], schema: Schema) -> tuple[tuple[bool, bool, str], Entry]:
    """A sheet, and what orders it: conflicts first, then joined bulletins, then by its text."""
    text, parts = "", []
    spans: list[Span] = []
    relations: list[Relation] = []
    firsts: dict[str, int] = {}
    for each in told:
        document = each.entry.document
        text += f"[{document.id}{f' | {document.published}' if document.published else ''}]\n"
        start, offset = len(text), len(spans)
        text += document.text + "\n\n"
        parts.append([document.id, document.hash, start, start + len(document.text)])
        spans += [replace(span, start=span.start + start, end=span.end + start) for span in each.entry.spans]
        shown = [x for x in each.relations if on_sheet(x, each.entry.spans, schema)]
        relations += [Relation(x.source + offset, x.target + offset, x.type) for x in shown]
        firsts |= {incident: place + offset for incident, place in each.firsts.items()}
    conflict = False
    joined: list[Relation] = []
    for event in events:
        here = [firsts[x.id] for x in event.incidents if x.id in firsts]
        conflict = conflict or bool(here and event.conflicts)
        joined += [Relation(later, min(here), SAME_EVENT) for later in here if later != min(here)]
    key = hashlib.sha256(" ".join(str(part[1]) for part in parts).encode()).hexdigest()[:10]
    document = Document(f"sheet-{key}", text, fields={PARTS: parts})
    annotation = Annotation(tuple(spans), (*relations, *joined), origin="model", model_version=VERSION)
    return (not conflict, not joined, key), Entry(document, annotation)
