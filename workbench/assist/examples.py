"""Examples shown with a question: the bulletins of training gold that are nearest to it, and one with no spans."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from workbench.assist.ground import ground
from workbench.assist.places import words_of
from workbench.assist.proposal import Proposal
from workbench.core.corpus import Document, Entry
from workbench.core.schema import Schema
from workbench.core.span import Relation, Span

_CONTEXT_WORDS = 4
# Shown where the gold has no bulletin without spans: a text that reports nothing (guidelines, rule 14).
_NOTHING = Document(
    "nothing-to-mark",
    "The district lies between two rivers and is known for its orchards. Its main town has a college, a grain market "
    "and a railway station.",
)


@dataclass(frozen=True)
class Example:
    """A bulletin with the answer that it should get; the answer gives back the gold spans when it is grounded."""

    document: Document
    proposals: tuple[Proposal, ...]
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True)
class ExampleSet:
    """Examples to choose from, and how many gold bulletins were left out because their answer did not ground."""

    examples: tuple[Example, ...]
    left_out: int = 0

    def nearest(self, document: Document, count: int) -> list[Example]:
        """At most `count` examples, the nearest last (next to the question); of several the first has no spans.

        Nearness is the cosine of TF-IDF weights of words. A bulletin is never shown its own answer.
        """
        if count < 1 or not self.examples:
            return []
        own = self._vector(words_of(document.text))
        ranked = sorted(
            (
                (-_dot(own, vector), number)
                for number, vector in enumerate(self._vectors)
                if self.examples[number].document.hash != document.hash
            ),
        )
        full = [self.examples[number] for _, number in ranked if self.examples[number].proposals]
        empty = [self.examples[number] for _, number in ranked if not self.examples[number].proposals]
        if count == 1:
            return full[:1]
        first = empty[0] if empty else Example(_NOTHING, ())
        return [first, *reversed(full[: count - 1])]

    @cached_property
    def hash(self) -> str:
        """Identity of the whole set."""
        parts = [(example.document.hash, example.proposals) for example in self.examples]
        return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @cached_property
    def _weights(self) -> dict[str, float]:
        """Inverse document frequency of each word."""
        counts = Counter(word for example in self.examples for word in set(words_of(example.document.text)))
        return {word: math.log((1 + len(self.examples)) / count) for word, count in counts.items()}

    @cached_property
    def _vectors(self) -> list[dict[str, float]]:
        return [self._vector(words_of(example.document.text)) for example in self.examples]

    def _vector(self, words: Sequence[str]) -> dict[str, float]:
        weights = self._weights
        raw = {word: count * weights[word] for word, count in Counter(words).items() if word in weights}
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {word: value / length for word, value in raw.items()}


def example_set(entries: Iterable[Entry], schema: Schema) -> ExampleSet:
    """Examples of the labelled entries; one whose answer the aligner would not give back exactly is left out."""
    made, left_out = list[Example](), 0
    for entry in entries:
        if entry.annotation is None:
            continue
        proposals = tuple(proposal_of(entry, span) for span in entry.spans)
        if ground(entry.document.text, proposals, schema).spans == entry.spans:
            made.append(Example(entry.document, proposals, entry.annotation.relations))
        else:
            left_out += 1
    return ExampleSet(tuple(made), left_out)


def proposal_of(entry: Entry, span: Span) -> Proposal:
    """A gold span as the model should propose it: quoted, with its context, and counted."""
    text, quote = entry.document.text, entry.surface(span)
    left = " ".join(text[: span.start].split()[-_CONTEXT_WORDS:])
    right = " ".join(text[span.end :].split()[:_CONTEXT_WORDS])
    return Proposal(span.label, quote, left, right, text.count(quote, 0, span.start) + 1)


def _dot(one: dict[str, float], other: dict[str, float]) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(value * other[word] for word, value in one.items() if word in other)
