"""What people decided on sheets: bulletins with the links they left or drew, and edits that merge and keep apart."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from workbench.core.corpus import Annotation, Document, Entry, sorted_annotation
from workbench.core.errors import InputError
from workbench.core.schema import Schema
from workbench.core.span import Relation, Span
from workbench.record.bulletin import REVIEWED
from workbench.record.cluster import likeness
from workbench.record.edits import Edits, make_edits
from workbench.record.incident import Incident, Tools
from workbench.record.link import SAME_EVENT
from workbench.record.sheets import NEAR, PARTS, Told, on_sheet, tell

# A trigger: the hash of its bulletin, and where it starts there.
Trigger = tuple[str, int]


@dataclass(frozen=True)
class Version:
    """A bulletin as it stands on a submitted sheet."""

    spans: tuple[Span, ...]
    relations: tuple[Relation, ...]
    author: str | None
    assisted: bool

    @property
    def meaning(self) -> tuple[Any, ...]:
        """What it says: spans and links, whoever drew them."""
        return self.spans, tuple(sorted(self.relations))


@dataclass(frozen=True)
class Read:
    """A submitted sheet: its bulletins by hash, same_event links between bulletins, and what fits nowhere: spans
    outside of the bulletins, links between bulletins that are no same_event."""

    versions: Mapping[str, Version]
    across: tuple[tuple[Trigger, Trigger], ...]
    strays: int


@dataclass(frozen=True)
class Decisions:
    """The bulletins of the submitted sheets with their links, and the edits in force. `different` are ids of bulletins
    that two sheets changed in different ways (the later was taken), `missing` counts those that no corpus has,
    `strays` spans and links that fit nowhere."""

    entries: Mapping[str, Entry]
    edits: Edits
    merges: int
    apart: int
    different: tuple[str, ...]
    missing: int
    strays: int


def read_sheet(entry: Entry) -> Read:
    """A submitted sheet taken to pieces. Raises InputError where it does not say what it is made of."""
    parts = _parts(entry.document)
    homes = [_home(span, parts) for span in entry.spans]
    annotation = entry.annotation or Annotation()
    inside: dict[str, list[Relation]] = {key: [] for key, _, _ in parts}
    across: list[tuple[Trigger, Trigger]] = []
    strays = sum(home is None for home in homes)
    for relation in annotation.relations:
        one, other = homes[relation.source], homes[relation.target]
        if one is None or other is None:
            continue
        if one[0] == other[0]:
            inside[one[0]].append(relation)
        elif relation.type == SAME_EVENT:
            across.append(((one[0], one[1].start), (other[0], other[1].start)))
        else:
            strays += 1
    versions = {}
    for key, _, _ in parts:
        mine = [place for place, home in enumerate(homes) if home is not None and home[0] == key]
        number = {place: at for at, place in enumerate(mine)}
        spans = tuple(home[1] for place in mine if (home := homes[place]) is not None)
        relations = tuple(Relation(number[x.source], number[x.target], x.type) for x in inside[key])
        drawn = sorted_annotation(Annotation(spans, relations))
        versions[key] = Version(drawn.spans, drawn.relations, annotation.author, annotation.assisted)
    return Read(versions, tuple(across), strays)


def _parts(document: Document) -> list[tuple[str, int, int]]:
    parts = document.fields.get(PARTS)
    try:
        return [(str(key), int(start), int(end)) for _, key, start, end in parts or ()] or _none()
    except (TypeError, ValueError):
        raise InputError(
            f"task {document.id} does not say which bulletins it is made of; it is no sheet of `workbench confirm`"
        ) from None


def _none() -> Any:
    raise ValueError


def _home(span: Span, parts: Sequence[tuple[str, int, int]]) -> tuple[str, Span] | None:
    """The bulletin that a span lies in, and the span in its offsets; None for one in a headline or across two."""
    for key, start, end in parts:
        if start <= span.start and span.end <= end:
            return key, Span(span.start - start, span.end - start, span.label)
    return None


def decide(submitted: Sequence[Entry], originals: Iterable[Entry], tools: Tools, *, edits: Edits) -> Decisions:
    """What comes of the submitted sheets (the earliest first) for a corpus: see Decisions.

    Of a bulletin on several sheets the last version that somebody changed counts. What `edits` said of the incidents
    of one sheet is replaced by what the sheet says. Raises InputError for merges that contradict one another.
    """
    read = [read_sheet(entry) for entry in submitted]
    wanted = {key for sheet in read for key in sheet.versions}
    before = {e.document.hash: tell(e, tools) for e in originals if e.annotation and e.document.hash in wanted}
    chosen, different = _chosen(read, before, tools.schema)
    after = {key: tell(_decided(before[key], version, tools.schema), tools) for key, version in chosen.items()}
    merges, apart = list(_merges(read, after)), []
    for sheet in read:
        here = [after[key] for key in sheet.versions if key in after]
        ids = {incident.id for each in here for incident in each.incidents}
        ids |= {incident.id for key in sheet.versions if key in before for incident in before[key].incidents}
        edits = edits.outside(ids)
    groups = make_edits(merges, [])
    for sheet in read:
        apart += list(_apart([after[key] for key in sheet.versions if key in after], groups))
    found = make_edits([*edits.groups(), *merges], [*edits.kept_apart, *apart])
    names = tuple(before[key].entry.document.id for key in different)
    return Decisions(
        {key: each.entry for key, each in after.items()}, found, len(groups.groups()), len(set(map(frozenset, apart))),
        names, len(wanted - set(before)), sum(sheet.strays for sheet in read),
    )  # fmt: skip


def _chosen(read: Sequence[Read], before: Mapping[str, Told], schema: Schema) -> tuple[dict[str, Version], list[str]]:
    """The version of each bulletin that counts, and those that were changed in different ways."""
    chosen: dict[str, Version] = {}
    different: dict[str, None] = {}
    for sheet in read:
        for key, version in sheet.versions.items():
            if key not in before:
                continue
            shown = _shown(before[key], schema)
            if key in chosen and version.meaning == shown:
                continue
            if key in chosen and chosen[key].meaning not in (shown, version.meaning):
                different[key] = None
            chosen[key] = version
    return chosen, list(different)


def _shown(told: Told, schema: Schema) -> tuple[Any, ...]:
    drawn = tuple(x for x in told.relations if on_sheet(x, told.entry.spans, schema))
    annotation = sorted_annotation(Annotation(told.entry.spans, drawn))
    return annotation.spans, tuple(sorted(annotation.relations))


def _decided(told: Told, version: Version, schema: Schema) -> Entry:
    """The bulletin with what the sheet says and the links that it did not show, marked as looked at."""
    original = told.entry
    document = replace(original.document, fields={**original.document.fields, REVIEWED: True})
    place = {span: at for at, span in enumerate(version.spans)}
    hidden = {
        Relation(place[original.spans[x.source]], place[original.spans[x.target]], x.type)
        for x in told.relations
        if not on_sheet(x, original.spans, schema)
        and original.spans[x.source] in place
        and original.spans[x.target] in place
    }
    annotation = Annotation(
        version.spans, tuple(sorted({*version.relations, *hidden})), author=version.author, assisted=version.assisted,
        model_version=original.annotation.model_version if original.annotation else None,
    )  # fmt: skip
    return Entry(document, annotation)


def _merges(read: Sequence[Read], after: Mapping[str, Told]) -> Iterator[tuple[str, str]]:
    """Incidents of two bulletins that a same_event link joins."""
    home = {
        (key, start): incident.id
        for key, each in after.items()
        for incident in each.incidents
        for start, _, _ in incident.triggers
    }
    for sheet in read:
        for one, other in sheet.across:
            if one in home and other in home:
                yield home[one], home[other]


def _apart(told: Sequence[Told], merged: Edits) -> Iterator[tuple[str, str]]:
    """Incidents of two bulletins of a sheet that look alike and that nobody joined."""
    for one, other in combinations(told, 2):
        for mine in one.incidents:
            for theirs in other.incidents:
                if _comparable(mine, theirs) and theirs.id not in merged.together(mine.id):
                    yield mine.id, theirs.id


def _comparable(one: Incident, other: Incident) -> bool:
    return one.family == other.family and one.mode == other.mode and likeness(one, other) >= NEAR
