"""What a report holds, gathered from runs and corpora; how it looks is page.py's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from workbench import __version__
from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.files import open_text
from workbench.core.parse import json_value
from workbench.core.schema import Schema
from workbench.report.atlas import Atlas
from workbench.report.records import Records
from workbench.score.agreement import Agreement, agree
from workbench.score.calibration import Calibration, calibrate
from workbench.score.confusion import Confusion, confuse
from workbench.score.evaluation import Evaluation, evaluate_pairs
from workbench.score.history import Run
from workbench.score.mismatch import Mismatch, mismatches
from workbench.score.pairs import Pairs
from workbench.score.resample import bootstrap
from workbench.score.summary import Intervals
from workbench.score.values import ReadFigure


@dataclass(frozen=True)
class Scored:
    """Predictions held against gold: scores, what was taken for what, and every place where the two differ."""

    gold_name: str
    predicted_name: str
    pairs: Pairs
    evaluation: Evaluation
    intervals: Intervals
    confusion: Confusion
    calibration: Calibration
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True)
class Point:
    """One training run of a learning curve: bulletins learned from, strict F1, and its 95 % interval where known."""

    documents: int
    f1: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Report:
    """All parts of a report; those that nothing was given for are empty or None."""

    schema: Schema
    runs: tuple[Run, ...] = ()
    scored: Scored | None = None
    agreement: Agreement | None = None
    spans: Mapping[str, Mapping[str, Entry]] | None = None
    curve: tuple[Point, ...] = ()
    records: Records | None = None
    atlas: Atlas | None = None
    version: str = __version__

    @property
    def only_records(self) -> bool:
        """Whether it is a page of event records alone, without anything on how good labels are."""
        return self.records is not None and self.scored is None and self.agreement is None


def score(
    pairs: Pairs,
    schema: Schema,
    *,
    gold_name: str,
    predicted_name: str,
    read_figure: ReadFigure | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> Scored:
    """Everything that a report says of predictions against gold."""
    evaluation = evaluate_pairs(pairs, schema, read_figure=read_figure)
    differing = tuple(mismatches(pairs))
    return Scored(
        gold_name=gold_name,
        predicted_name=predicted_name,
        pairs=pairs,
        evaluation=evaluation,
        intervals=bootstrap(evaluation, resamples=resamples, seed=seed),
        confusion=confuse(pairs, differing, schema.names),
        calibration=calibrate(pairs),
        mismatches=differing,
    )


def compare_annotators(
    annotations: Mapping[str, Sequence[Entry]], schema: Schema
) -> tuple[Agreement, dict[str, dict[str, Entry]]]:
    """The agreement, and each annotator's entries by id for showing them; see score.agreement.agree."""
    return agree(annotations, schema), {
        name: {entry.document.id: entry for entry in entries} for name, entries in annotations.items()
    }


def read_curve(folder: Path) -> tuple[Point, ...]:
    """The learning curve of a model folder's curve.json, by size; none where there is no such file.

    Its form: {"points": [{"documents": 50, "f1": 0.61, "low": 0.55, "high": 0.67}, …]}; low and high may be left
    out. Raises InputError for another form.
    """
    path = folder / "curve.json"
    if not path.exists():
        return ()
    try:
        with open_text(path) as file:
            rows = json_value(file.read())["points"]
        return tuple(sorted((_point(row) for row in rows), key=lambda point: point.documents))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is no learning curve ({error}); expected points with documents and f1: train the model again"
        ) from None


def some(differing: Sequence[Mismatch], most: int) -> tuple[Mismatch, ...]:
    """The first `most`; documents come in the order of their content's hash, so these are a fair sample."""
    return tuple(islice(differing, most))


def _point(row: Mapping[str, object]) -> Point:
    values = {name: float(str(row[name])) for name in ("f1", "low", "high") if row.get(name) is not None}
    if not all(0 <= value <= 1 for value in values.values()):
        raise ValueError(f"a score of {values} is not between 0 and 1")
    return Point(documents=int(str(row["documents"])), **values)
