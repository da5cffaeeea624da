"""An evaluation as plain data, in the form that `workbench score --json` and the history keep."""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.corpus import Document
from workbench.core.errors import InputError
from workbench.score.evaluation import Evaluation
from workbench.score.resample import Interval

Intervals = Mapping[str, Interval | None]


def summary(evaluation: Evaluation, intervals: Intervals) -> dict[str, Any]:
    """Ratios and counts of every measure; strict F1 also by label and group, with its 95 % interval or null."""
    by_label = evaluation.by_label()
    groups = {name: evaluation.counts(labels=labels) for name, labels in evaluation.groups.items()}
    values = {"values": evaluation.counts("values").as_dict()} if "values" in evaluation.tables else {}
    return {
        "strict": evaluation.counts().as_dict() | _interval(intervals, "micro"),
        "macro": {"f1": evaluation.macro_f1()}
        | _interval(intervals, "macro")
        | {"labels": labels_that_occur(evaluation)},
        **{
            measure: evaluation.counts(measure).as_dict() for measure in ("boundary", "relaxed", "relaxed_iou", "found")
        },
        # Half points are no spans, so only the ratios are handed on.
        "partial": {k: v for k, v in evaluation.counts("partial").as_dict().items() if len(k) > 2},
        "token": evaluation.counts("token").as_dict(),
        **values,
        "labels": {name: c.as_dict() | _interval(intervals, f"label:{name}") for name, c in by_label.items()},
        "groups": {name: c.as_dict() | _interval(intervals, f"group:{name}") for name, c in groups.items()},
        "documents": evaluation.documents,
        "spans": {"gold": evaluation.gold_spans, "predicted": evaluation.predicted_spans},
        "left_out": {"unlabelled": evaluation.unlabelled, "assisted": evaluation.assisted},
        "repaired": evaluation.repaired,
        "data_hash": evaluation.data_hash,
        "schema_hash": evaluation.schema_hash,
    }


def labels_that_occur(evaluation: Evaluation) -> int:
    """How many labels the macro mean is over."""
    return sum(counts.f1 is not None for counts in evaluation.by_label().values())


def cluster_numbers(documents: Sequence[Document], field: str) -> list[int]:
    """A number for each document, the same for the same value of that field; a document without it is on its own.

    Raises InputError where no document has the field.
    """
    numbers = dict[object, int]()
    found = [
        numbers.setdefault(
            ("in", str(document.fields[field])) if field in document.fields else ("own", place), len(numbers)
        )
        for place, document in enumerate(documents)
    ]
    if not any(field in document.fields for document in documents):
        raise InputError(
            f"no gold bulletin has the field {field!r}; expected one that names its cluster of near-duplicates"
        )
    return found


def _interval(intervals: Intervals, name: str) -> dict[str, Any]:
    found = intervals.get(name)
    return {"interval": [found.low, found.high] if found else None}
