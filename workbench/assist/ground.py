"""A language model's proposals to spans of the text: the one door through which its words come in."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from workbench.assist.assign import Choice, Search, choose
from workbench.assist.near import elided_places, near_places
from workbench.assist.numbers import number_key
from workbench.assist.places import SearchedText, context_of, words_of
from workbench.assist.proposal import Grounded, Grounding, Proposal, Status
from workbench.core.schema import Schema
from workbench.core.span import Span, overlapping_pairs

# A model may write down a phrase without end; no span is longer than this.
_LONGEST = 500
# Behind four letters or more, or a figure.
_SENTENCE_END = re.compile(r"[^\W_]{3}[^\W_]\.$|\d\.$")
_SURENESS = (Status.VERBATIM, Status.FOLDED, Status.ELIDED, Status.NEAR)


def ground(text: str, proposals: Sequence[Proposal], schema: Schema) -> Grounding:
    """Every proposal to its place, or to the reason why it has none; the spans are a flat layer.

    Of two overlapping spans the longer stays (guidelines, rule 7), of two labels for the same words the schema's
    first (rule 15), but no inexact quote displaces an exact one.
    """
    searched = SearchedText(text)
    searches = [_search(searched, proposal, schema) for proposal in proposals]
    choices = choose(searched, searches)
    grounded = [_grounded(s, c, schema) for s, c in zip(searches, choices, strict=True)]
    return Grounding(tuple(_flat(grounded, schema)))


def _search(text: SearchedText, proposal: Proposal, schema: Schema) -> Search:
    quote = _trimmed(proposal.quote)
    if quote != proposal.quote:
        proposal = replace(proposal, quote=quote)
    context = context_of(proposal.left, proposal.right, quote)
    if proposal.label not in schema or not words_of(quote) or len(quote) > _LONGEST:
        return Search(proposal, Status.FOLDED, (), context)
    places = text.places(quote) or text.places(quote.strip(".:!?'\"“”‘’«»`* "))
    if places:
        return Search(proposal, Status.FOLDED, tuple(places), context)
    if schema[proposal.label].group == "figure":
        return Search(proposal, Status.FOLDED, (), context)
    if elided := elided_places(text, quote):
        return Search(proposal, Status.ELIDED, tuple(elided), context)
    return Search(proposal, Status.NEAR, tuple(near_places(text, quote)), context)


def _grounded(search: Search, choice: Choice, schema: Schema) -> Grounded:
    proposal, place = search.proposal, choice.place
    open_places = tuple((each.start, each.end) for each in choice.open)
    if place is None:
        status = choice.status or Status.AMBIGUOUS
        if proposal.label not in schema:
            status = Status.LABEL
        elif not words_of(proposal.quote):
            status = Status.EMPTY
        elif status is Status.ABSENT and number_key(proposal.quote):
            status = Status.NUMBER
        return Grounded(proposal, status, places=open_places)
    status = Status.VERBATIM if place.verbatim else search.kind
    span = Span(place.start, place.end, proposal.label)
    return Grounded(proposal, status, span, choice.evidence, review=choice.review or status is Status.NEAR)


def _flat(grounded: list[Grounded], schema: Schema) -> list[Grounded]:
    order = {name: number for number, name in enumerate(schema.names)}
    spans = [each.span for each in grounded if each.span is not None]
    if len(set(spans)) == len(spans) and not any(overlapping_pairs(spans)):
        return grounded

    def rank(number: int) -> tuple[int, int, int, int]:
        one = grounded[number]
        span = one.span
        assert span is not None  # noqa: S101 - only placed ones are ranked
        inexact = _SURENESS.index(one.status) > 1
        return inexact, span.start - span.end, order[span.label], number

    kept, flat = list[Span](), list(grounded)
    same_place = Counter((span.start, span.end) for span in set(spans))
    for number in sorted((n for n, each in enumerate(grounded) if each.span is not None), key=rank):
        one = grounded[number]
        span = one.span
        if span is None:
            continue
        if span in kept:
            flat[number] = replace(one, status=Status.DUPLICATE, span=None, review=False)
        elif any(span.overlaps(other) for other in kept):
            flat[number] = replace(
                one, status=Status.OVERLAP, span=None, places=((span.start, span.end),), review=False
            )
        else:
            kept.append(span)
            # Two labels for the same words: one stays, and a person should say which.
            flat[number] = replace(one, review=one.review or same_place[span.start, span.end] > 1)
    return flat


def _trimmed(quote: str) -> str:
    """Without the spaces and commas at its edges, which no span has, and without the stop that ends its sentence.

    The stop of an abbreviation stays: it stands behind few letters.
    """
    quote = quote.strip(" \t\n\r,;\u00a0")
    return quote[:-1] if _SENTENCE_END.search(quote) else quote
