"""Confidence that means something: one temperature, fitted on bulletins the network was not trained on."""

from collections.abc import Sequence

import numpy as np

from workbench.core.corpus import Entry
from workbench.tag.decode import Floats, log_softmax, tags_of_spans
from workbench.tag.tagger import Ints, Tagger


def fit_temperature(tagger: Tagger, dev: Sequence[Entry]) -> float:
    """The temperature (0.25 to 4) under which the gold tags of dev are most probable; 1.0 where dev has no unit.

    Guo et al. 2017, "On Calibration of Modern Neural Networks": minimises the negative log likelihood, which leaves
    the order of the tags, and so the spans, nearly as they were. `tagger` must have temperature 1.
    """
    from scipy.optimize import minimize_scalar

    units = tagger.units([entry.document.text for entry in dev])
    scores, gold = [], []
    for entry, unit, log_probs in zip(dev, units, tagger.log_probs(units), strict=True):
        tags, _ = tags_of_spans(entry.spans, unit, tagger.labels)
        known = tags >= 0
        scores.append(log_probs[known])
        gold.append(tags[known])
    stacked, wanted = np.concatenate(scores), np.concatenate(gold)
    if not len(wanted):
        return 1.0
    found = minimize_scalar(lambda t: _nll(stacked, wanted, t), bounds=(0.25, 4.0), method="bounded")
    return round(float(found.x), 4)


def _nll(log_probs: Floats, tags: Ints, temperature: float) -> float:
    """Mean negative log likelihood of the tags after division by the temperature."""
    return -float(log_softmax(log_probs, temperature=temperature)[np.arange(len(tags)), tags].mean())
