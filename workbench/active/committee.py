"""How far several models differ on one text: query by committee (Seung et al. 1992), 0 to 1 as every strategy.

Most units of a text lie outside all spans, and every member says so. So the mean is over the tenth of the units where
the members differ most, at least one: what is in doubt is not thinned by what nobody doubts, and the number is still
one of shares, not of lengths.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.tag.decode import Floats
from workbench.tag.units import Units

TOP = 0.1
Wide = NDArray[np.float64]


def vote_entropy(members: Sequence[Floats]) -> float:
    """Entropy of the members' votes for a unit's tag, as a share of the most there can be (Dagan and Engelson 1995,
    "Committee-based sampling for training probabilistic classifiers").

    `members` are log probabilities [units, tags], a member each, of the same units. 0 for one member or no units.
    """
    if not _comparable(members):
        return 0.0
    votes = np.stack([each.argmax(axis=1) for each in members])
    shares = np.stack([(votes == tag).mean(axis=0) for tag in range(members[0].shape[1])], axis=1)
    return _top_mean(_entropy(shares) / _most(members))


def kl_to_mean(members: Sequence[Floats]) -> float:
    """Mean Kullback-Leibler divergence of the members from their mean, as a share of the most there can be (McCallum
    and Nigam 1998, "Employing EM and pool-based active learning for text classification").

    It sees how sure each member is, where vote_entropy counts heads. `members` as there.
    """
    if not _comparable(members):
        return 0.0
    probs = np.exp(np.stack(members).astype(np.float64))
    # The mean divergence from the mean is the entropy of the mean less the mean of the entropies (Lin 1991).
    spread = _entropy(probs.mean(axis=0)) - _entropy(probs).mean(axis=0)
    return _top_mean(np.maximum(spread, 0.0) / _most(members))


def on_common_units(units: Sequence[Units], scores: Sequence[Floats]) -> list[Floats]:
    """Each member's scores of the units that all members have alike, for members whose tokenizers cut differently.

    `units` and `scores` [units, tags] are one text's, an element a member.
    """
    edges = [list(zip(each.starts.tolist(), each.ends.tolist(), strict=True)) for each in units]
    common = set(edges[0]).intersection(*edges[1:])
    return [
        score[[place for place, edge in enumerate(each) if edge in common]]
        for each, score in zip(edges, scores, strict=True)
    ]


def _comparable(members: Sequence[Floats]) -> bool:
    return len(members) > 1 and len(members[0]) > 0


def _most(members: Sequence[Floats]) -> float:
    """The highest that either measure can be, in nats: each member for a tag of its own, as far as there are tags."""
    return float(np.log(min(len(members), members[0].shape[1])))


def _entropy(probs: Wide) -> Wide:
    """Entropy in nats over the last axis; what is impossible adds nothing."""
    nats: Wide = -(probs * np.log(np.where(probs > 0, probs, 1.0))).sum(axis=-1)
    return nats


def _top_mean(values: Wide) -> float:
    many = max(1, round(TOP * len(values)))
    return float(np.sort(values)[-many:].mean())
