"""Where a training run may report to, beside its own messages."""

from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.core.schema import schema_of_labels
from workbench.train.reporting import integrations
from workbench.train.run import train_model
from workbench.train.settings import TrainingSettings, settings_from

pytest.importorskip("transformers", reason="the training libraries are not installed (pip install 'workbench[train]')")


@pytest.mark.parametrize("asked", ["none", "", " None "])
def test_by_default_nobody_else_is_told(asked: str) -> None:
    assert TrainingSettings().report_to == "none"
    assert integrations(asked) == []


@pytest.mark.slow
def test_a_made_up_integration_is_said_before_anything_is_trained(tmp_path: Path) -> None:
    settings = settings_from({"report_to": "mlflwo"})
    with pytest.raises(InputError, match=r"report_to names 'mlflwo', which is no integration .* mlflow, ") as raised:
        train_model((), schema=schema_of_labels("A"), settings=settings, folder=tmp_path / "m", cache=tmp_path)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.integrations.get_available_reporting_integrations", lambda: ["tensorboard"])
    assert integrations("tensorboard") == ["tensorboard"]
    with pytest.raises(InputError, match="asks for mlflow, whose library is not installed: pip install mlflow"):
        integrations("tensorboard, MLflow")
