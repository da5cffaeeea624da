"""One bulletin through the language model: asked, grounded, weighed; what could not be done is said, not left empty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.assist.answer import Link
from workbench.assist.ask import Asked, ask
from workbench.assist.client import CallError, Client
from workbench.assist.confidence import Calibration, Trusted, agreed, plain_score
from workbench.assist.ensemble import Trust, combine
from workbench.assist.ground import ground
from workbench.assist.prompt import Prompt
from workbench.assist.proposal import PLACED, Grounded, Grounding
from workbench.core.corpus import Annotation, Document, Entry, sorted_annotation
from workbench.core.schema import RelationType, Schema
from workbench.core.span import Relation, Span

Labeller = Callable[[Document], Annotation]


@dataclass(frozen=True)
class Method:
    """How a bulletin is labelled. `others` are further voices by name (the tagger as "model", a user's "rules");
    they make an ensemble where there is a `trust`, and otherwise only the tagger speaks, to the confidence."""

    client: Client
    prompt: Prompt
    samples: int = 1
    temperature: float = 0.0
    others: Mapping[str, Labeller] | None = None
    trust: Trust | None = None
    calibration: Calibration | None = None

    @property
    def version(self) -> str:
        """The `model_version` of what it makes: the model's name and a hash of the question, then what was changed."""
        name = f"{self.client.endpoint.model}-{self.prompt.hash}"
        if self.samples > 1:
            name += f"-{self.samples}x{self.temperature:g}"
        return name + ("-ensemble" if self.trust else "")

    @property
    def voices(self) -> str:
        """The version with all who speak: what a calibration or a trust was fitted for, and fits."""
        return "+".join([self.version.removesuffix("-ensemble"), *sorted(self.others or ())])


@dataclass(frozen=True)
class Outcome:
    """A bulletin with its new annotation, or without one and with the reason; and what came on the way."""

    entry: Entry
    groundings: tuple[Grounding, ...] = ()
    asked: tuple[Asked, ...] = ()
    trusted: tuple[Trusted, ...] = ()
    voices: Mapping[str, Annotation] = field(default_factory=dict)
    failure: str | None = None


def label(document: Document, method: Method) -> Outcome:
    """Asks as often as there are samples. Raises AssistError where nothing will be answered or the budget is spent."""
    schema = method.prompt.schema
    groundings, replies = list[Grounding](), list[Asked]()
    try:
        for sample in range(method.samples):
            request = method.prompt.request(document, temperature=method.temperature, sample=sample)
            asked = ask(method.client, request, document=document.id)
            grounding = ground(document.text, asked.answer.proposals, schema)
            links = _relations(grounding, asked.answer.links, schema)
            groundings.append(replace(grounding, relations=links))
            replies.append(asked)
    except CallError as error:
        return Outcome(Entry(document), tuple(groundings), tuple(replies), failure=str(error))
    said = {name: labeller(document) for name, labeller in (method.others or {}).items()}
    trusted = tuple(agreed(groundings, tagger=said.get("model")))
    annotation = _annotation(method, trusted, groundings[0], said)
    marked = replace(document, fields=dict(document.fields) | _notes(groundings))
    alone = Annotation(tuple(each.span for each in trusted), origin="llm")
    return Outcome(Entry(marked, annotation), tuple(groundings), tuple(replies), trusted, {"llm": alone} | said)


def _annotation(
    method: Method, trusted: tuple[Trusted, ...], first: Grounding, others: Mapping[str, Annotation]
) -> Annotation:
    spans = tuple(replace(each.span, score=_score(each, method)) for each in trusted)
    if method.trust:
        voices = {"llm": Annotation(spans, origin="llm")} | dict(others)
        spans = combine(voices, method.trust)
    place = {span: number for number, span in enumerate(spans)}
    relations = tuple(
        Relation(place[source], place[target], each.type)
        for each in first.relations
        if (source := first.spans[each.source]) in place and (target := first.spans[each.target]) in place
    )
    return sorted_annotation(Annotation(spans, relations, origin="llm", model_version=method.version))


def _score(each: Trusted, method: Method) -> float | None:
    if method.calibration is not None:
        return method.calibration.probability(each.signs)
    return plain_score(each.signs, method.samples)


def _relations(grounding: Grounding, links: tuple[Link, ...], schema: Schema) -> tuple[Relation, ...]:
    """The links whose two ends were placed and that the schema allows, by the spans' numbers in text order."""
    kinds = {kind.name: kind for kind in schema.relations}
    place = {span: number for number, span in enumerate(grounding.spans)}
    found = set[Relation]()
    for link in links:
        ends = [_end(grounding.grounded, number) for number in (link.source, link.target)]
        kind = kinds.get(link.type)
        if kind is None or ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            continue
        if _joins(kind, ends[0], ends[1], schema):
            found.add(Relation(place[ends[0]], place[ends[1]], link.type))
    return tuple(sorted(found))


def _end(grounded: tuple[Grounded, ...], number: int) -> Span | None:
    return grounded[number].span if 0 <= number < len(grounded) else None


def _joins(kind: RelationType, source: Span, target: Span, schema: Schema) -> bool:
    def fits(allowed: tuple[str, ...], span: Span) -> bool:
        return not allowed or span.label in allowed or schema[span.label].group in allowed

    return fits(kind.source, source) and fits(kind.target, target)


def _notes(groundings: list[Grounding]) -> dict[str, Any]:
    """What a person should know of the proposals, for the row's field `assist`; nothing where there is nothing."""
    review = {_note(each): None for grounding in groundings for each in grounding.to_review}
    made_up = {_note(each): None for grounding in groundings for each in grounding.hallucinated}
    notes = {"review": [_table(note) for note in review], "hallucinated": [_table(note) for note in made_up]}
    notes = {name: each for name, each in notes.items() if each}
    return {"assist": notes} if notes else {}


_Note = tuple[str, str, str, tuple[tuple[int, int], ...]]


def _note(each: Grounded) -> _Note:
    places = ((each.span.start, each.span.end),) if each.status in PLACED and each.span else each.places
    return each.proposal.label, each.proposal.quote, each.status.value, places


def _table(note: _Note) -> dict[str, Any]:
    label, quote, status, places = note
    return {"label": label, "quote": quote, "status": status, "places": [list(place) for place in places]}
