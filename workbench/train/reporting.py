"""Where else a training run may report to: the integrations of Hugging Face's Trainer (MLflow, TensorBoard, …)."""

from workbench.core.errors import InputError


def integrations(asked: str) -> list[str]:
    """The names of a setting such as "none", "mlflow" or "mlflow,tensorboard", as the Trainer takes them.

    Raises InputError for a name that is none of the Trainer's, or one whose library is not installed; asked before
    the run begins, so that nothing is trained in vain.
    """
    names = [name.strip().lower() for name in asked.split(",") if name.strip()]
    if names in ([], ["none"]):
        return []
    from transformers.integrations import get_available_reporting_integrations
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    known = sorted(INTEGRATION_TO_CALLBACK)
    for name in names:
        if name not in known:
            raise InputError(
                f"the setting report_to names {name!r}, which is no integration of the Trainer; there are none, "
                f"{', '.join(known)}"
            )
        if name not in get_available_reporting_integrations():
            raise InputError(
                f"the setting report_to asks for {name}, whose library is not installed: pip install {name}, "
                "or leave the setting at none"
            )
    return names
