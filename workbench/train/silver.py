"""Silver: bulletins that a language model or a tagger labelled, to learn from beside the gold, with less weight.

What its maker was not sure of is unknown to the loss: neither the label nor "nothing" is taught there.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.core.corpus import Annotation, Entry
from workbench.core.errors import CorpusError
from workbench.core.schema import Schema
from workbench.core.span import Span
from workbench.read.duplicates import near_duplicate_clusters

# Start and end of a stretch of text, in code points, end exclusive.
Stretch = tuple[int, int]


@dataclass(frozen=True)
class Silver:
    """Entries with the spans that are sure, and for each the stretches that are unknown; `dropped` counts bulletins
    and `masked` spans that are not learned from, by the reason."""

    entries: tuple[Entry, ...] = ()
    unknown: tuple[tuple[Stretch, ...], ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    masked: Mapping[str, int] = field(default_factory=dict)

    @property
    def spans(self) -> int:
        """How many sure spans there are."""
        return sum(len(entry.spans) for entry in self.entries)

    def summary(self, weight: float) -> str:
        """One line on what is learned from and what is not."""
        line = f"with {len(self.entries)} silver bulletins, {self.spans} spans, weight {weight:g}"
        for what, counts in (("spans are unknown to the loss", self.masked), ("bulletins are dropped", self.dropped)):
            if counts:
                line += f"; {sum(counts.values())} {what}: " + ", ".join(f"{n} {why}" for why, n in counts.items())
        return line


NO_SILVER = Silver()


def read_silver(entries: Sequence[Entry], *, gold: Sequence[Entry], schema: Schema, floor: float) -> Silver:
    """What may be learned from: rows that no person labelled and that are neither in `gold` nor nearly so.

    A span is unknown where it was noted for review by `workbench assist`, scored under `floor`, or overlaps another;
    so are the places between which a proposal was ambiguous. Raises SchemaError for a label outside the schema,
    CorpusError where no row is left.
    """
    dropped, masked = Counter[str](), Counter[str]()
    own = [entry for entry in entries if _is_silver(entry, dropped)]
    kept = _apart(own, gold, dropped)
    if not kept:
        why = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise CorpusError(
            f"no silver bulletin is left to learn from ({why}); expected rows with origin llm or model, as "
            "`workbench assist` and `workbench prelabel` write, whose texts are not in the gold"
        )
    parted = []
    for entry in kept:
        schema.check(entry.spans, where=f"silver bulletin {entry.document.id}")
        parted.append(_parted(entry, floor, masked))
    return Silver(tuple(e for e, _ in parted), tuple(stretches for _, stretches in parted), dropped, masked)


def _is_silver(entry: Entry, dropped: Counter[str]) -> bool:
    if entry.annotation is None:
        dropped["without labels"] += 1
    elif entry.annotation.origin == "human":
        dropped["labelled by a person (name them with --train)"] += 1
    else:
        return True
    return False


def _apart(silver: Sequence[Entry], gold: Sequence[Entry], dropped: Counter[str]) -> list[Entry]:
    """Silver of which no gold is a copy or near-copy, each text once."""
    same = {entry.document.hash for entry in gold}
    near = set[int]()
    for cluster in near_duplicate_clusters([entry.document for entry in (*gold, *silver)]):
        if cluster[0] < len(gold):  # in order, so that gold stands first
            near.update(place - len(gold) for place in cluster)
    kept, seen = [], set[str]()
    for place, entry in enumerate(silver):
        if entry.document.hash in same:
            dropped["in gold or dev as well"] += 1
        elif place in near:
            dropped["nearly the same as one of gold or dev"] += 1
        elif entry.document.hash in seen:
            dropped["there twice"] += 1
        else:
            seen.add(entry.document.hash)
            kept.append(entry)
    return kept


def _parted(entry: Entry, floor: float, masked: Counter[str]) -> tuple[Entry, tuple[Stretch, ...]]:
    """The entry with its sure spans alone, and the stretches that are unknown."""
    noted = list(_noted(entry))
    clashing = _overlapping(entry.spans)
    sure, unknown = [], list(noted)
    for span in entry.spans:
        if any(start < span.end and span.start < end for start, end in noted):
            masked["noted for review"] += 1
        elif span.score is not None and span.score < floor:
            masked[f"scored under {floor:g}"] += 1
        elif span in clashing:
            masked["overlapping"] += 1
        else:
            sure.append(span)
            continue
        unknown.append((span.start, span.end))
    annotation = replace(entry.annotation or Annotation(), spans=tuple(sure), relations=())
    return replace(entry, annotation=annotation), tuple(sorted(set(unknown)))


def _noted(entry: Entry) -> Iterable[Stretch]:
    """The places that `workbench assist` noted for a person's look in the row's field `assist`."""
    notes: Any = entry.document.fields.get("assist")
    review = notes.get("review") if isinstance(notes, dict) else None
    for note in review if isinstance(review, list) else ():
        for place in note.get("places") or () if isinstance(note, dict) else ():
            if isinstance(place, list) and len(place) == 2 and all(isinstance(each, int) for each in place):
                yield place[0], place[1]


def _overlapping(spans: Sequence[Span]) -> set[Span]:
    ordered, found = sorted(spans), set[Span]()
    for place, span in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other.start >= span.end:
                break
            found |= {span, other}
    return found
