"""Learning to link: the scorer trained on the relations that people drew, and how good it is on bulletins kept back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workbench.core.corpus import Entry
from workbench.core.errors import InputError, MissingExtraError
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.record.bulletin import Bulletin
from workbench.record.event import Event
from workbench.record.incident import Tools, incidents_of
from workbench.record.link import SAME_EVENT, TYPES, Link, Linker, annotated, candidates, nearest, same_events
from workbench.record.scorer import Features, Scorer, features
from workbench.record.table import COLUMNS, event_row

FOLDS = 5
# What must be right of a record: its type, day, coordinates and all its numbers.
_RECORD = tuple(x for x in COLUMNS if x.endswith(("_min", "_max", "_start", "_type", "itude")))


@dataclass(frozen=True, slots=True)
class Tally:
    """Links (or records) drawn, said, and right, summed over bulletins."""

    drawn: int = 0
    said: int = 0
    right: int = 0

    @property
    def f1(self) -> float:
        """F1; 0 where nothing was drawn and nothing said."""
        return 2 * self.right / (self.drawn + self.said) if self.drawn + self.said else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.drawn + other.drawn, self.said + other.said, self.right + other.right)


@dataclass(frozen=True)
class Measured:
    """A linker on bulletins with drawn relations: a tally for each type of relation, and for whole records."""

    links: dict[str, Tally]
    records: Tally

    @property
    def all_links(self) -> Tally:
        """All types together."""
        return sum(self.links.values(), Tally())


@dataclass(frozen=True)
class CrossValidated:
    """The trained scorer on bulletins that it did not learn from, and the nearest trigger on the same."""

    bulletins: int
    folds: int
    trained: Measured
    nearest: Measured


def train(entries: Iterable[Entry], schema: Schema) -> Scorer:
    """A scorer learnt from the relations that people drew. Raises InputError where there are too few."""
    try:
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtraError("scikit-learn", "train") from None
    examples: dict[str, tuple[list[Features], list[int]]] = {kind: ([], []) for kind in TYPES}
    for entry in entries:
        bulletin = Bulletin(entry, schema)
        drawn = closed(annotated(bulletin))
        if not drawn:
            continue
        for kind, mention, targets in candidates(bulletin):
            rows, truth = examples[kind]
            rows.extend(features(kind, mention, targets, bulletin))
            truth.extend((mention.index, target.index, kind) in drawn for target in targets)
    weights = {}
    for kind, (rows, truth) in examples.items():
        if not 0 < sum(truth) < len(truth):
            continue
        vectors = DictVectorizer()
        model = LogisticRegression(max_iter=2000, C=1.0).fit(vectors.fit_transform(rows), truth)
        names = vectors.get_feature_names_out()
        # What moves a probability by less than half a percent is left out of the file.
        pairs = zip(names, model.coef_[0], strict=True)
        weights[kind] = {str(name): round(float(x), 3) for name, x in pairs if abs(x) >= 0.02}
        weights[kind][""] = round(float(model.intercept_[0]), 5)
    if not weights:
        raise InputError("the corpus has no relations to learn from; draw figure_of, claimed_by and the like first")
    return Scorer(weights)


def with_relations(entries: Iterable[Entry]) -> list[Entry]:
    """The bulletins in which somebody drew relations; in the others nobody has looked."""
    return [entry for entry in entries if entry.annotation is not None and entry.annotation.relations]


def cross_validate(
    entries: Sequence[Entry], tools: Tools, *, folds: int = FOLDS, progress: Progress = silent
) -> CrossValidated:
    """Trains on all but each of `folds` parts and measures on it; spans are the drawn ones, so only links can be wrong.

    Raises InputError for fewer bulletins with relations than folds.
    """
    drawn = with_relations(entries)
    if len(drawn) < max(folds, 2):
        raise InputError(f"{len(drawn)} bulletins have relations; expected {folds} at least, one for each fold")
    trained = baseline = Measured({kind: Tally() for kind in TYPES}, Tally())
    for fold in progress(range(folds), what="cross-validating"):
        rest = [entry for place, entry in enumerate(drawn) if place % folds != fold]
        part = drawn[fold::folds]
        trained = _added(trained, measure(part, tools, train(rest, tools.schema)))
        baseline = _added(baseline, measure(part, tools, nearest))
    return CrossValidated(len(drawn), folds, trained, baseline)


def measure(entries: Iterable[Entry], tools: Tools, linker: Linker) -> Measured:
    """A linker on bulletins with drawn relations; same_event counts between every two triggers of an event."""
    links, records = {kind: Tally() for kind in TYPES}, Tally()
    for entry in with_relations(entries):
        bulletin = Bulletin(entry, tools.schema)
        gold, said = closed(annotated(bulletin)), closed(linker(bulletin))
        for kind in TYPES:
            here, there = ({x for x in side if x[2] == kind} for side in (gold, said))
            links[kind] += Tally(len(here), len(there), len(here & there))
        wanted, made = (_records(bulletin, replace(tools, linker=x)) for x in (annotated, linker))
        records += Tally(wanted.total(), made.total(), (wanted & made).total())
    return Measured(links, records)


def _added(one: Measured, other: Measured) -> Measured:
    return Measured({kind: one.links[kind] + other.links[kind] for kind in TYPES}, one.records + other.records)


def _records(bulletin: Bulletin, tools: Tools) -> Counter[tuple[object, ...]]:
    """The incidents of a bulletin as what an analyst reads of them."""
    rows = (event_row(Event((incident,))) for incident in incidents_of(bulletin, tools))
    return Counter(tuple(row[name] for name in _RECORD) for row in rows)


def closed(links: Iterable[Link]) -> set[tuple[int, int, str]]:
    """Links as triples, with same_event between every two triggers of an event, the later first."""
    links = list(links)
    firsts = same_events(links)
    found = {(x.source, x.target, x.type) for x in links if x.type != SAME_EVENT}
    events: dict[int, list[int]] = {}
    for index, first in sorted(firsts.items()):
        events.setdefault(first, []).append(index)
    pairs = ((later, earlier) for group in events.values() for later in group for earlier in group if earlier < later)
    return found | {(later, earlier, SAME_EVENT) for later, earlier in pairs}
