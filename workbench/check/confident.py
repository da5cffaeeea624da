"""Confident learning: which labels are probably wrong, by the probabilities of models that never saw them.

Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels": a class is likely
where its probability reaches what is usual for things that bear its label, so that a class of which models are never
sure is not held to the measure of an easy one. On probabilities of real models the answers are those of cleanlab 2.9
(its filter "confident_learning"), which would bring pandas and scikit-learn into the light install.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def likely(given: Ints, probs: Floats) -> Ints:
    """The class that each thing probably is; the given one where nothing speaks against it.

    `given` [things] are the classes that they bear, `probs` [things, classes] out-of-fold probabilities. Another class
    is an answer only where it is likely enough, and more probable than the given one.
    """
    sure = probs >= usual(given, probs) - 1e-6
    best: Ints = np.where(sure, probs, -1.0).argmax(axis=1)
    doubted = sure.any(axis=1) & (own(best, probs) > own(given, probs))
    return np.where(doubted, best, given)


def usual(given: Ints, probs: Floats) -> Floats:
    """The mean probability of each class over the things that bear it [classes]; infinite where nothing does."""
    classes = probs.shape[1]
    many = np.bincount(given, minlength=classes)
    total = np.bincount(given, weights=own(given, probs), minlength=classes)
    return np.where(many > 0, total / np.maximum(many, 1), np.inf).astype(np.float32)


def own(given: Ints, probs: Floats) -> Floats:
    """The probability of the class that each thing bears [things]."""
    mine: Floats = probs[np.arange(len(given)), given]
    return mine
