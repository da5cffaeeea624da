"""How a step of a replayed annotation learns: the whole network as `workbench train` does, or its last layer alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.active.replay import Fitted
from workbench.core.corpus import Document, Entry
from workbench.core.schema import Schema
from workbench.core.span import Span
from workbench.tag.decode import Floats, best_tags_of, log_softmax, spans_of_tags, tags_of_spans
from workbench.tag.tagger import Tagger
from workbench.train.examples import IGNORED
from workbench.train.features import Encoder
from workbench.train.run import QUIET, make_learner, teach
from workbench.train.settings import TrainingSettings
from workbench.train.trainer import Watch

# Weight of the squared weights in the loss of the last layer, against the sum over units: of 0.1, 1 and 10 this was
# the best on 40 gold bulletins and within 0.03 of it on re3d.
_DECAY = 1.0
# From here to 200 F1 moved by less than 0.001.
_ITERATIONS = 100


@dataclass(frozen=True)
class Tagging:
    """A tagger as a replay asks it."""

    tagger: Tagger

    def log_probs(self, documents: Sequence[Document]) -> list[Floats]:
        """See Fitted."""
        return self.tagger.log_probs(self.tagger.units([document.text for document in documents]))

    def label(self, documents: Sequence[Document]) -> list[tuple[Span, ...]]:
        """See Fitted."""
        return [tagged.spans for tagged in self.tagger.label([document.text for document in documents])]


@dataclass(frozen=True)
class FullLearner:
    """Trains the whole network from its start at each step, all rounds, without a dev part to stop it."""

    schema: Schema
    settings: TrainingSettings
    cache: Path

    def fit(self, entries: Sequence[Entry], *, seed: int) -> Fitted:
        """See Learner."""
        learner = make_learner(self.schema, replace(self.settings, seed=seed), cache=self.cache)
        teach(learner, entries, (), work=None)
        return Tagging(learner.tagger)


@dataclass(frozen=True)
class Head:
    """A tag layer on a frozen encoder: `weight` [hidden + 1, tags], its last row the bias."""

    encoder: Encoder
    weight: Floats
    schema: Schema

    def log_probs(self, documents: Sequence[Document]) -> list[Floats]:
        """See Fitted."""
        return [
            log_softmax(features.values @ self.weight[:-1] + self.weight[-1]) for features in self.encoder(documents)
        ]

    def label(self, documents: Sequence[Document]) -> list[tuple[Span, ...]]:
        """See Fitted."""
        scores = self.log_probs(documents)
        units = [features.units for features in self.encoder(documents)]
        return [
            spans_of_tags(tags, of_text, own, self.schema.names)
            for (tags, _), of_text, own in zip(best_tags_of(scores), scores, units, strict=True)
        ]


class HeadLearner:
    """Learns a tag layer alone, by logistic regression on what the frozen encoder says of each unit.

    The loss has one minimum, so the seed changes nothing. A tenth of a second to seconds a step.
    """

    def __init__(self, schema: Schema, settings: TrainingSettings, *, cache: Path, watch: Watch = QUIET) -> None:
        learner = make_learner(schema, settings, cache=cache, watch=watch)
        self.schema, self.encoder = schema, Encoder(learner.network, learner.tagger)

    def fit(self, entries: Sequence[Entry], *, seed: int) -> Fitted:
        """See Learner."""
        del seed
        found = self.encoder(entry.document for entry in entries)
        tags = [
            tags_of_spans(entry.spans, features.units, self.schema.names)[0]
            for entry, features in zip(entries, found, strict=True)
        ]
        values, wanted = np.concatenate([features.values for features in found]), np.concatenate(tags)
        known = wanted != IGNORED
        return Head(self.encoder, _regress(values[known], wanted[known], classes=len(self.schema.tags)), self.schema)


def _regress(values: Floats, wanted: NDArray[np.int64], *, classes: int) -> Floats:
    """Weights [hidden + 1, classes] of multinomial logistic regression on values [units, hidden], by L-BFGS."""
    import torch

    inputs = torch.from_numpy(values)
    targets = torch.from_numpy(wanted)
    weight = torch.zeros(values.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    steps = torch.optim.LBFGS([weight, bias], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        steps.zero_grad()
        # The bias is not decayed: how common a tag is should be learned from few bulletins already.
        fault = torch.nn.functional.cross_entropy(inputs @ weight + bias, targets, reduction="sum")
        whole = (fault + _DECAY / 2 * weight.square().sum()) / len(targets)
        whole.backward()
        return whole

    steps.step(loss)
    return np.asarray(torch.cat([weight, bias[None]]).detach().numpy(), dtype=np.float32)
