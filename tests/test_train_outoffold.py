"""Out-of-fold readings by real models, and whether label errors of known places are found with them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubt_help import precision_at, spoil

from workbench.check.doubts import find_doubts
from workbench.core.corpus import load_corpus
from workbench.core.errors import CorpusError, InputError
from workbench.core.schema import load_schema
from workbench.core.workspace import find_workspace, packaged
from workbench.train.material import Material
from workbench.train.outoffold import out_of_fold
from workbench.train.settings import TrainingSettings
from workbench.train.split import corpus_split
from workbench.train.trainer import Watch

SCHEMA = load_schema(packaged("annotations/schema.toml"))
# The starter, which training starts from, has never seen these.
_, CORPUS = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))
# One round is enough to know the labels, from the starter.
QUICK = TrainingSettings(epochs=1)

pytestmark = pytest.mark.slow


def test_injected_errors_are_the_most_suspicious_and_nothing_is_trained_twice(tmp_path: Path) -> None:
    spoilt, wrong = spoil(CORPUS, SCHEMA, share=0.06, seed=5)
    assert len(wrong) > 60
    said: list[str] = []

    def readings():  # type: ignore[no-untyped-def]
        return out_of_fold(
            spoilt,
            schema=SCHEMA,
            settings=QUICK,
            count=2,
            folder=tmp_path / "readings",
            cache=find_workspace().state / "encoders",
            watch=Watch(say=said.append),
        )

    first = readings()
    assert [line for line in said if line.startswith("fold")] == ["fold 1 of 2", "fold 2 of 2"]
    for entry, reading in zip(spoilt, first, strict=True):
        assert reading.probs.shape == (len(reading.starts), 1 + len(SCHEMA.names))
        assert reading.probs.sum(axis=1) == pytest.approx(1.0, abs=1e-4)
        assert all(entry.document.text[a:b].strip() for a, b in zip(reading.starts, reading.ends, strict=True))
    doubts = find_doubts(spoilt, first, SCHEMA.names)
    # By chance one in about twenty places would be one. Another draw of dropout moves the first twenty by two or three.
    assert precision_at(doubts, wrong, 20) >= 0.7
    assert precision_at(doubts, wrong, 40) >= 0.6
    assert any(row == doubt.row and start == doubt.start for doubt in doubts[:20] for row, start, _ in wrong)
    said.clear()
    (tmp_path / "readings" / sorted(path.name for path in (tmp_path / "readings").iterdir())[1]).unlink()
    again = readings()
    assert [line for line in said if line.startswith("fold")] == ["fold 2 of 2"]
    assert all((np.abs(a.probs - b.probs) < 1e-5).all() for a, b in zip(first, again, strict=True))


def test_what_cannot_be_folded_is_said(tmp_path: Path) -> None:
    options = {"schema": SCHEMA, "settings": QUICK, "folder": tmp_path, "cache": tmp_path / "encoders"}
    with pytest.raises(CorpusError, match="3 folds need as many different bulletins; found 2"):
        out_of_fold(CORPUS[:2], count=3, **options)  # type: ignore[arg-type]
    annotation = CORPUS[0].annotation
    assert annotation is not None
    span = annotation.spans[0]
    lap = replace(
        CORPUS[0], annotation=replace(annotation, spans=(span, replace(span, end=span.end + 3)), relations=())
    )
    with pytest.raises(CorpusError, match="overlap"):
        out_of_fold([lap, *CORPUS[1:4]], count=2, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_damaged_reading_is_named(tmp_path: Path) -> None:
    made_from = Material(tuple(CORPUS[:4]), ()).fingerprint(SCHEMA, QUICK)
    (tmp_path / f"{made_from[:16]}-1-of-2.npz").write_bytes(b"junk")
    with pytest.raises(InputError, match=r"is damaged .*; remove it"):
        out_of_fold(CORPUS[:4], schema=SCHEMA, settings=QUICK, count=2, folder=tmp_path, cache=tmp_path / "encoders")
