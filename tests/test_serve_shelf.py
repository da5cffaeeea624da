"""Models of training beside the backend: where the next one goes, and which older ones are removed."""

from pathlib import Path

import pytest

from workbench.serve.shelf import clear, next_place
from workbench.tag.model import MANIFEST


def model(models: Path, name: str) -> Path:
    folder = models / name
    (folder / "checkpoint").mkdir(parents=True)
    (folder / "checkpoint" / "model.safetensors").write_bytes(b"weights")
    (folder / MANIFEST).write_text("{}")
    return folder


def names(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir())


def test_the_next_model_comes_after_the_highest_number(tmp_path: Path) -> None:
    assert next_place(tmp_path / "models").name == "page-0001"
    model(tmp_path, "page-0003")
    assert next_place(tmp_path) == tmp_path / "page-0004"
    # Something of another kind is not written over, and a name with more digits counts.
    (tmp_path / "page-9999").mkdir()
    assert next_place(tmp_path).name == "page-10000"


def test_all_but_the_newest_are_removed_and_nothing_else(tmp_path: Path) -> None:
    serving = model(tmp_path, "page-0002")
    for name in ("page-0001", "page-0003", "page-0010", "page-10001", "first", "page-0004-kept", "page-4"):
        model(tmp_path, name)
    (tmp_path / "page-0005").mkdir()  # no model
    assert clear(tmp_path, keep=2, spare=[tmp_path / "." / serving.name]) == ["page-0001", "page-0003"]
    kept = ["first", "page-0002", "page-0004-kept", "page-0005", "page-0010", "page-10001", "page-4"]
    assert names(tmp_path) == kept
    assert clear(tmp_path, keep=2, spare=[serving]) == []
    assert names(tmp_path) == kept
    assert clear(tmp_path / "none", keep=1, spare=[]) == []


def test_a_removal_that_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    model(tmp_path, "page-0002")
    model(tmp_path, ".page-0001.removed")
    assert clear(tmp_path, keep=1, spare=[]) == []
    assert names(tmp_path) == ["page-0002"]


def test_a_folder_that_cannot_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("page-0001", "page-0002"):
        model(tmp_path, name)

    def refuse(self: Path, target: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        clear(tmp_path, keep=1, spare=[])
    assert names(tmp_path) == ["page-0001", "page-0002"]
