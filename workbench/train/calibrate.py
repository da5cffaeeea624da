"""Confidence that means something: a temperature and a threshold, fitted on bulletins that were not trained on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.corpus import Annotation, Entry
from workbench.core.schema import Schema
from workbench.score.calibration import calibrate, document_error
from workbench.score.pairs import pair_up
from workbench.studio.tasks import task_score
from workbench.tag.decode import Floats, best_tags_of, log_softmax, spans_of_tags, tags_of_spans
from workbench.tag.tagger import Ints, Tagger

# Slope and offset of a logistic function that leaves probabilities as they are.
_AS_THEY_ARE = np.array([1.0, 0.0])
_HIGHEST = 0.9  # no threshold leaves out what is nearly sure


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


def calibration_errors(
    tagger: Tagger, dev: Sequence[Entry], *, schema: Schema, temperature: float
) -> dict[str, dict[str, float | int | None]]:
    """Expected calibration error on dev of `spans` and `bulletins`: their `count`, `before` and `after` the division
    by the temperature. `tagger` must have temperature 1.

    A span's score stands against whether gold has it, a bulletin's (studio.tasks.task_score, which orders the tasks)
    against the share of its spans that gold has. None where nothing was found.
    """
    units = tagger.units([entry.document.text for entry in dev])
    log_probs = tagger.log_probs(units)
    rows: dict[str, dict[str, float | int | None]] = {"spans": {}, "bulletins": {}}
    for when, divisor in (("before", 1.0), ("after", temperature)):
        scores = [log_softmax(each, temperature=divisor) for each in log_probs]
        decoded = zip(best_tags_of(scores), scores, units, strict=True)
        found = [
            Annotation(spans_of_tags(tags, s, unit, schema.names), origin="model") for (tags, _), s, unit in decoded
        ]
        predicted = [replace(entry, annotation=annotation) for entry, annotation in zip(dev, found, strict=True)]
        pairs = pair_up(dev, predicted, schema=schema, include_assisted=True)
        spans = calibrate(pairs)
        rows["spans"] |= {"count": spans.spans, when: spans.error}
        rows["bulletins"] |= {
            "count": sum(bool(spans) for spans in pairs.predicted),
            when: document_error(pairs, lambda spans: task_score(Annotation(spans))),
        }
    return rows


def fit_threshold(scores: Sequence[float], right: Sequence[bool], *, f1: float) -> float:
    """The least score with which a span is worth keeping, from scored spans and whether each was right.

    Worth keeping is what is right with a probability of half of the F1 that is reached (Lipton, Elkan and Naryanaswamy
    2014, "Optimal Thresholding of Classifiers to Maximize F1 Measure"). That probability is a logistic function of the
    score's logit (Platt 1999), fitted with a prior that scores are probabilities already, so that a few spans move it
    little: the temperature is fitted on all tokens, most of which are no span's. 0.0 where scores say nothing.
    """
    from scipy.optimize import minimize
    from scipy.special import expit, logit

    if not 0 < f1 <= 1 or not len(scores):
        return 0.0
    logits, wanted = logit(np.clip(scores, 1e-6, 1 - 1e-6)), np.array(right, dtype=float)

    def loss(line: NDArray[np.float64]) -> float:
        found = line[0] * logits + line[1]
        return float((np.logaddexp(0, found) - wanted * found).sum() + ((line - _AS_THEY_ARE) ** 2).sum() / 2)

    slope, offset = minimize(loss, _AS_THEY_ARE).x
    return round(min(float(expit((logit(f1 / 2) - offset) / slope)), _HIGHEST), 4) if slope > 0 else 0.0


def _nll(log_probs: Floats, tags: Ints, temperature: float) -> float:
    """Mean negative log likelihood of the tags after division by the temperature."""
    return -float(log_softmax(log_probs, temperature=temperature)[np.arange(len(tags)), tags].mean())
