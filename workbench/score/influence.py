"""What people did with a model's suggestions, and whether suggestions sway them.

Suggested spans are kept as they are, changed (another label or boundary) or removed, and people add what was missing.
How long it took and how much was marked is told by group: tasks begun from suggestions, tasks begun without, and
tasks of the blind share, which had none to look at: the control (see `workbench import --blind`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from workbench.core.corpus import Entry
from workbench.core.span import Span
from workbench.score.counts import Counts
from workbench.score.mismatch import mismatches
from workbench.score.pairs import Pairs

FATES = ("kept", "changed", "removed", "added")
GROUPS = ("assisted", "unassisted", "blind")
# Lower bounds of the bands of confidence: scores of a fair model crowd near 1, so the upper bands are narrower.
BANDS = (0.0, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Handled:
    """One person's work on one bulletin: the labels, the suggestions it started from (None: from none, or they are
    not known), the seconds that the page counted, and whether the bulletin was of the blind share."""

    entry: Entry
    suggested: tuple[Span, ...] | None = None
    seconds: float | None = None
    blind: bool = False

    @property
    def group(self) -> str:
        """One of GROUPS."""
        if self.entry.annotation is not None and self.entry.annotation.assisted:
            return "assisted"
        return "blind" if self.blind else "unassisted"


@dataclass(frozen=True)
class Fates:
    """How often each of FATES befell; a changed span has another label, another boundary, or both."""

    counts: Mapping[str, int]

    def __getitem__(self, fate: str) -> int:
        return self.counts.get(fate, 0)

    @property
    def suggested(self) -> int:
        """How many spans were suggested."""
        return self["kept"] + self["changed"] + self["removed"]

    @property
    def share_kept(self) -> float | None:
        """The share of the suggested that was kept as it was; None where nothing was suggested."""
        return self["kept"] / self.suggested if self.suggested else None


@dataclass(frozen=True)
class Group:
    """Work of one group: how many annotations, of how many the time is known, the median of their seconds, spans
    marked for every 1,000 characters, and how the model's labels score against them, where those were given."""

    annotations: int
    timed: int
    seconds: float | None
    density: float | None
    model: Counts | None


@dataclass(frozen=True)
class Influence:
    """The fates of suggestions by label, model version and band of confidence, and the work of each group.

    `unknown` counts annotations begun from suggestions that the server did not keep.
    """

    overall: Fates
    labels: Mapping[str, Fates]
    versions: Mapping[str, Fates]
    bands: Mapping[str, Fates]
    groups: Mapping[str, Group]
    unknown: int


@dataclass(frozen=True, slots=True)
class _Fate:
    fate: str
    label: str
    version: str
    score: float | None


def influence(work: Sequence[Handled], *, predicted: Iterable[Entry] = ()) -> Influence:
    """Counts all of it. `predicted` are the model's labels of the same bulletins, blind ones too, matched by text."""
    fates = [fate for one in work for fate in _fates(one)]
    said = {entry.document.hash: entry.spans for entry in predicted if entry.annotation is not None}
    suggested = [fate for fate in fates if fate.fate != "added"]
    return Influence(
        overall=_count(fates),
        labels={label: _count(f for f in fates if f.label == label) for label in sorted({f.label for f in fates})},
        versions={name: _count(f for f in fates if f.version == name) for name in sorted({f.version for f in fates})},
        bands={name: found for name in _band_names() if (found := _in_band(suggested, name)).suggested},
        groups={name: _group([one for one in work if one.group == name], said) for name in GROUPS},
        unknown=sum(one.group == "assisted" and one.suggested is None for one in work),
    )


def band(score: float | None) -> str:
    """The name of the band of confidence that a score falls into."""
    if score is None:
        return "no score"
    place = max(place for place, low in enumerate(BANDS) if score >= low)
    return _band_names()[place]


def _band_names() -> list[str]:
    return [*(f"{low:.1f} to {high:.1f}" for low, high in pairwise((*BANDS, 1.0))), "no score"]


def _in_band(fates: Iterable[_Fate], name: str) -> Fates:
    return _count(fate for fate in fates if band(fate.score) == name)


def _fates(one: Handled) -> Iterator[_Fate]:
    """A fate for each suggested span, under its own label, and for each span that a person added."""
    if one.suggested is None or one.entry.annotation is None:
        return
    version = one.entry.annotation.model_version or "unnamed"
    final = set(one.entry.spans)
    yield from (_Fate("kept", span.label, version, span.score) for span in set(one.suggested) if span in final)
    for differing in mismatches(Pairs((one.entry.document,), (one.entry.spans,), (one.suggested,))):
        person, model = differing.first, differing.second
        if model is not None:
            yield _Fate("changed" if person is not None else "removed", model.label, version, model.score)
        elif person is not None:
            yield _Fate("added", person.label, version, None)


def _count(fates: Iterable[_Fate]) -> Fates:
    return Fates(Counter(fate.fate for fate in fates))


def _group(work: Sequence[Handled], said: Mapping[str, tuple[Span, ...]]) -> Group:
    times = [one.seconds for one in work if one.seconds is not None]
    characters = sum(len(one.entry.document.text) for one in work)
    spans = sum(len(one.entry.spans) for one in work)
    return Group(
        annotations=len(work),
        timed=len(times),
        seconds=median(times) if times else None,
        density=1000 * spans / characters if characters else None,
        model=_against([one for one in work if one.entry.document.hash in said], said),
    )


def _against(work: Sequence[Handled], said: Mapping[str, tuple[Span, ...]]) -> Counts | None:
    """Strict counts of the model's labels against people's, an annotation each; None where none has them."""
    found = Counts()
    for one in work:
        person, model = set(one.entry.spans), set(said[one.entry.document.hash])
        found += Counts(len(person & model), len(model - person), len(person - model))
    return found if work else None
