"""Puts back what a command replaced (see core.deeds); what somebody changed since is left as it is."""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.deeds import FOLDER, KeptDeed, Row
from workbench.core.progress import Progress, silent
from workbench.studio.calls import CallError
from workbench.studio.client import Studio
from workbench.studio.project import Project
from workbench.studio.remembering import PROJECT, REMOVED, annotation_now, prediction_now
from workbench.studio.stored import ANNOTATION, PREDICTION, project_values, send, set_values

KINDS = {
    PREDICTION: "predictions",
    REMOVED: "removed predictions",
    ANNOTATION: "annotations",
    PROJECT: "labelling pages",
    FOLDER: "folders",
}


@dataclass(frozen=True)
class Undone:
    """How many things were put back, were back already, and were left since somebody changed or deleted them."""

    back: int
    already: int
    left: int


def kinds_of(deed: KeptDeed) -> Counter[str]:
    """How many things of each kind it replaced, by the words of KINDS."""
    return Counter(KINDS.get(row.kind, row.kind) for row in deed.rows())


def needs_studio(deed: KeptDeed) -> bool:
    """Whether something of the server is among them."""
    return any(row.kind != FOLDER for row in deed.rows())


def undo_deed(deed: KeptDeed, studio: Studio | None, *, progress: Progress = silent) -> Undone:
    """Puts everything back, the last first. Stopped, it is completed by being run again."""
    counts: Counter[str] = Counter()
    rows = list(deed.rows())
    for row in progress(reversed(rows), what="putting back", total=len(rows)):
        counts[_folder_back(deed, Path(row.name)) if row.kind == FOLDER else _value_back(row, studio)] += 1
    deed.mark()
    return Undone(counts["back"], counts["already"], counts["left"])


def _value_back(row: Row, studio: Studio | None) -> str:
    assert studio is not None  # noqa: S101 - the caller asked needs_studio
    try:
        if row.kind == PROJECT:
            return _page_back(row, studio)
        if row.kind == REMOVED:
            return _prediction_again(row, studio)
        now = prediction_now(studio, row.name) if row.kind == PREDICTION else annotation_now(studio, row.name)
    except CallError as error:
        if error.status != 404:
            raise
        return "left"
    if now == row.before:
        return "already"
    if now != row.after:
        return "left"
    if row.kind == PREDICTION:
        send(studio, "put a prediction back", "PATCH", f"api/predictions/{row.name}/", row.before)
    else:
        send(studio, "put an annotation back", "PATCH", f"api/annotations/{row.name}/", {"result": row.before})
    return "back"


def _page_back(row: Row, studio: Studio) -> str:
    project = Project(int(row.name), "", 0, "")
    values = project_values(studio, project)
    if values["created_at"] != row.before["created_at"]:
        return "left"  # another server's project of the same number
    if values["label_config"] == row.before["label_config"]:
        return "already"
    set_values(studio, project, {"label_config": row.before["label_config"]})
    return "back"


def _prediction_again(row: Row, studio: Studio) -> str:
    """Adds a prediction that was removed; it gets another number."""
    there = send(studio, "read a task's predictions", "GET", f"api/predictions/?task={row.before['task']}", None)
    said = [{name: each.get(name) for name in row.before} for each in there]
    if row.before in said:
        return "already"
    send(studio, "add a prediction", "POST", "api/predictions/", row.before, again=False)
    return "back"


def _folder_back(deed: KeptDeed, folder: Path) -> str:
    """Puts the kept folder in the place of the present one, which goes to where the kept one was."""
    kept, newer = deed.folder / FOLDER, deed.folder / "newer"
    if not kept.exists():
        return "already"
    if folder.exists() and not newer.exists():
        shutil.move(folder, newer)
    shutil.move(kept, folder)
    return "back"


def value_of(undone: Undone) -> dict[str, Any]:
    """Plain data for --json."""
    return {"put_back": undone.back, "were_back_already": undone.already, "left_since_changed": undone.left}
