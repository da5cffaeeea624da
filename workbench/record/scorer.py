"""The trained linker: a logistic regression on plain features of a pair of mentions, kept as JSON."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import open_text, write_text
from workbench.core.parse import json_value
from workbench.record.bulletin import Bulletin, Mention
from workbench.record.link import SAME_EVENT, Link, candidates, family

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

_SAID = re.compile(r"said|confirmed|report(?:ed|s)|stated|announced|claimed|told|\bput ")
_DEFINITE = frozenset(("the", "this", "that", "these", "those"))
_POINTING = re.compile(r"\b(?:the|this|that|these|those|its|his|their)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_ANOTHER = re.compile(
    r"\b(?:another|separately|separate|elsewhere|second|third|similar|also|meanwhile|earlier|later|other|fresh|"
    r"previous|previously|last (?:year|month|week)|in (?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_VERBAL = ("ed", "ing")
_NONE: frozenset[str] = frozenset()
_LEADS = frozenset(("in", "at", "of", "by", "on", "from", "near", "with", "against", "to", "and", "the", "a", "killed"))


@dataclass(frozen=True)
class Scorer:
    """Weights of the features for each type of relation, with the bias under "". Call it as a linker.

    `threshold` is the probability from which a link holds, `least` the one that the best of a mention needs where
    none reaches it, `same` that of two triggers being one event: few pairs are, so theirs is lower.
    """

    weights: dict[str, dict[str, float]]
    threshold: float = 0.5
    least: float = 0.2
    same: float = 0.3

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
            chosen = [pair for pair in scored if pair[0] >= self.threshold]
            if kind == SAME_EVENT:
                chosen = [best] if best[0] >= self.same else []
            elif not chosen and best[0] >= self.least:
                chosen = [best]
            links += [Link(mention.index, target.index, kind, round(score, 4)) for score, target in chosen]
        return links

    @staticmethod
    def _probability(weights: dict[str, float], found: Features) -> float:
        total = weights.get("", 0.0) + sum(weights.get(name, 0.0) * value for name, value in found.items())
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def features(kind: str, mention: Mention, targets: Sequence[Mention], bulletin: Bulletin) -> Iterator[Features]:
    """Features of a mention with each of its targets, in order: where they stand, what they are, who is between."""
    text = bulletin.text
    ranked = sorted(
        range(len(targets)), key=lambda i: (abs(targets[i].sentence - mention.sentence), _gap(mention, targets[i]))
    )
    rank = {target: place for place, target in enumerate(ranked)}
    earlier = max((i for i, x in enumerate(targets) if x.end <= mention.start), default=-1)
    later = min((i for i, x in enumerate(targets) if x.start >= mention.end), default=-1)
    lead = _word_before(text, mention.start)
    for place, target in enumerate(targets):
        pair = f"{mention.label}>{target.label}"
        found = _pair_features(mention, target, bulletin)
        found |= {
            "rank": min(rank[place], 5) / 5,
            "nearest": float(rank[place] == 0),
            "nearest before": float(place == earlier),
            "nearest behind": float(place == later),
            f"{pair} nearest": float(rank[place] == 0),
            f"{mention.label} before": float(place == earlier),
            f"{mention.label} behind": float(place == later),
            f"lead {lead} before": float(place == earlier),
            f"lead {lead} behind": float(place == later),
            "only target": float(len(targets) == 1),
            "first target": float(place == 0),
            "last target": float(place == len(targets) - 1),
            f"{kind} targets": min(len(targets), 10) / 10,
        }
        if kind == SAME_EVENT:
            found |= _mention_features(mention, target, bulletin)
        yield {name: value for name, value in found.items() if value}


def _pair_features(mention: Mention, target: Mention, bulletin: Bulletin) -> Features:
    """What a pair says without its rivals."""
    gap, apart = _gap(mention, target), target.sentence - mention.sentence
    left, right = (mention.end, target.start) if mention.end <= target.start else (target.end, mention.start)
    between = bulletin.text[left:right] if abs(apart) <= 1 else ""
    same = apart == 0
    rivals = bulletin.between("event" if target.group == "event" else target.label, left, right)
    kin = bulletin.between(mention.label, left, right)
    found: Features = {
        "log gap": math.log1p(max(0, gap)),
        f"{mention.label} log gap": math.log1p(max(0, gap)),
        f"sentences {max(-3, min(3, apart))}": 1.0,
        f"{mention.label} sentences {max(-2, min(2, apart))}": 1.0,
        f"{mention.label}>{target.label}": 1.0,
        f"{mention.label}>{target.label} same sentence": float(same),
        "rivals between": min(rivals, 4) / 4,
        "kin between": min(kin, 4) / 4,
        "comma": float("," in between),
        "semicolon": float(";" in between),
        "and": float(" and " in between),
        "by": float(" by " in between),
        "relative": float(any(word in between for word in (" who ", " which ", " that "))),
        "line": float("\n" in between),
        f"ending {target.text[-2:].lower()}": float(same),
        f"ending {target.text[-2:].lower()} {'before' if target.start < mention.start else 'behind'}": float(same),
    }
    if target.label == "SOURCE":
        text = bulletin.text
        found["said"] = float(bool(_SAID.search(between)))
        found["said behind"] = float(bool(_SAID.search(text, target.end, target.end + 16)))
        found["according to"] = float(
            text[max(0, target.start - 16) : target.start].rstrip()[-12:].lower() == "according to"
        )
    if mention.counts in _FITS:
        found["fits"] = float(target.label in _FITS[mention.counts])
    return found


def _mention_features(later: Mention, earlier: Mention, bulletin: Bulletin) -> Features:
    """What two triggers say of being one event: their words, a definite article, what their sentences share."""
    one, other = later.text.casefold(), earlier.text.casefold()
    before = bulletin.text[max(0, later.start - 24) : later.start].casefold().split()
    contents = bulletin.contents
    shared = len(contents.get(later.sentence, _NONE) & contents.get(earlier.sentence, _NONE))
    definite = bool(set(before[-2:]) & _DEFINITE)
    pointing, pointed = _points_back(bulletin, later), _points_back(bulletin, earlier)
    kin = family(later.label) == family(earlier.label)
    headline = earlier.sentence == 0 and "\n" in bulletin.sentence_text(0)
    opening = bulletin.text[max(bulletin.starts[later.sentence], later.start - 60) : later.start]
    return {
        "same word": float(one == other),
        "same stem": float(one[:4] == other[:4]),
        f"stems {one[:4]}>{other[:4]}": 1.0,
        f"endings {one[-2:]}>{other[-2:]}": 1.0,
        "later is verb": float(one.endswith(_VERBAL)),
        "noun of verb": float(other.endswith(_VERBAL) and not one.endswith(_VERBAL)),
        "same label": float(later.label == earlier.label),
        "family": float(kin),
        "definite": float(definite),
        "definite family": float(definite and kin),
        "points back": float(pointing),
        "points back family": float(pointing and kin),
        "earlier points back": float(pointed),
        "a or another": float(bool(set(before[-2:]) & {"a", "an", "another", "second", "separate", "other"})),
        "opens another": float(bool(_ANOTHER.search(opening))),
        "plural": float(one.endswith("s") != other.endswith("s")),
        "same sentence": float(later.sentence == earlier.sentence),
        "headline": float(headline),
        "headline family": float(kin and headline),
        "shared": min(shared, 5) / 5,
        "shared family": min(shared, 5) / 5 * kin,
        **_figure_features(later, earlier, bulletin),
    }


def _points_back(bulletin: Bulletin, mention: Mention) -> bool:
    """Whether a determiner that points back stands before a trigger, with at most two words between."""
    return bool(_POINTING.search(bulletin.text, max(0, mention.start - 30), mention.start))


def _figure_features(later: Mention, earlier: Mention, bulletin: Bulletin) -> Features:
    """Whether the sentences of two triggers count the same kind of people, with the same figures or with others."""
    if later.sentence == earlier.sentence:
        return {}
    here, there = bulletin.figures.get(later.sentence, {}), bulletin.figures.get(earlier.sentence, {})
    both = here.keys() & there.keys()
    alike = any(here[label] & there[label] for label in both)
    return {"figures alike": float(alike), "figures differ": float(bool(both) and not alike)}


def _word_before(text: str, start: int) -> str:
    """The word right before a mention, where it is one of those that say what follows; else nothing."""
    words = text[max(0, start - 12) : start].lower().split()
    return words[-1] if words and words[-1] in _LEADS else ""


def save_scorer(scorer: Scorer, path: Path) -> None:
    """Writes the scorer as JSON, which anybody can read and no program can run."""
    table = {
        "form": FORM,
        "threshold": scorer.threshold,
        "least": scorer.least,
        "same": scorer.same,
        "weights": scorer.weights,
    }
    write_text(path, json.dumps(table, indent=1, sort_keys=True) + "\n")


def load_scorer(path: Path) -> Scorer:
    """A scorer from its file. Raises InputError where the file is not one."""
    try:
        with open_text(path) as file:
            table: dict[str, Any] = json_value(file.read())
        if table["form"] != FORM:
            raise InputError(f"{path} is a linking model of form {table['form']}, expected {FORM}; train it again")
        weights = {str(k): {str(n): float(x) for n, x in w.items()} for k, w in table["weights"].items()}
        return Scorer(weights, float(table["threshold"]), float(table["least"]), float(table["same"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"{path} is no linking model ({error}); train it again") from None


def _gap(mention: Mention, target: Mention) -> int:
    return target.start - mention.end if target.start >= mention.end else mention.start - target.end
