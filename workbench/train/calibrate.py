"""Confidence that means something: a temperature and thresholds, fitted on bulletins that were not trained on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.corpus import Annotation, Entry
from workbench.core.schema import Schema
from workbench.score.calibration import calibrate, document_error
from workbench.score.pairs import pair_up
from workbench.studio.tasks import task_score
from workbench.tag.decode import Floats, best_tags_of, log_softmax, spans_of_tags, tags_of_spans
from workbench.tag.model import by_label
from workbench.tag.tagger import Ints, Tagger
from workbench.train.measure import evaluate_tagged

# Slope and offset of a logistic function of a score's logit.
Line = NDArray[np.float64]
_AS_THEY_ARE: Line = np.array([1.0, 0.0])
# Weights of the priors, a normal distribution's precision: loose for all spans, close for those of one group.
_OF_SCORES, _OF_ALL = 1.0, 10.0
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


def settle(tagger: Tagger, dev: Sequence[Entry], *, schema: Schema, threshold: float | None) -> dict[str, float]:
    """Gives the tagger the temperature and the thresholds that dev asks for, or one threshold for all where it is set.

    Returns the thresholds by group of labels. `tagger` must have temperature 1 and no thresholds.
    """
    tagger.temperature = fit_temperature(tagger, dev)
    if threshold is None:
        tagged = tagger.label([entry.document.text for entry in dev])
        pairs = [(result.spans, frozenset(entry.spans)) for result, entry in zip(tagged, dev, strict=True)]
        guesses = [
            Guess(span.score or 0.0, span in gold, schema[span.label].group) for spans, gold in pairs for span in spans
        ]
        f1 = evaluate_tagged(tagged, dev, schema).counts().f1 or 0.0
        thresholds = fit_thresholds(guesses, schema.groups, f1=f1)
    else:
        thresholds = dict.fromkeys(schema.groups, threshold)
    tagger.thresholds = by_label(thresholds, schema)
    return thresholds


def calibration_errors(
    tagger: Tagger, dev: Sequence[Entry], schema: Schema
) -> dict[str, dict[str, float | int | None]]:
    """Expected calibration error on dev of `spans` and `bulletins`, whatever their scores: their `count`, `before` and
    `after` the division by the tagger's temperature.

    A span's score stands against whether gold has it, a bulletin's (studio.tasks.task_score, which orders the tasks)
    against the share of its spans that gold has. None where nothing was found.
    """
    units = tagger.units([entry.document.text for entry in dev])
    log_probs = tagger.log_probs(units)
    rows: dict[str, dict[str, float | int | None]] = {"spans": {}, "bulletins": {}}
    # What was divided is multiplied again.
    for when, divisor in (("before", 1 / tagger.temperature), ("after", 1.0)):
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


@dataclass(frozen=True, slots=True)
class Guess:
    """A predicted span of dev: its score, whether gold has it, and the group of its label."""

    score: float
    right: bool
    group: str


def fit_thresholds(guesses: Sequence[Guess], groups: Collection[str], *, f1: float) -> dict[str, float]:
    """The least score with which a span of each group is worth keeping.

    Worth keeping is what is right with a probability of half of the F1 that is reached (Lipton, Elkan and Naryanaswamy
    2014, "Optimal Thresholding of Classifiers to Maximize F1 Measure"). The probability of a score is a logistic
    function of its logit (Platt 1999), as the temperature was fitted on all tokens, most of which are no span's. That
    function is fitted on all spans with a prior that scores are probabilities already, then on each group's with a
    prior that it is as on all, so that a few spans move it little. 0.0 where scores say nothing.
    """
    if not guesses or not 0 < f1 <= 1:
        return dict.fromkeys(groups, 0.0)
    of_all = _logistic(guesses, _AS_THEY_ARE, weight=_OF_SCORES)
    lines = {
        group: _logistic([guess for guess in guesses if guess.group == group], of_all, weight=_OF_ALL)
        for group in groups
    }
    return {group: _reaches(f1 / 2, line) for group, line in lines.items()}


def _logistic(guesses: Sequence[Guess], prior: Line, *, weight: float) -> Line:
    """Slope and offset under which the guesses' rights are most probable, the prior counting by its weight."""
    from scipy.optimize import minimize
    from scipy.special import logit

    logits = logit(np.clip([guess.score for guess in guesses], 1e-6, 1 - 1e-6))
    right = np.array([guess.right for guess in guesses], dtype=float)

    def loss(line: Line) -> float:
        found = line[0] * logits + line[1]
        unlikely = (np.logaddexp(0, found) - right * found).sum()
        return float(unlikely + weight / 2 * ((line - prior) ** 2).sum())

    return np.asarray(minimize(loss, prior).x)


def _reaches(probability: float, line: Line) -> float:
    """The score from which on a logistic function is at least this; 0.0 where it does not rise with the score."""
    from scipy.special import expit, logit

    slope, offset = line
    return round(min(float(expit((logit(probability) - offset) / slope)), _HIGHEST), 4) if slope > 0 else 0.0


def _nll(log_probs: Floats, tags: Ints, temperature: float) -> float:
    """Mean negative log likelihood of the tags after division by the temperature."""
    return -float(log_softmax(log_probs, temperature=temperature)[np.arange(len(tags)), tags].mean())
