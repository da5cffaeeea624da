"""Long bulletins of which every label is known: several annotated ones, one behind the other."""

import random
from collections.abc import Sequence
from dataclasses import replace

from workbench.core.corpus import Annotation, Document, Entry

_BETWEEN = "\n\n"


def joined(entries: Sequence[Entry], *, count: int, seed: int = 0) -> list[Entry]:
    """Each `count` bulletins, drawn in an order of that seed, as one, with all their spans; the last may have fewer."""
    order = random.Random(seed).sample(list(entries), len(entries))  # noqa: S311 - an experiment, no secret
    return [_one(order[at : at + count]) for at in range(0, len(order), count)]


def _one(some: Sequence[Entry]) -> Entry:
    text, spans = "", []
    for entry in some:
        spans += [replace(span, start=span.start + len(text), end=span.end + len(text)) for span in entry.spans]
        text += entry.document.text + _BETWEEN
    identifier = "+".join(entry.document.id for entry in some)
    return Entry(Document(id=identifier, text=text), Annotation(tuple(spans)))
