"""Scores that mean something: what the temperature is worth, on the starter model and bulletins it never saw."""

import pytest

from workbench.core.corpus import Annotation, Document, Entry, load_corpus
from workbench.core.workspace import packaged
from workbench.tag.model import load_model
from workbench.train.calibrate import calibration_errors, fit_temperature
from workbench.train.split import corpus_split


@pytest.mark.slow
def test_the_temperature_brings_scores_nearer_to_the_truth() -> None:
    if not packaged("models/starter/model.onnx").exists():
        pytest.skip("this clone has no starter model")
    model = load_model(packaged("models/starter"))
    _, test = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))
    found = calibration_errors(model.tagger, test, model.schema)
    for row in found.values():
        assert (
            row["after"] < 0.06 < 0.08 < row["before"]
        )  # measured: .038 and .089 of spans, .028 and .086 of bulletins
    assert found["bulletins"]["count"] == len(test)
    chosen, model.tagger.temperature = model.tagger.temperature, 1.0
    assert abs(fit_temperature(model.tagger, test) - chosen) < 0.1
    same = calibration_errors(model.tagger, test, model.schema)
    for name, row in same.items():
        assert row["before"] == pytest.approx(found[name]["before"], abs=1e-4)
    assert all(row["after"] == row["before"] for row in same.values())


def test_without_a_span_nothing_can_be_said() -> None:
    if not packaged("models/starter/model.onnx").exists():
        pytest.skip("this clone has no starter model")
    model = load_model(packaged("models/starter"))
    bare = [Entry(Document("a", "A fine day."), Annotation())]
    found = calibration_errors(model.tagger, bare, model.schema)
    assert found == {name: {"count": 0, "before": None, "after": None} for name in ("spans", "bulletins")}
