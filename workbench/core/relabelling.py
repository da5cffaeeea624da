"""A change of labels: renamed, merged or split, and what it makes of spans.

A split goes by rules: patterns searched in the span's own characters, the first that fits decides. At most one part
has no pattern and takes the rest; where no part or several have none, the rest gets the first part's label and is
marked for review.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.corpus import Document, Entry, sorted_annotation
from workbench.core.errors import InputError
from workbench.core.parse import read_toml
from workbench.core.span import Relation, Span
from workbench.core.text import brief, normalise_line_ends

# The field of a row that lists the spans that a person must look at: {"start", "end", "was"}.
REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Part:
    """One label that an older one becomes, and the pattern of the spans that do (None: whatever is left)."""

    label: str
    pattern: str | None = None

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern or "")
        except (re.error, OverflowError, RecursionError) as error:
            rule = brief(self.pattern)
            raise InputError(f"the rule {rule} for {self.label} is no regular expression ({error})") from None


@dataclass(frozen=True)
class Relabelling:
    """What each changed label becomes. Applied twice it changes nothing more, so that a stopped run can go on.

    Raises InputError for a label that becomes something while another becomes it.
    """

    parts: Mapping[str, tuple[Part, ...]]

    def __post_init__(self) -> None:
        if not self.parts:
            raise InputError("no change of labels is named; give --rename, --merge, --split or --plan")
        for old, parts in self.parts.items():
            for part in parts:
                if part.label != old and part.label in self.parts and not self._stays(part.label):
                    raise InputError(
                        f"{old} is to become {part.label}, which itself is to become something else; "
                        "do it in two migrations, one after the other"
                    )

    def of(self, label: str, surface: str) -> tuple[str, bool]:
        """The label of a span with these characters, and whether a person must look at it."""
        parts = self.parts.get(label)
        if parts is None:
            return label, False
        text = normalise_line_ends(surface)
        for part in parts:
            if part.pattern is not None and re.search(part.pattern, text):
                return part.label, False
        rest = [part for part in parts if part.pattern is None]
        return (rest[0].label, False) if len(rest) == 1 else (parts[0].label, True)

    def targets(self, label: str) -> tuple[str, ...]:
        """The labels that one may become, the first the likeliest; itself where it does not change."""
        return tuple(dict.fromkeys(part.label for part in self.parts.get(label, (Part(label),))))

    def names(self, old: Iterable[str]) -> tuple[str, ...]:
        """The label names of a list after the change, each once, in the old order."""
        return tuple(dict.fromkeys(new for name in old for new in self.targets(name)))

    def sources(self, label: str, old: Iterable[str]) -> tuple[str, ...]:
        """The labels among `old` of which this one may have been made."""
        return tuple(name for name in old if label in self.targets(name))

    def table(self) -> dict[str, list[dict[str, str]]]:
        """Plain data, the same for the same change; relabelling_of reads it."""
        return {
            old: [{"label": p.label} | ({} if p.pattern is None else {"pattern": p.pattern}) for p in self.parts[old]]
            for old in sorted(self.parts)
        }

    def _stays(self, label: str) -> bool:
        """Whether a span of that label always keeps it; what a rule took to another was another's characters."""
        return self.targets(label) == (label,)


def relabelling_of(table: Mapping[str, Any]) -> Relabelling:
    """The change of a plain table (see Relabelling.table)."""
    return Relabelling({old: tuple(Part(**part) for part in parts) for old, parts in table.items()})


def relabelling(
    *,
    renames: Mapping[str, str] | None = None,
    merges: Mapping[str, Iterable[str]] | None = None,
    splits: Mapping[str, Iterable[Part]] | None = None,
) -> Relabelling:
    """A change out of old=new names, new=[old …] merges and splits. Raises InputError for a label named twice."""
    parts: dict[str, tuple[Part, ...]] = {}
    pairs: list[tuple[str, tuple[Part, ...]]] = [(old, (Part(new),)) for old, new in (renames or {}).items()]
    pairs += [(old, (Part(new),)) for new, several in (merges or {}).items() for old in several]
    pairs += [(old, tuple(several)) for old, several in (splits or {}).items()]
    for old, made in pairs:
        if old in parts:
            raise InputError(f"{old} is changed twice in one migration; name it once")
        parts[old] = made
    return Relabelling(parts)


def load_relabelling(path: str | Path) -> Relabelling:
    """The change that a TOML file declares. Raises InputError naming the file.

    [rename]
    FIGURE_OTHER = "FIGURE_MISC"
    [merge]
    EVENT_ARMED = ["EVENT_ATTACK", "EVENT_CLASH"]
    [[split.FIGURE_CASUALTY]]
    label = "FIGURE_DEAD"
    pattern = "dead|died"
    [[split.FIGURE_CASUALTY]]
    label = "FIGURE_HURT"
    """
    path = Path(path)
    table = read_toml(path)
    unknown = set(table) - {"rename", "merge", "split"}
    if unknown:
        raise InputError(f"{path} has the unknown table {sorted(unknown)[0]!r}; expected rename, merge and split")
    try:
        splits = {old: [Part(**part) for part in parts] for old, parts in table.get("split", {}).items()}
        merges = {new: [str(old) for old in several] for new, several in table.get("merge", {}).items()}
        return relabelling(renames=dict(table.get("rename", {})), merges=merges, splits=splits)
    except (TypeError, AttributeError) as error:
        raise InputError(
            f"{path} does not have the form of a migration ({error}); see `workbench migrate --help`"
        ) from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def relabel_entry(entry: Entry, change: Relabelling) -> Entry:
    """The entry under the new labels; the very same one where none of its spans changes.

    Two spans that become alike are one from then on, with what was chosen for both; a relation between them goes.
    """
    if entry.annotation is None or not any(span.label in change.parts for span in entry.spans):
        return entry
    made = [change.of(span.label, entry.surface(span)) for span in entry.spans]
    spans: dict[Span, Span] = {}
    for span, (label, _) in zip(entry.spans, made, strict=True):
        new = replace(span, label=label)
        first = spans.get(new, new)
        spans[new] = replace(first, choices=tuple(dict.fromkeys((*first.choices, *new.choices))))
    kept = list(spans)
    place = {old: kept.index(replace(span, label=made[old][0])) for old, span in enumerate(entry.spans)}
    pairs = [(place[r.source], place[r.target], r.type) for r in entry.annotation.relations]
    relations = tuple(Relation(*pair) for pair in dict.fromkeys(pairs) if pair[0] != pair[1])
    annotation = sorted_annotation(
        replace(entry.annotation, spans=tuple(spans.values()), relations=tuple(sorted(relations)))
    )
    doubtful = [
        {"start": span.start, "end": span.end, "was": span.label}
        for span, (_, review) in zip(entry.spans, made, strict=True)
        if review
    ]
    return Entry(_marked(entry, doubtful), annotation)


def _marked(entry: Entry, doubtful: list[dict[str, Any]]) -> Document:
    if not doubtful:
        return entry.document
    fields = dict(entry.document.fields)
    there = fields.get(REVIEW)
    before: list[Any] = there if isinstance(there, list) else []
    marks = [*before, *(mark for mark in doubtful if mark not in before)]
    return replace(entry.document, fields={**fields, REVIEW: marks})
