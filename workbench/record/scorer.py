"""The trained linker: a logistic regression on plain features of a pair of mentions, kept as JSON."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry
from workbench.core.errors import InputError, MissingExtraError
from workbench.core.files import open_text, write_text
from workbench.core.schema import Schema
from workbench.record.bulletin import Bulletin, Mention
from workbench.record.link import TYPES, Link, annotated, candidates

FORM = 1
Features = dict[str, float]
# The verb classes that make a mention of one figure type the business of one event type.
_FITS = {
    "killed": ("EVENT_ATTACK", "EVENT_EXPLOSION", "EVENT_CLASH"),
    "injured": ("EVENT_ATTACK", "EVENT_EXPLOSION", "EVENT_CLASH"),
    "casualty": ("EVENT_ATTACK", "EVENT_EXPLOSION", "EVENT_CLASH"),
    "detained": ("EVENT_DETENTION",),
    "returned": ("EVENT_RETURN",),
    "displaced": ("EVENT_DISPLACEMENT",),
}


@dataclass(frozen=True)
class Scorer:
    """Weights of the features for each type of relation, with the bias under "". Call it as a linker."""

    weights: dict[str, dict[str, float]]
    threshold: float = 0.5
    least: float = 0.2

    def __call__(self, bulletin: Bulletin) -> list[Link]:
        """Links whose probability reaches the threshold, and of a mention without such the best, if not hopeless."""
        links = []
        for kind, mention, targets in candidates(bulletin):
            weights = self.weights.get(kind)
            if weights is None:
                continue
            scored = [
                (self._probability(weights, f), target)
                for target, f in zip(targets, features(kind, mention, targets, bulletin), strict=True)
            ]
            best = max(scored, key=lambda pair: pair[0])
            chosen = [pair for pair in scored if pair[0] >= self.threshold] or ([best] if best[0] >= self.least else [])
            links += [Link(mention.index, target.index, kind, round(score, 4)) for score, target in chosen]
        return links

    @staticmethod
    def _probability(weights: dict[str, float], found: Features) -> float:
        total = weights.get("", 0.0) + sum(weights.get(name, 0.0) * value for name, value in found.items())
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def features(kind: str, mention: Mention, targets: Sequence[Mention], bulletin: Bulletin) -> Iterator[Features]:
    """Features of a mention with each of its targets, in order: where they stand, what they are, who is between."""
    text = bulletin.text
    ranked = sorted(range(len(targets)), key=lambda i: _gap(mention, targets[i]))
    rank = {target: place for place, target in enumerate(ranked)}
    for place, target in enumerate(targets):
        gap, apart = _gap(mention, target), target.sentence - mention.sentence
        left, right = (mention.end, target.start) if mention.end <= target.start else (target.end, mention.start)
        between = text[left:right] if abs(apart) <= 1 else ""
        found: Features = {
            "log gap": math.log1p(max(0, gap)),
            "rank": min(rank[place], 5) / 5,
            "nearest": float(rank[place] == 0),
            f"sentences {max(-3, min(3, apart))}": 1.0,
            "before": float(target.start < mention.start),
            f"{mention.label}>{target.label}": 1.0,
            f"{mention.label} nearest": float(rank[place] == 0),
            "same sentence nearest": float(apart == 0 and rank[place] == 0),
            "other targets between": float(sum(left <= x.start < right for x in targets)),
            "comma": float("," in between),
            "semicolon": float(";" in between),
            "and": float(" and " in between),
            "by": float(" by " in between),
            "said": float(
                any(verb in between for verb in (" said", "confirmed", "reported", "according to", "stated"))
            ),
            "only target": float(len(targets) == 1),
            "first target": float(place == 0),
        }
        if mention.counts in _FITS:
            found["fits"] = float(target.label in _FITS[mention.counts])
        yield found


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
        drawn = {(link.source, link.target, link.type) for link in annotated(bulletin)}
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
        weights[kind] = {name: round(float(x), 5) for name, x in zip(names, model.coef_[0], strict=True)}
        weights[kind][""] = round(float(model.intercept_[0]), 5)
    if not weights:
        raise InputError("the corpus has no relations to learn from; draw figure_of, claimed_by and the like first")
    return Scorer(weights)


def save_scorer(scorer: Scorer, path: Path) -> None:
    """Writes the scorer as JSON, which anybody can read and no program can run."""
    table = {"form": FORM, "threshold": scorer.threshold, "least": scorer.least, "weights": scorer.weights}
    write_text(path, json.dumps(table, indent=1, sort_keys=True) + "\n")


def load_scorer(path: Path) -> Scorer:
    """A scorer from its file. Raises InputError where the file is not one."""
    try:
        with open_text(path) as file:
            table: dict[str, Any] = json.load(file)
        if table["form"] != FORM:
            raise InputError(f"{path} is a linking model of form {table['form']}, expected {FORM}; train it again")
        weights = {str(k): {str(n): float(x) for n, x in w.items()} for k, w in table["weights"].items()}
        return Scorer(weights, float(table["threshold"]), float(table["least"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no linking model ({error}); train it again") from None


def agreement(entries: Iterable[Entry], schema: Schema, linker: Any) -> dict[str, dict[str, int]]:
    """True positives, false positives and false negatives of a linker against the drawn relations, by type.

    Bulletins without relations are left out: there nobody has looked.
    """
    counts = {kind: {"tp": 0, "fp": 0, "fn": 0} for kind in TYPES}
    for entry in entries:
        bulletin = Bulletin(entry, schema)
        gold = {(x.source, x.target, x.type) for x in annotated(bulletin)}
        if not gold:
            continue
        said = {(x.source, x.target, x.type) for x in linker(bulletin)}
        for kind in TYPES:
            here, there = {x for x in gold if x[2] == kind}, {x for x in said if x[2] == kind}
            counts[kind]["tp"] += len(here & there)
            counts[kind]["fp"] += len(there - here)
            counts[kind]["fn"] += len(here - there)
    return counts


def _gap(mention: Mention, target: Mention) -> int:
    return target.start - mention.end if target.start >= mention.end else mention.start - target.end
