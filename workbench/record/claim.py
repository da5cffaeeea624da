"""Claims: each figure of a bulletin with its normal form, its scope, and who asserts or denies it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.core.errors import InputError
from workbench.figure.context import change_before, scope_of, sentence_around
from workbench.figure.form import Figure
from workbench.figure.grammar import normal_form
from workbench.figure.policy import Policy
from workbench.record.bulletin import Bulletin, Mention
from workbench.record.link import CLAIMED_BY, FIGURE_OF, Link
from workbench.record.parties import Parties

STANCES = ("asserts", "denies", "disputes")
_DENIES = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|reject(?:s|ed|ing)?|dismiss(?:es|ed)?|refut(?:es|ed)|not responsible|not involved)\b",
    re.IGNORECASE,
)
_DISPUTES = re.compile(
    r"\b(?:disput(?:es|ed)|question(?:s|ed) the|contradict(?:s|ed)|cast doubt|contest(?:s|ed))\b", re.IGNORECASE
)
# What cannot be killed or detained, whatever its figure is labelled.
_THING = re.compile(
    r"\b(?:vehicles?|houses?|motorcycles?|cars?|trucks?|bus(?:es)?|weapons?|rifles?|shops?|tanks?)$", re.IGNORECASE
)
# One count of both: "12 were killed and wounded"; in "killed six and injured 14" each has its own.
_TOGETHER = re.compile(
    r"[^.;:,\d]{0,60}?\b((?:killed|dead|died)\s+(?:and|or|and/or)\s+(?:wounded|injured|hurt))\b(?!\s+(?:\d|at least|"
    r"another|several|many|more|some|dozens|one|two|three|four|five|six|seven|eight|nine|ten))",
    re.IGNORECASE,
)
# Words that point to people counted elsewhere. The guidelines label none of them; a model may.
_REFERRING = re.compile(
    r"(?:(?:the|of|all|both|each|every|any|many|other|others|another|additional|more|further|them|they|those|these|"
    r"rest|same|remaining|such)\b\s*)+",
    re.IGNORECASE,
)
# Characters between a figure and the noun that it counts.
_NOUN_PHRASE = 25
# A total and its parts may differ by this share where the total is approximate.
_ROUNDING = 0.03


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure that a bulletin states. Never changed; `figure` None where the phrase could not be read (`problem`).

    `sentence` is what the bulletin says, from `sentence_start` on: the figure stands at start - sentence_start in it.
    `statement` groups the figures of one sentence that count different people and are to be added ("two soldiers and
    three militants"); `part_of` is the start of the claim that this one is a part of.
    """

    document_id: str
    document: str
    published: str | None
    start: int
    end: int
    phrase: str
    label: str
    counts: str
    figure: Figure | None
    scope: str
    population: str | None
    source: str | None
    source_kind: str
    source_span: tuple[int, int] | None
    stance: str
    statement: int
    event_span: tuple[int, int] | None
    producer: str
    score: float | None
    sentence: str = ""
    sentence_start: int = 0
    problem: str | None = None
    part_of: int | None = None
    superseded: bool = False
    reviewed: bool = False

    @property
    def value(self) -> float:
        """The number that is written; 0 where there is none."""
        return float(self.figure.value) if self.figure and self.figure.value else 0.0

    @property
    def stated(self) -> bool:
        """Whether it states how many the incident had: read, asserted, neither part nor period nor forecast."""
        known = self.figure is not None and self.figure.counts and self.figure.least is not None
        return known and self.stance == "asserts" and not self.superseded and self.scope in ("incident", "cumulative")

    def row(self) -> dict[str, Any]:
        """The claim as a JSON object: figure by the contract, and where its characters are."""
        return {
            "document_id": self.document_id, "document_hash": self.document, "published": self.published,
            "start": self.start, "end": self.end, "phrase": self.phrase, "label": self.label, "counts": self.counts,
            "figure": None if self.figure is None else self.figure.row(),
            "policy": None if self.figure is None else self.figure.policy,
            "scope": self.scope, "part_of": self.part_of, "population": self.population, "source": self.source,
            "source_kind": self.source_kind, "source_span": self.source_span, "stance": self.stance,
            "event_span": self.event_span, "sentence": self.sentence, "sentence_start": self.sentence_start,
            "superseded": self.superseded, "producer": self.producer, "confidence": self.score,
            "problem": self.problem, "review": "confirmed" if self.reviewed else "open",
        }  # fmt: skip


def claims_of(bulletin: Bulletin, links: Sequence[Link], *, parties: Parties, policy: Policy) -> dict[int, list[Claim]]:
    """The claims of a bulletin by the index of the trigger they are linked to; -1 for those that have none."""
    triggers = {link.source: link for link in sorted(links, key=lambda x: x.score) if link.type == FIGURE_OF}
    sources = {link.source: link for link in sorted(links, key=lambda x: x.score) if link.type == CLAIMED_BY}
    found: dict[int, list[Claim]] = {}
    for mention in bulletin.group("figure"):
        link = triggers.get(mention.index)
        trigger = bulletin.by_index.get(link.target) if link else None
        speaker = sources.get(mention.index) or (
            sources.get(trigger.index) if trigger and trigger.sentence == mention.sentence else None
        )
        source = bulletin.by_index.get(speaker.target) if speaker else None
        claim = _claim(bulletin, mention, trigger, source, parties=parties, policy=policy)
        found.setdefault(trigger.index if trigger else -1, []).append(claim)
    return found


