"""Which of its places each proposal means: one to one over the whole answer, and never by guessing.

Evidence is used in the order of its strength: the words quoted around it, the occurrence named, the exact spelling;
then what the other proposals leave over; then the order of the answer, where its certain proposals are in text order.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.assist.numbers import number_key
from workbench.assist.places import Context, Place, SearchedText
from workbench.assist.proposal import Evidence, Proposal, Status

# So many certain proposals in text order say that the answer follows the text.
_ORDERLY = 2


@dataclass(frozen=True, slots=True)
class Search:
    """A proposal with the places that read as its quote, and the context quoted with it."""

    proposal: Proposal
    kind: Status
    places: tuple[Place, ...]
    context: Context


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen place with what told it, or a status that says why there is none; `open` are the places in question."""

    place: Place | None = None
    evidence: Evidence | None = None
    status: Status | None = None
    open: tuple[Place, ...] = ()
    review: bool = False


def choose(text: SearchedText, searches: Sequence[Search]) -> list[Choice]:
    """A choice for each search, in order; no place is given to two proposals of one label."""
    choices = [_alone(text, search) for search in searches]
    changed = True
    while changed:
        changed = _by_rest(searches, choices) or _by_order(choices)
    _alike(searches, choices)
    return [_said(choice) for choice in choices]


def _alone(text: SearchedText, search: Search) -> Choice:
    """What a proposal's own evidence says."""
    places, proposal, context = list(search.places), search.proposal, search.context
    if not places:
        return Choice(status=Status.ABSENT)
    agreements = {place: text.agreement(place.start, place.end, context) for place in places}
    if context and number_key(proposal.quote):
        # A number is quoted with its context: the same digits elsewhere are another number.
        places = [place for place in places if agreements[place].strict]
        if not places:
            return Choice(status=Status.CONTEXT, open=search.places)
    if len(places) == 1:
        only = len(search.places) == 1
        doubtful = bool(context.left and context.right) and not agreements[places[0]].words
        return Choice(places[0], Evidence.ONLY if only else Evidence.CONTEXT, review=doubtful)
    best = max(agreements[place].words for place in places)
    agreeing = [place for place in places if agreements[place].words == best]
    if best and len(agreeing) == 1:
        return Choice(agreeing[0], Evidence.CONTEXT)
    if proposal.occurrence is not None and 1 <= proposal.occurrence <= len(search.places):
        named = search.places[proposal.occurrence - 1]
        if named in agreeing:
            return Choice(named, Evidence.OCCURRENCE)
    exact = [place for place in agreeing if place.verbatim]
    if len(exact) == 1 and len(agreeing) > 1:
        return Choice(exact[0], Evidence.SPELLING)
    return Choice(open=tuple(exact or agreeing))


def _by_rest(searches: Sequence[Search], choices: list[Choice]) -> bool:
    """Takes the places of settled proposals from the open ones; settles those left with one place, or none."""
    settled = {
        (c.place.start, c.place.end): s.proposal.label for s, c in zip(searches, choices, strict=True) if c.place
    }
    changed = False
    for number, choice in enumerate(choices):
        left = tuple(place for place in choice.open if (place.start, place.end) not in settled)
        if choice.place or choice.status or len(left) == len(choice.open):
            continue
        changed = True
        label = searches[number].proposal.label
        if len(left) == 1:
            choices[number] = Choice(left[0], Evidence.REST, review=True)
            settled[left[0].start, left[0].end] = label
        elif not left:
            said = all(settled[place.start, place.end] == label for place in choice.open)
            choices[number] = Choice(status=Status.DUPLICATE if said else Status.SURPLUS, open=choice.open)
        else:
            choices[number] = Choice(open=left)
    return changed


def _by_order(choices: list[Choice]) -> bool:
    """Settles the open proposals for which only one place keeps the answer in text order.

    Among all placings in order there is an earliest and a latest one; where both agree on a proposal, every placing
    does. Without an orderly answer nothing is settled.
    """
    numbers = [number for number, choice in enumerate(choices) if choice.place or (choice.open and not choice.status)]
    if sum(choices[number].place is not None for number in numbers) < _ORDERLY:
        return False
    options = [[choices[n].place] if choices[n].place else list(choices[n].open) for n in numbers]
    starts = [sorted(place.start for place in each if place) for each in options]
    earliest = _greedy(starts)
    latest = [-start for start in reversed(_greedy([[-s for s in reversed(each)] for each in reversed(starts)]))]
    changed = False
    for number, each, first, last in zip(numbers, options, earliest, latest, strict=False):
        if choices[number].place is None and first == last:
            place = next(place for place in each if place and place.start == first)
            choices[number] = Choice(place, Evidence.ORDER, review=True)
            changed = True
    return changed


def _greedy(starts: Sequence[Sequence[int]]) -> list[int]:
    """The smallest strictly rising choice, one of each; empty where there is none."""
    chosen, before = list[int](), None
    for each in starts:
        after = [start for start in each if before is None or start > before]
        if not after:
            return []
        before = min(after)
        chosen.append(before)
    return chosen


def _alike(searches: Sequence[Search], choices: list[Choice]) -> None:
    """Proposals that say the same and fill all their places need no telling apart; what is over, is surplus."""
    groups = defaultdict[tuple[str, tuple[Place, ...]], list[int]](list)
    for number, choice in enumerate(choices):
        if choice.place is None and choice.status is None:
            groups[searches[number].proposal.label, choice.open].append(number)
    for (_, places), numbers in groups.items():
        shared = sum(bool(set(places) & set(other)) for _, other in groups) > 1
        if len(numbers) < len(places) or shared:
            continue
        for number, place in zip(numbers, places, strict=False):
            choices[number] = Choice(place, Evidence.REST)
        for number in numbers[len(places) :]:
            choices[number] = Choice(status=Status.SURPLUS, open=places)


def _said(choice: Choice) -> Choice:
    if choice.place is None and choice.status is None:
        return Choice(status=Status.AMBIGUOUS, open=choice.open)
    return choice
