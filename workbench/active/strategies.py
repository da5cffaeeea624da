"""How much there is to learn from a bulletin, by strategies with names; 0 to 1, the highest to be labelled first.

All are means over the units of a text, so that long texts are not preferred for their length alone (Settles and Craven
2008, "An Analysis of Active Learning Strategies for Sequence Labeling Tasks", discuss both).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.corpus import Document
from workbench.core.errors import InputError
from workbench.tag.decode import Floats
from workbench.tag.model import Model

CHUNK = 64


@dataclass(frozen=True, slots=True)
class Signals:
    """What a model's probabilities say of one text.

    `confidence` geometric mean of the best tags' probabilities; `margin` mean lead of the best tag over the second;
    `entropy` mean entropy of the tags as a share of the most there can be; `expected` how many spans of each label
    are to be expected. A text without units is sure of nothing being there: 1, 1, 0, no spans.
    """

    confidence: float
    margin: float
    entropy: float
    expected: Mapping[str, float]


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
}


def strategy_named(name: str) -> Strategy:
    """The strategy of that name. Raises InputError where there is none."""
    if name not in STRATEGIES:
        raise InputError(f"there is no strategy {name!r}; choose one of {', '.join(STRATEGIES)}")
    return STRATEGIES[name]


def signals_of(model: Model, documents: Sequence[Document]) -> Iterator[Signals]:
    """The signals of each document, in order, a chunk at a time."""
    for start in range(0, len(documents), CHUNK):
        units = model.tagger.units([document.text for document in documents[start : start + CHUNK]])
        yield from (signals(scores, model.schema.names) for scores in model.tagger.log_probs(units))


def signals(log_probs: Floats, labels: Sequence[str]) -> Signals:
    """The signals of log probabilities [units, 1 + 2 * labels], in the order of Schema.tags."""
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
    )
