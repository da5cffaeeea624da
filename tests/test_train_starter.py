"""Which starter a run begins with: the one on its own encoder, where there is one."""

import json
from pathlib import Path

import pytest

from workbench.core.workspace import packaged
from workbench.tag.model import MANIFEST
from workbench.train import material
from workbench.train.settings import TrainingSettings


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
