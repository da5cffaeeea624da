"""The starter: which one a run begins with, and what the one of the clone learns from."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from workbench.core.corpus import Annotation, Document, Entry, load_corpus, write_corpus
from workbench.core.schema import load_schema
from workbench.core.workspace import packaged
from workbench.read.duplicates import near_duplicate_clusters
from workbench.tag.model import MANIFEST
from workbench.train import material
from workbench.train.settings import TrainingSettings
from workbench.train.starter import to_be_taught


@pytest.fixture
def starters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models/ with a starter on minilm and one on mpnet."""
    manifest = json.loads((packaged("models/starter") / MANIFEST).read_text(encoding="utf-8"))
    for name, encoder in (("starter", "minilm"), ("starter-mpnet", "mpnet"), ("mine", "roberta-base")):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / MANIFEST).write_text(json.dumps(manifest | {"encoder": encoder}))
    monkeypatch.setattr(material, "packaged", lambda relative: tmp_path / relative)
    return tmp_path / "models"


@pytest.mark.parametrize(("encoder", "found"), [("minilm", "starter"), ("mpnet", "starter-mpnet")])
def test_a_run_begins_with_the_starter_on_its_encoder(starters: Path, encoder: str, found: str) -> None:
    assert material.beginning_of(TrainingSettings(encoder=encoder)) == starters / found


def test_without_a_starter_on_the_encoder_or_with_none_asked_for_a_run_begins_bare(starters: Path) -> None:
    assert material.beginning_of(TrainingSettings(encoder="roberta-base")) is None
    assert material.beginning_of(TrainingSettings(start="none")) is None
    assert material.beginning_of(TrainingSettings(start="models/mine")) == Path("models/mine")


def test_the_teacher_labels_no_text_that_is_scored_on_nor_another_source_nor_a_long_one(tmp_path: Path) -> None:
    scored = " ".join(f"word{number}" for number in range(60))
    rows = {"same": scored, "near": scored + " more", "new": "Six died in Quetta.", "long": "Six died. " * 301}
    file = tmp_path / "real.jsonl"
    entries = [Entry(Document(name, text, source="wire")) for name, text in rows.items()]
    write_corpus(file, [*entries, Entry(Document("other", "Two were hurt in Sibi.", source="radio"))])
    apart = [Entry(Document("gold", scored), Annotation())]
    assert [entry.document.id for entry in to_be_taught([file], sources=["wire"], apart=apart)] == ["new"]
    everything = to_be_taught([file], sources=[], apart=[])
    assert [entry.document.id for entry in everything] == ["same", "near", "new", "other"]


def test_the_silver_of_the_clone_is_sound_and_apart_from_its_gold() -> None:
    gold, silver = (load_corpus(packaged(f"annotations/{name}.jsonl")) for name in ("corpus", "silver"))
    schema = load_schema(packaged("annotations/schema.toml"))
    assert len(silver) == 552
    assert sum(len(entry.spans) for entry in silver) == 10706
    ids = [entry.document.id for entry in (*gold, *silver)]
    assert len(set(ids)) == len(ids)
    for entry in silver:
        schema.check(entry.spans, where=entry.document.id)
        ordered = sorted(entry.spans)
        assert all(left.end <= right.start for left, right in pairwise(ordered))
        for span in ordered:
            words = entry.document.text[span.start : span.end]
            assert words == words.strip().rstrip(",;:"), (entry.document.id, words)
    clusters = near_duplicate_clusters([entry.document for entry in (*gold, *silver)])
    assert not [cluster for cluster in clusters if len(cluster) > 1]
