"""How much there is to learn from a bulletin, by strategies with names; 0 to 1, the highest to be labelled first.

All are means over units of a text, so that long texts are not preferred for their length alone (Settles and Craven
2008, "An Analysis of Active Learning Strategies for Sequence Labeling Tasks", discuss both).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.active.committee import kl_to_mean, on_common_units, vote_entropy
from workbench.core.corpus import Document
from workbench.core.errors import InputError
from workbench.tag.decode import Floats
from workbench.tag.model import Model

CHUNK = 64


@dataclass(frozen=True, slots=True)
class Signals:
    """What the probabilities of a model, or of a committee of them, say of one text.

    `confidence` geometric mean of the best tags' probabilities; `margin` mean lead of the best tag over the second;
    `entropy` mean entropy of the tags as a share of the most there can be; `expected` how many spans of each label
    are to be expected. A text without units is sure of nothing being there: 1, 1, 0, no spans. `votes` and
    `divergence` are the committee's vote_entropy and kl_to_mean, 0 for a model alone; the others are its first
    member's.
    """

    confidence: float
    margin: float
    entropy: float
    expected: Mapping[str, float]
    votes: float = 0.0
    divergence: float = 0.0


Strategy = Callable[[Signals, Mapping[str, int]], float]


def label_deficit(signals: Signals, seen: Mapping[str, int]) -> float:
    """How likely the text holds labels that are rare so far: the chance of each, weighed by 1 / (1 + times seen)."""
    weights = {label: 1 / (1 + seen.get(label, 0)) for label in signals.expected}
    total = sum(weights.values())
    return (
        sum(weights[label] * min(1.0, number) for label, number in signals.expected.items()) / total if total else 0.0
    )


# least_confidence is the MNLP of Shen et al. 2017, "Deep Active Learning for Named Entity Recognition".
STRATEGIES: dict[str, Strategy] = {
    "least_confidence": lambda signals, _: 1 - signals.confidence,
    "margin": lambda signals, _: 1 - signals.margin,
    "entropy": lambda signals, _: signals.entropy,
    "label_deficit": label_deficit,
    "vote_entropy": lambda signals, _: signals.votes,
    "kl_to_mean": lambda signals, _: signals.divergence,
}
# Those that ask how far models differ, and so need two or more.
COMMITTEE = frozenset({"vote_entropy", "kl_to_mean"})
# Those that ask how often each label was given so far.
COUNTING = frozenset({"label_deficit"})


def strategy_named(name: str) -> Strategy:
    """The strategy of that name. Raises InputError where there is none."""
    if name not in STRATEGIES:
        raise InputError(f"there is no strategy {name!r}; choose one of {', '.join(STRATEGIES)}")
    return STRATEGIES[name]


def signals_of(model: Model, documents: Sequence[Document], *, others: Sequence[Model] = ()) -> Iterator[Signals]:
    """The signals of each document, in order, a chunk at a time; `others` make a committee with the model.

    Raises InputError where the members do not have the same labels.
    """
    members = (model, *others)
    for other in others:
        if other.schema.names != model.schema.names:
            raise InputError(
                f"{other.version} does not have the labels of {model.version}, so their votes cannot be compared; "
                "name models of one schema"
            )
    for start in range(0, len(documents), CHUNK):
        texts = [document.text for document in documents[start : start + CHUNK]]
        units = [member.tagger.units(texts) for member in members]
        scores = [member.tagger.log_probs(own) for member, own in zip(members, units, strict=True)]
        for of_text, own in zip(zip(*scores, strict=True), zip(*units, strict=True), strict=True):
            alike = on_common_units(own, of_text) if others else of_text
            yield signals(of_text[0], model.schema.names, committee=alike)


def signals(log_probs: Floats, labels: Sequence[str], *, committee: Sequence[Floats] = ()) -> Signals:
    """The signals of log probabilities [units, 1 + 2 * labels], in the order of Schema.tags.

    `committee` are every member's log probabilities of units that all have, in the same form.
    """
    if not len(log_probs):
        return Signals(1.0, 1.0, 0.0, dict.fromkeys(labels, 0.0))
    probs = np.exp(log_probs)
    ordered = np.sort(probs, axis=1)
    begins = probs[:, 1::2].sum(axis=0)
    return Signals(
        confidence=float(np.exp(log_probs.max(axis=1).mean())),
        margin=float((ordered[:, -1] - ordered[:, -2]).mean()),
        entropy=float(-(probs * log_probs).sum(axis=1).mean() / np.log(probs.shape[1])),
        expected=dict(zip(labels, begins.tolist(), strict=True)),
        votes=vote_entropy(committee),
        divergence=kl_to_mean(committee),
    )
