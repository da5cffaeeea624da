"""The loss of a batch: cross-entropy of the tags, each bulletin with its weight."""

from typing import Any

from workbench.train.examples import IGNORED


def token_loss(logits: Any, labels: Any, *, weights: Any = None, tokens: Any = None, smoothing: float = 0.0) -> Any:
    """Cross-entropy of `logits` [batch, tokens, tags] against `labels` [batch, tokens], a scalar.

    Tokens labelled IGNORED are unknown and count nowhere. `weights` [batch] are those of the rows, 1 for all without.
    The sum is divided by `tokens`, the known tokens of everything that makes one step (several batches, on several
    devices), or of this batch where it is None: never by the weights, so that a batch of light rows weighs less than
    one of heavy rows, as each of its rows should. Several cards in one process are given the number once for each.
    """
    from torch import as_tensor
    from torch.nn.functional import cross_entropy

    flat, wanted = logits.flatten(0, 1), labels.flatten()
    losses = cross_entropy(flat, wanted, ignore_index=IGNORED, label_smoothing=smoothing, reduction="none")
    rows = losses.view(labels.shape).sum(dim=1)
    known = (labels != IGNORED).sum() if tokens is None else as_tensor(tokens).max()
    return (rows if weights is None else rows * weights).sum() / known.clamp(min=1)
