"""Two labellings of the same documents, brought side by side, or a clear word why they cannot be."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from workbench.core.corpus import Document, Entry, labelled
from workbench.core.errors import CorpusError
from workbench.core.schema import Schema
from workbench.core.span import Span

Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Pairs:
    """Documents with their gold and predicted spans, in an order that depends on the contents alone.

    `unlabelled` and `assisted` count the gold rows that were left out, and why.
    """

    documents: tuple[Document, ...]
    gold: tuple[Spans, ...]
    predicted: tuple[Spans, ...]
    unlabelled: int = 0
    assisted: int = 0

    @cached_property
    def data_hash(self) -> str:
        """First 16 hex digits of the SHA-256 of texts and gold spans; ids and the order of rows do not count."""
        digest = hashlib.sha256()
        for document, spans in zip(self.documents, self.gold, strict=True):
            digest.update(document.hash.encode())
            digest.update(repr(sorted({(s.start, s.end, s.label) for s in spans})).encode())
        return digest.hexdigest()[:16]


def pair_up(
    gold: Iterable[Entry],
    predicted: Iterable[Entry],
    *,
    schema: Schema,
    include_assisted: bool = False,
    gold_name: str = "the gold",
    predicted_name: str = "the predicted",
) -> Pairs:
    """Gold and predicted side by side, by id.

    Unlabelled gold is left out, and so is gold that started from suggestions unless it is asked for: it flatters
    the model that made them. Raises CorpusError where nothing is left, or where documents or texts are not the
    same; SchemaError for a label that the schema does not have.
    """
    everything = list(gold)
    rows = labelled(everything, where=gold_name)
    kept = [row for row in rows if include_assisted or not _assisted(row)]
    if not kept:
        raise CorpusError(
            f"{gold_name} holds {len(rows)} labelled bulletins, all annotated from suggestions, which flatters the "
            "model that made them; expected gold annotated without, or say --include-assisted to count them"
        )
    answers = {entry.document.id: entry for entry in predicted}
    _same_ids(everything, kept, answers, gold_name=gold_name, predicted_name=predicted_name)
    kept.sort(key=lambda entry: (entry.document.hash, entry.document.id))
    for entry in kept:
        _same_text(entry, answers[entry.document.id], gold_name=gold_name, predicted_name=predicted_name)
    return Pairs(
        documents=tuple(entry.document for entry in kept),
        gold=checked_spans(kept, schema, where=gold_name),
        predicted=checked_spans([answers[e.document.id] for e in kept], schema, where=predicted_name),
        unlabelled=len(everything) - len(rows),
        assisted=len(rows) - len(kept),
    )


def checked_spans(entries: Sequence[Entry], schema: Schema, *, where: str) -> tuple[Spans, ...]:
    """The spans of each entry. Raises SchemaError naming file and bulletin for a label that is not in the schema."""
    all_spans = tuple(entry.spans for entry in entries)
    if not {span.label for spans in all_spans for span in spans} <= set(schema.names):
        for entry, spans in zip(entries, all_spans, strict=True):
            schema.check(spans, where=f"{where}, bulletin {entry.document.id},")
    return all_spans


def _assisted(entry: Entry) -> bool:
    return entry.annotation is not None and entry.annotation.assisted


def _same_ids(
    everything: list[Entry], kept: list[Entry], answers: dict[str, Entry], *, gold_name: str, predicted_name: str
) -> None:
    missing = [e.document.id for e in kept if e.document.id not in answers]
    if missing:
        raise CorpusError(
            f"{predicted_name} lacks {len(missing)} of the {len(kept)} bulletins of {gold_name} (first: "
            f"{missing[0]!r}); expected the same ones in both: pre-label exactly the gold's bulletins and score again"
        )
    known = {entry.document.id for entry in everything}
    extra = [name for name in answers if name not in known]
    if extra:
        raise CorpusError(
            f"{predicted_name} has {len(extra)} bulletins that {gold_name} does not have (first: {extra[0]!r}); "
            "expected the same ones in both: remove them, or add them to the gold"
        )


def _same_text(entry: Entry, answer: Entry, *, gold_name: str, predicted_name: str) -> None:
    mine, other = entry.document.text, answer.document.text
    if mine != other:
        place = next(
            (i for i, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), min(len(mine), len(other))
        )
        raise CorpusError(
            f"bulletin {entry.document.id} has another text in {predicted_name} than in {gold_name} (they part at "
            f"character {place}: {other[place : place + 20]!r}, expected {mine[place : place + 20]!r}); offsets would "
            "not fit, so label the gold's text again"
        )
    if answer.annotation is None:
        raise CorpusError(
            f"bulletin {entry.document.id} is unlabelled in {predicted_name}; expected a list named spans, "
            "empty where nothing was found"
        )
