"""How good the network is on dev right now: the evaluation module's strict scores, nothing of its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from workbench.core.corpus import Annotation, Entry
from workbench.core.schema import Schema
from workbench.score.counts import Counts
from workbench.score.evaluation import Evaluation, evaluate_entries
from workbench.tag.tagger import Tagged, Tagger


def measure(tagger: Tagger, dev: Sequence[Entry], schema: Schema) -> Evaluation:
    """Labels dev and scores it. Assisted bulletins count here: dev steers a run, it is no test."""
    return evaluate_tagged(tagger.label([entry.document.text for entry in dev]), dev, schema)


def evaluate_tagged(tagged: Sequence[Tagged], dev: Sequence[Entry], schema: Schema) -> Evaluation:
    """measure of answers that are there already."""
    predicted = [
        replace(entry, annotation=Annotation(result.spans, origin="model"))
        for entry, result in zip(dev, tagged, strict=True)
    ]
    return evaluate_entries(dev, predicted, schema, include_assisted=True)


def scores_for_manifest(evaluation: Evaluation) -> dict[str, Any]:
    """Strict scores over all labels (`micro`) and of each label that occurs, with the gold spans as `support`."""
    labels = {name: _row(counts) for name, counts in evaluation.by_label().items() if counts.f1 is not None}
    return {"micro": _row(evaluation.counts()), "labels": labels, "documents": evaluation.documents}


def _row(counts: Counts) -> dict[str, Any]:
    return counts.as_dict() | {"support": counts.gold}
