"""A client that keeps whatever it is about to replace on the server, so that `workbench undo` can put it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.deeds import Deed
from workbench.core.schema import Schema
from workbench.studio.client import Studio
from workbench.studio.labeling import labeling_config
from workbench.studio.project import Project
from workbench.studio.stored import ANNOTATION, PREDICTION, project_values, send

PROJECT, REMOVED = "project", "removed prediction"


class RememberingStudio(Studio):
    """A Studio whose replacing calls note what was there in `deed` first: one more request for each."""

    def __init__(self, url: str, token: str, *, deed: Deed) -> None:
        super().__init__(url, token)
        self.deed = deed

    def replace_prediction(self, number: int, prediction: Mapping[str, Any]) -> None:
        """As Studio.replace_prediction."""
        before = prediction_now(self, number)
        after = {"result": prediction["result"], "score": prediction.get("score")}
        self.deed.note(PREDICTION, number, before, after)
        super().replace_prediction(number, prediction)

    def remove_prediction(self, number: int) -> None:
        """As Studio.remove_prediction."""
        raw = send(self, "read a prediction", "GET", f"api/predictions/{number}/", None)
        kept = {name: raw.get(name) for name in ("task", "model_version", "score", "result")}
        self.deed.note(REMOVED, number, kept, None)
        super().remove_prediction(number)

    def replace_annotation(self, number: int, result: Sequence[Mapping[str, Any]]) -> None:
        """As Studio.replace_annotation."""
        self.deed.note(ANNOTATION, number, annotation_now(self, number), list(result))
        super().replace_annotation(number, result)

    def set_config(self, project: Project, schema: Schema) -> Project:
        """As Studio.set_config."""
        values = project_values(self, project)
        before = {"label_config": values["label_config"], "created_at": values["created_at"]}
        self.deed.note(PROJECT, project.id, before, {"label_config": labeling_config(schema)})
        return super().set_config(project, schema)


def prediction_now(studio: Studio, number: int) -> dict[str, Any]:
    """Result and score of a prediction."""
    raw = send(studio, "read a prediction", "GET", f"api/predictions/{number}/", None)
    return {"result": raw.get("result"), "score": raw.get("score")}


def annotation_now(studio: Studio, number: int) -> Any:
    """The result of an annotation."""
    return send(studio, "read an annotation", "GET", f"api/annotations/{number}/", None).get("result")
