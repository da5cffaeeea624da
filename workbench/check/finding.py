"""What a check can find, and where it found it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# In the order in which a person should look at them: name -> severity, what it means.
KINDS = {
    "unreadable": ("error", "files that cannot be read"),
    "broken-row": ("error", "rows that are no bulletin"),
    "id-twice": ("error", "ids that two bulletins bear"),
    "broken-span": ("error", "spans without sound start, end and label"),
    "span-outside": ("error", "spans that end beyond the text"),
    "span-spaces": ("error", "spans that begin or end in spaces"),
    "unknown-label": ("error", "labels that the schema does not have"),
    "overlap": ("error", "spans that overlap"),
    "cut-word": ("warning", "spans that cut a word"),
    "split-leak": ("warning", "bulletins that are, or nearly are, also in another file"),
    "same-text": ("warning", "texts that come twice"),
    "near-duplicate": ("warning", "texts that are nearly the same"),
    "label-differs": ("warning", "words that mostly bear another label"),
    "label-missing": ("warning", "words that mostly bear a label, without one"),
    "label-error": ("warning", "labels that a model which never saw their bulletin doubts, the most doubtful first"),
    "rare-label": ("warning", "labels with too few examples to learn from"),
    "unlabelled": ("warning", "rows that nobody labelled"),
    "no-text": ("warning", "rows without text"),
    "long": ("warning", "bulletins that are longer than a model reads at once"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or suspicious: its kind (of KINDS), the place, and a sentence.

    `start` and `end` are code points of the document, or None where no stretch of it is meant; `details` is what a
    kind has to say beyond that.
    """

    kind: str
    file: str
    message: str
    place: str = ""
    document: str | None = None
    start: int | None = None
    end: int | None = None
    excerpt: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """ "error" or "warning"."""
        return KINDS[self.kind][0]

    def row(self) -> dict[str, Any]:
        """What is known of it, as a JSON object."""
        names = ("file", "place", "document", "start", "end", "message", "excerpt")
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value not in (None, "")} | dict(self.details)
