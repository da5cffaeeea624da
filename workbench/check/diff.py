"""What changed between two corpora: bulletins, and the spans of those that both hold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workbench.core.corpus import Entry
from workbench.core.span import Span


@dataclass(frozen=True, slots=True)
class Change:
    """One span that is not the same: `before` None where it was added, `after` None where it was taken away."""

    document: str
    kind: str  # added, removed, relabelled (same characters) or moved (same label, other edges)
    before: Span | None
    after: Span | None


@dataclass(frozen=True)
class Difference:
    """What changed: ids of bulletins on one side only (the first's, the second's), and changes in those on both.

    `same` counts bulletins whose spans are alike; `labelled` and `unlabelled` those that got or lost an annotation.
    """

    removed: tuple[str, ...]
    added: tuple[str, ...]
    labelled: tuple[str, ...]
    unlabelled: tuple[str, ...]
    same: int
    changes: tuple[Change, ...]

    @property
    def any(self) -> bool:
        """Whether there is a difference at all."""
        return bool(self.removed or self.added or self.labelled or self.unlabelled or self.changes)


def diff(first: Iterable[Entry], second: Iterable[Entry]) -> Difference:
    """Bulletins are matched by content, whatever their ids; of two with the same content the last counts."""
    before = {entry.document.hash: entry for entry in first}
    after = {entry.document.hash: entry for entry in second}
    both = [(before[key], after[key]) for key in before if key in after]
    changed = [(a, b) for a, b in both if a.annotation is not None and b.annotation is not None and a.spans != b.spans]
    labelled = tuple(b.document.id for a, b in both if a.annotation is None and b.annotation is not None)
    unlabelled = tuple(a.document.id for a, b in both if a.annotation is not None and b.annotation is None)
    return Difference(
        removed=tuple(entry.document.id for key, entry in before.items() if key not in after),
        added=tuple(entry.document.id for key, entry in after.items() if key not in before),
        labelled=labelled,
        unlabelled=unlabelled,
        same=len(both) - len(changed) - len(labelled) - len(unlabelled),
        changes=tuple(change for a, b in changed for change in changes_of(b.document.id, a.spans, b.spans)),
    )


def changes_of(document: str, before: Sequence[Span], after: Sequence[Span]) -> Iterator[Change]:
    """The changes of one bulletin, in text order: relabelled before moved, and only then removed and added."""
    lost = [span for span in before if span not in after]
    new = [span for span in after if span not in before]
    found: list[Change] = []
    for kind, fits in (("relabelled", _same_place), ("moved", _same_label)):
        for span in list(lost):
            other = next((each for each in new if fits(span, each)), None)
            if other is not None:
                found.append(Change(document, kind, span, other))
                lost.remove(span)
                new.remove(other)
    found += [Change(document, "removed", span, None) for span in lost]
    found += [Change(document, "added", None, span) for span in new]
    yield from sorted(found, key=lambda change: change.before or change.after or Span(0, 1, "x"))


def _same_place(one: Span, other: Span) -> bool:
    return (one.start, one.end) == (other.start, other.end)


def _same_label(one: Span, other: Span) -> bool:
    return one.label == other.label and one.overlaps(other)
