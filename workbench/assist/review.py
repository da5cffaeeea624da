"""Where several readings of the same bulletins differ, ordered for a person's look, and shown side by side.

A span is disputed where not every side says it exactly so. Triggers and figures make the event records, so a dispute
about one weighs more. What grounding could not settle (a repeated number, say) counts as a dispute too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.core.span import Span

if TYPE_CHECKING:
    from workbench.studio.client import Studio

_HEAVY, _LIGHT = 2.0, 1.0


@dataclass(frozen=True)
class Dispute:
    """A bulletin that the sides read differently. `disputed` names for each such span the sides that say it;
    `unsettled` names the proposals that grounding left open; `weight` orders: more first."""

    document: Document
    sides: Mapping[str, Annotation]
    disputed: Mapping[Span, tuple[str, ...]]
    unsettled: tuple[str, ...]
    weight: float

    @property
    def shown(self) -> Document:
        """The document with what is disputed in its fields, where a reviewer finds it beside the task."""
        said = [
            f"{self.document.text[span.start : span.end]} {span.label}: {', '.join(names)}"
            for span, names in self.disputed.items()
        ]
        fields = {name: value for name, value in self.document.fields.items() if name != "assist"}
        review = {"weight": self.weight, "disputed": said, "unsettled": list(self.unsettled)}
        return replace(self.document, fields=fields | {"review": review})

    def side(self, name: str) -> Entry:
        """One side as a prediction; the score of its spans falls with the dispute, so that it orders the tasks."""
        score = 1 / (1 + self.weight)
        spans = tuple(replace(span, score=score) for span in self.sides[name].spans)
        return Entry(self.document, replace(self.sides[name], spans=spans, origin="model", model_version=name))


def disputes(readings: Mapping[str, Sequence[Entry]], schema: Schema) -> list[Dispute]:
    """The bulletins (by content) that two sides or more labelled and read differently, the most disputed first.

    Raises InputError for fewer than two sides, or where no bulletin is labelled by two, and SchemaError.
    """
    if len(readings) < 2:
        raise InputError(f"found {len(readings)} reading; expected two or more corpora of the same bulletins")
    sides, documents = dict[str, dict[str, Annotation]](), dict[str, list[Document]]()
    for name, entries in readings.items():
        for entry in entries:
            schema.check(entry.spans, where=f"bulletin {entry.document.id} of {name}")
            if entry.annotation is not None:
                sides.setdefault(entry.document.hash, {})[name] = entry.annotation
                documents.setdefault(entry.document.hash, []).append(entry.document)
    both = [key for key, said in sides.items() if len(said) > 1]
    if not both:
        raise InputError("no bulletin is labelled in two of the corpora; expected the same texts in each")
    found = [_dispute(documents[key], sides[key], schema) for key in both]
    return sorted((each for each in found if each.weight), key=lambda each: -each.weight)


def show(
    studio: "Studio", found: Sequence[Dispute], title: str, schema: Schema, *, progress: Progress = silent
) -> dict[str, int]:
    """Puts the disputes into a project, in order, each side as predictions of its name; predictions sent, by side.

    The project is made where there is none; bulletins that it holds already get the predictions only.
    Raises InputError for no dispute, and StudioError.
    """
    from workbench.studio.importing import import_entries
    from workbench.studio.pushing import push

    if not found:
        raise InputError("the corpora say the same of every bulletin; there is nothing to review")
    import_entries(studio, (Entry(each.shown) for each in found), title, schema, progress=progress)
    sent = dict[str, int]()
    for name in dict.fromkeys(name for each in found for name in each.sides):
        done = push(studio, (each.side(name) for each in found if name in each.sides), title, schema)
        sent[name] = done.added + done.replaced + done.same
    return sent


def _dispute(documents: Sequence[Document], said: Mapping[str, Annotation], schema: Schema) -> Dispute:
    names = dict[Span, tuple[str, ...]]()
    for name, annotation in said.items():
        for span in annotation.spans:
            names[span] = (*names.get(span, ()), name)
    disputed = {span: names[span] for span in sorted(names) if len(names[span]) < len(said)}
    unsettled = tuple(said for document in documents for said in _unsettled(document))
    heavy = {*schema.group("event"), *schema.group("figure")}
    weight = sum(_HEAVY if span.label in heavy else _LIGHT for span in disputed) + len(unsettled) * _HEAVY
    return Dispute(documents[0], said, disputed, unsettled, weight)


def _unsettled(document: Document) -> list[str]:
    """The proposals that a run of `assist` left ambiguous, as it noted in the row, with how many places they have."""
    noted: Any = document.fields.get("assist")
    review = noted.get("review") if isinstance(noted, dict) else None
    many = [each for each in review if isinstance(each, dict)] if isinstance(review, list) else []
    return [
        f"{each.get('quote')} {each.get('label')}: {len(each.get('places') or ())} places"
        for each in many
        if each.get("status") == "ambiguous"
    ]
