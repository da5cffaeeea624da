"""The main job from end to end, on a real Label Studio and a real model, with a part of the bundled bulletins."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from studio_help import RunningStudio

from workbench.core.corpus import load_corpus
from workbench.core.workspace import packaged
from workbench.demo.main_job import NEW_PROJECT, PROJECT, Demo, Material, Outcome, bundled, run
from workbench.score.record import history_of
from workbench.studio.connect import connect
from workbench.tag.find import current_model
from workbench.train.settings import TrainingSettings
from workbench.train.trainer import Watch

pytestmark = [pytest.mark.studio, pytest.mark.slow]


@pytest.fixture(autouse=True)
def own_model(request: pytest.FixtureRequest) -> Iterator[None]:
    """The demo makes its model the current one; other tests of this server go on with the one that came along."""
    shared = request.getfixturevalue("running_studio") if "running_studio" in request.fixturenames else None
    yield
    if shared is not None:
        (shared.workspace.state / "model.json").unlink(missing_ok=True)


def job(running_studio: RunningStudio, said: list[str]) -> tuple[Demo, Material]:
    whole = bundled()
    part = Material(
        corpus=whole.corpus[:40],
        readings={name: entries[:40] for name, entries in whole.readings.items()},
        new=whole.new[:3],
    )
    schema = running_studio.workspace.schema(packaged("annotations/schema.toml"))
    settings = TrainingSettings(epochs=1, refit_below=0, faster="none")
    return Demo(running_studio.workspace, schema, said.append, Watch(say=said.append), settings=settings), part


def test_from_raw_bulletins_to_predictions_on_the_page_and_again(running_studio: RunningStudio) -> None:
    said: list[str] = []
    demo, material = job(running_studio, said)
    first: Outcome = run(demo, material)
    assert first.new_bulletins == 3
    assert first.new_spans > 20
    assert (first.evaluation.counts().f1 or 0) > 0.5
    assert current_model(running_studio.workspace) == running_studio.workspace.root / "models" / "demo"
    pulled = {e.document.id: e for e in load_corpus(demo.folder / "annotations.jsonl")}
    assert {i: e.spans for i, e in pulled.items()} == {e.document.id: e.spans for e in material.corpus}
    assert all(e.annotation and e.annotation.author == "adjudicator@localhost" for e in pulled.values())
    assert not any(e.annotation and e.annotation.assisted for e in pulled.values())

    said.clear()
    again = run(demo, material)
    assert again.model.version == first.model.version
    assert any("already trained" in line for line in said)
    assert "    0 imported, 40 were there already" in said
    assert len(history_of(running_studio.workspace).runs()) == 2
    with connect(running_studio.workspace) as studio:
        assert len(studio.task_ids(studio.project(PROJECT))) == 40
        predictions = list(studio.task_predictions(studio.project(NEW_PROJECT)))
    assert [len(found) for *_, found in predictions] == [1, 1, 1]
    versions = {prediction["model_version"] for *_, found in predictions for prediction in found}
    assert versions == {first.model.version}


def test_a_users_own_bulletins_take_the_place_of_the_bundled_ones() -> None:
    own = [replace(entry, annotation=None) for entry in load_corpus(packaged("annotations/corpus.jsonl"))[:2]]
    assert list(bundled(own).new) == own
    assert len(bundled().new) >= 8
