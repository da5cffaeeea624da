"""What `workbench train` says beside the scores: which model is in force, and what an F1 on dev is worth."""

from workbench.cli.import_ import _predictor
from workbench.cli.train import _closing
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.workspace import find_workspace


def entries(*assisted: bool) -> list[Entry]:
    return [Entry(Document(f"b-{i}", f"Text {i}."), Annotation(assisted=each)) for i, each in enumerate(assisted)]


def test_f1_on_bulletins_that_began_as_suggestions_is_said_to_flatter() -> None:
    [warning, force] = _closing(entries(True, False, True), candidate=False)
    assert warning.startswith("F1 on dev flatters: 2 of 3 bulletins were annotated from suggestions.")
    assert "workbench evaluate --data FILE" in warning
    assert force == "It is the current model from now on."


def test_a_candidate_is_not_in_force() -> None:
    assert list(_closing(entries(False), candidate=True)) == ["The model in force stays the one before."]


def test_no_model_can_be_asked_for_against_the_default_of_a_workspace() -> None:
    assert _predictor("none", find_workspace()) is None