def _claim(
    bulletin: Bulletin,
    mention: Mention,
    trigger: Mention | None,
    source: Mention | None,
    *,
    parties: Parties,
    policy: Policy,
) -> Claim:
    document, annotation = bulletin.entry.document, bulletin.entry.annotation
    figure, problem = read_figure(change_before(bulletin.text, mention.start) + mention.text, policy)
    name, kind = _who(bulletin, source, parties)
    population = _population(bulletin, mention)
    sentence, sentence_start = bulletin.quote(mention.start, mention.end, mention.sentence)
    counts, remark = _counted(bulletin, mention, population)
    return Claim(
        document_id=document.id, document=document.hash, published=str(bulletin.published or "") or None,
        start=mention.start, end=mention.end, phrase=mention.text, label=mention.label,
        counts=counts, figure=figure,
        scope=scope_of(bulletin.text, mention.start, mention.end), population=population,
        source=name, source_kind=kind, source_span=(source.start, source.end) if source else None,
        stance=stance_of(bulletin, mention, source), statement=mention.sentence,
        event_span=(trigger.start, trigger.end) if trigger else None,
        producer=(annotation.model_version or annotation.author or annotation.origin) if annotation else "unknown",
        score=mention.score, sentence=sentence, sentence_start=sentence_start, problem=problem or remark,
        reviewed=bulletin.reviewed,
    )  # fmt: skip


def _counted(bulletin: Bulletin, mention: Mention, population: str | None) -> tuple[str, str | None]:
    """What a figure counts, and why that is not what its label says, if it is not."""
    counts = mention.counts or "other"
    if counts != "other" and population and _THING.search(population):
        return "other", f"labelled as {counts}, but it counts {population!r}: not used"
    together = _TOGETHER.match(bulletin.text, mention.end) if counts in ("killed", "injured") else None
    if together:
        return "casualty", f"labelled as {counts}, but the text says {together[1]!r}: taken as one count of both"
    return counts, None


def read_figure(phrase: str, policy: Policy) -> tuple[Figure | None, str | None]:
    """The normal form of a span, or what is wrong with it; a figure without a number comes with the reason."""
    try:
        figure = normal_form(phrase, policy=policy)
    except InputError as error:
        if not _REFERRING.fullmatch(phrase):
            return None, str(error)
        return None, f"{phrase!r} refers to people counted elsewhere and states no number: not used"
    if figure.vague == "many" and policy.name == "literal":
        return None, f"{phrase!r} states no number: not used (another --policy may give it one)"
    if figure.counts and figure.least is None:
        return figure, f"{phrase!r} states no number: not used"
    return figure, None


def _who(bulletin: Bulletin, source: Mention | None, parties: Parties) -> tuple[str | None, str]:
    """Name and kind of the source; without one, the outlet that the row names speaks for itself."""
    if source is not None:
        party = parties.resolve(source.text)
        return party.name, party.source_kind
    outlet = bulletin.entry.document.source
    return (outlet, "media") if outlet else (None, "unknown")


def stance_of(bulletin: Bulletin, mention: Mention, source: Mention | None) -> str:
    """Asserts, unless the verb near the figure denies or disputes."""
    left, right = sentence_around(bulletin.text, mention.start, mention.end)
    around = bulletin.text[left:right]
    if source is not None and not left <= source.start < right:
        return "asserts"
    if _DISPUTES.search(around):
        return "disputes"
    return "denies" if _DENIES.search(around) else "asserts"


def _population(bulletin: Bulletin, mention: Mention) -> str | None:
    """Who is counted: the party whose span follows the figure within its noun phrase."""
    other = bulletin.party_behind(mention)
    if other is None or other.start - mention.end > _NOUN_PHRASE:
        return None
    between = bulletin.text[mention.end : other.start]
    return other.text if not re.search(r"[.;:]|\band\b", between) else None


def settle(claims: Sequence[Claim]) -> list[Claim]:
    """Claims of one incident in one bulletin, with parts found by their sum: 2,831 and 1,169 are parts of "nearly
    4,000", whatever the sentences say. Parts become subsets and are never added."""
    settled = sorted(claims, key=lambda claim: claim.start)
    for counts in {claim.counts for claim in settled if claim.counts != "other"}:
        total = total_of([x for x in settled if x.counts == counts])
        if total is None:
            continue
        parts = {x.start for x in _parts(settled, total)}
        settled = [replace(x, scope="subset", part_of=total.start) if x.start in parts else x for x in settled]
    return settled


def total_of(claims: Sequence[Claim]) -> Claim | None:
    """Of claims of one kind the one whose value the other different values add up to."""
    same = [x for x in claims if x.stated and x.value]
    values = {x.value for x in same}
    everything = sum(values)
    for total in same if len(values) > 2 else ():
        slack = _ROUNDING * total.value if total.figure and total.figure.comparator != "eq" else 0
        if abs(everything - 2 * total.value) <= slack:
            return total
    return None


def _parts(claims: Sequence[Claim], total: Claim) -> list[Claim]:
    return [x for x in claims if x.counts == total.counts and x.stated and x is not total and x.value < total.value]
