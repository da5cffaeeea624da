"""From annotated documents to training examples: windows of tokens with a tag each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.corpus import Entry
from workbench.core.schema import Schema
from workbench.core.span import Span
from workbench.tag.decode import tags_of_spans
from workbench.tag.tagger import Reading, Tagger
from workbench.tag.windows import windows_of

IGNORED = -100  # torch's cross-entropy leaves this class out


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows for a dataset (input_ids, labels: equal lengths, special tokens included) and what could not be taught.

    Where rows have different weights in the loss, each has its `weight`.
    """

    rows: list[dict[str, Any]]
    spans: int
    left_out: tuple[tuple[str, Span], ...]

    def weighted(self, weight: float) -> "Examples":
        """The same, each row with that weight."""
        return Examples([row | {"weight": weight} for row in self.rows], self.spans, self.left_out)

    def __add__(self, other: "Examples") -> "Examples":
        return Examples(self.rows + other.rows, self.spans + other.spans, self.left_out + other.left_out)

    def summary(self, *, documents: int) -> str:
        """One line on what training uses and what it leaves out."""
        line = f"training on {documents} bulletins, {len(self.rows)} windows, {self.spans} spans"
        if not self.left_out:
            return line
        document, span = self.left_out[0]
        return (
            f"{line}; {len(self.left_out)} spans left out because they cut a token or overlap another "
            f"(first: {document} {span.start}-{span.end} {span.label})"
        )


def make_examples(
    entries: Sequence[Entry],
    *,
    schema: Schema,
    tagger: Tagger,
    reading: Reading,
    unknown: Sequence[Sequence[tuple[int, int]]] | None = None,
) -> Examples:
    """Windows, cut as `reading` says, of every document, empty ones and those without spans too: negatives teach.

    Each unit's first token carries its tag and every further token -100. Where windows overlap both are taught.
    `unknown` holds for each document the stretches of text, in code points, whose units get -100 as well: neither a
    label nor "nothing" is taught there.
    """
    rows, left_out = [], []
    all_units = tagger.units([entry.document.text for entry in entries])
    for entry, units, stretches in zip(entries, all_units, unknown or [()] * len(entries), strict=True):
        tags, skipped = tags_of_spans(entry.spans, units, schema.names)
        for start, end in stretches:
            tags[np.searchsorted(units.ends, start, side="right") : np.searchsorted(units.starts, end)] = IGNORED
        left_out += [(entry.document.id, span) for span in skipped]
        labels = np.full(len(units.token_ids), IGNORED, dtype=np.int64)
        labels[units.first_token] = tags
        for window in windows_of(units, width=reading.width, overlap=reading.overlap):
            part = slice(window.start, window.end)
            rows.append(
                {
                    "input_ids": [reading.start_id, *units.token_ids[part].tolist(), reading.end_id],
                    "labels": [IGNORED, *labels[part].tolist(), IGNORED],
                }
            )
    return Examples(rows, spans=sum(len(entry.spans) for entry in entries) - len(left_out), left_out=tuple(left_out))


def collate(rows: Sequence[dict[str, Any]], *, pad_id: int) -> dict[str, Any]:
    """A batch of tensors [batch, tokens], padded to its longest row; `weights` [batch] where rows have them."""
    import torch

    longest = max(len(row["input_ids"]) for row in rows)

    def padded(name: str, fill: int) -> "torch.Tensor":
        return torch.tensor([list(row[name]) + [fill] * (longest - len(row[name])) for row in rows])

    lengths = torch.tensor([len(row["input_ids"]) for row in rows])
    batch = {
        "input_ids": padded("input_ids", pad_id),
        "labels": padded("labels", IGNORED),
        "attention_mask": (torch.arange(longest)[None, :] < lengths[:, None]).long(),
    }
    return batch | ({"weights": torch.tensor([row["weight"] for row in rows])} if "weight" in rows[0] else {})
