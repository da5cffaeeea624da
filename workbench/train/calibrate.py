"""Confidence that means something: one temperature, fitted on bulletins the network was not trained on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.core.corpus import Annotation, Entry
from workbench.core.schema import Schema
from workbench.score.calibration import calibrate, document_error
from workbench.score.pairs import pair_up
from workbench.studio.tasks import task_score
from workbench.tag.decode import Floats, best_tags_of, log_softmax, spans_of_tags, tags_of_spans
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


def _nll(log_probs: Floats, tags: Ints, temperature: float) -> float:
    """Mean negative log likelihood of the tags after division by the temperature."""
    return -float(log_softmax(log_probs, temperature=temperature)[np.arange(len(tags)), tags].mean())
