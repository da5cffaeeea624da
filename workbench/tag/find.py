"""Which model is meant: the one named, else the workspace's current one, else the starter that comes along."""

import json
from pathlib import Path

from workbench.core.errors import ModelError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.core.workspace import Workspace, packaged
from workbench.tag.model import MANIFEST

STARTER, CURRENT = "starter", "current"


def find_model(given: str | Path | None, workspace: Workspace) -> Path:
    """The folder of the model to use. Raises ModelError where there is none at all.

    `given` is a folder, or the name of one in the workspace's models/; else "starter" is the model that comes along,
    and "current" is what is used without it: the last model that was trained and accepted here (see set_current), else
    the starter model.
    """
    if given is not None:
        for named in (Path(given), workspace.models / given):
            if named.is_dir():
                return named
        if str(given) == STARTER:
            return packaged("models/starter")
        if str(given) != CURRENT:
            return Path(given)
    for folder in (current_model(workspace), packaged("models/starter")):
        if folder is not None and (folder / MANIFEST).exists():
            return folder
    raise ModelError(
        f"there is no model in {workspace.root} yet; train one with `workbench train --train FILE -o models/first`, "
        "or name one with --model"
    )


def current_model(workspace: Workspace) -> Path | None:
    """The folder of the model that was accepted last, or None."""
    try:
        name = json_value(_mark(workspace).read_text(encoding="utf-8"))["folder"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return workspace.root / str(name)


def set_current(folder: Path, workspace: Workspace) -> None:
    """Makes a model the one that commands use when none is named."""
    folder = folder.resolve()
    # Kept relative where it can be, so that a workspace can be moved.
    name = folder.relative_to(workspace.root) if folder.is_relative_to(workspace.root) else folder
    write_text(_mark(workspace), json.dumps({"folder": name.as_posix()}) + "\n")


def _mark(workspace: Workspace) -> Path:
    return workspace.state / "model.json"
