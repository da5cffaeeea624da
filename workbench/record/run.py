"""Records of a corpus: labelled bulletins in, events out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.parse import read_toml
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.core.workspace import packaged
from workbench.figure.policy import Policy, load_policy
from workbench.record.bulletin import LEAST_SCORE, Bulletin
from workbench.record.cluster import cluster
from workbench.record.edits import Edits
from workbench.record.event import Event
from workbench.record.gazetteer import open_gazetteer
from workbench.record.incident import Incident, Tools, incidents_of
from workbench.record.link import Link, Linker, annotated, nearest
from workbench.record.parties import load_parties
from workbench.record.scorer import load_scorer
from workbench.record.view import POLICIES


@dataclass(frozen=True)
class Records:
    """The events of a corpus, and what making them left out: bulletins without labels, triggers that a model is hardly
    sure of, figures that belong to no event, edits that fit nothing."""

    events: tuple[Event, ...]
    documents: int
    unlabelled: int
    incidents: int
    doubtful: int
    homeless: int
    unknown_edits: tuple[str, ...]


def records_of(
    entries: Iterable[Entry],
    tools: Tools,
    *,
    edits: Edits | None = None,
    headline: str = "conservative",
    progress: Progress = silent,
) -> Records:
    """Events of labelled bulletins, in the order of publication. Raises InputError for an unknown headline policy."""
    if headline not in POLICIES:
        raise InputError(f"there is no headline policy {headline!r}; expected one of {', '.join(POLICIES)}")
    found: list[Incident] = []
    documents = unlabelled = doubtful = homeless = 0
    for entry in progress(entries, what="reading bulletins"):
        documents += 1
        if entry.annotation is None:
            unlabelled += 1
            continue
        bulletin = Bulletin(entry, tools.schema, least_score=tools.least_score)
        doubtful += bulletin.doubtful
        told = incidents_of(bulletin, tools)
        homeless += len(bulletin.group("figure")) - sum(len(incident.claims) for incident in told)
        found += told
    edits = edits or Edits()
    groups = cluster(found, edits=edits)
    unknown = edits.unknown(incident.id for incident in found)
    events = tuple(Event(tuple(group), headline) for group in groups)
    return Records(events, documents, unlabelled, len(found), doubtful, homeless, tuple(unknown))


def load_tools(
    schema: Schema,
    *,
    cache: Path,
    policy: str | Path = "literal",
    parties: Path | None = None,
    places: Path | None = None,
    linking: Path | None = None,
    least_score: float = LEAST_SCORE,
    tell: Callable[[str], None] = lambda _: None,
) -> Tools:
    """What records need, from files: each None is the one that comes along. `tell` hears of what takes long.

    Raises InputError for a broken file.
    """
    chosen: Policy = load_policy(policy)
    return Tools(
        schema=schema,
        gazetteer=open_gazetteer(cache, extra=places, tell=tell),
        words=country_words(places),
        parties=load_parties(parties),
        policy=chosen,
        linker=drawn_or(default_linker(linking)),
        least_score=least_score,
    )


def drawn_or(linker: Linker) -> Linker:
    """Links that people drew where a bulletin has any or was reviewed, else those of a linker."""

    def link(bulletin: Bulletin) -> list[Link]:
        drawn = annotated(bulletin)
        return drawn if drawn or bulletin.reviewed else linker(bulletin)

    return link


def default_linker(path: Path | None) -> Linker:
    """The trained scorer of a file, else the one that comes along, else the nearest trigger."""
    own = packaged("annotations/linking.json")
    if path is None and not own.exists():
        return nearest
    return load_scorer(path or own)


def country_words(path: Path | None) -> Mapping[str, Sequence[str]]:
    """The words that say which country a bulletin is about, from a places.toml. Raises InputError for a broken one."""
    path = path or packaged("annotations/places.toml")
    table = read_toml(path).get("countries", {})
    if not isinstance(table, dict) or not all(isinstance(words, list) for words in table.values()):
        raise InputError(f'{path} has countries that are no lists of words; expected lines such as AF = ["Afghan"]')
    return {str(code): [str(word) for word in words] for code, words in table.items()}
