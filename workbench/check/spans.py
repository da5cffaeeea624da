"""What one labelled bulletin shows by itself."""

import re
from collections.abc import Iterator

from workbench.check.finding import Finding
from workbench.check.rows import Placed
from workbench.core.schema import Schema
from workbench.core.span import overlapping_pairs

# About what a token classifier with 512 positions reads in one piece, at best.
LONG = 512
# Scripts that put no spaces between words, where no end of a span can be said to cut one.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")


def check_entry(placed: Placed, schema: Schema) -> Iterator[Finding]:
    """Unknown labels, overlaps, spaces at the ends, cut words; no text, no labels, a text too long."""
    document = placed.entry.document
    if not document.text.strip():
        yield placed.finding("no-text", "the text is empty; remove the row, or fetch its text")
    elif placed.entry.annotation is None:
        yield placed.finding("unlabelled", "no spans; label it, or give it an empty list if there are none")
    words = len(document.text.split())
    if words > LONG:
        yield placed.finding("long", f"{words:,} words; consider splitting it")
    yield from _ends(placed)
    for span in placed.entry.spans:
        if span.label not in schema:
            message = f"{span.label} is not in the schema {schema.name}; rename it, or name its schema with --schema"
            yield placed.finding("unknown-label", message, start=span.start, end=span.end)
    for one, other in overlapping_pairs(placed.entry.spans):
        message = f"{other.label} {other.start}-{other.end} overlaps {one.label} {one.start}-{one.end}"
        yield placed.finding("overlap", message, start=other.start, end=other.end)


def _ends(placed: Placed) -> Iterator[Finding]:
    text = placed.entry.document.text
    for span in placed.entry.spans:
        surface = text[span.start : span.end]
        inner = surface.strip()
        if inner != surface:
            start = span.start + surface.index(inner)
            message = f"{span.label} should run from {start} to {start + len(inner)}"
            yield placed.finding("span-spaces", message, start=span.start, end=span.end)
            continue
        cut = [name for name, at in (("begins", span.start), ("ends", span.end)) if _within_word(text, at)]
        if cut:
            message = f"{span.label} {' and '.join(cut)} within a word"
            yield placed.finding("cut-word", message, start=span.start, end=span.end)


def _within_word(text: str, at: int) -> bool:
    around = text[max(0, at - 1) : at + 1]
    return 0 < at < len(text) and all(map(str.isalnum, around)) and not _UNSPACED.search(around)
