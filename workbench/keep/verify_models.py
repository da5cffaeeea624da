"""Model folders: the manifest, and every file by its hash."""

from pathlib import Path

from workbench.core.errors import ModelError
from workbench.core.progress import Progress, silent
from workbench.core.workspace import Workspace
from workbench.keep.verify import Verified
from workbench.tag.find import current_model
from workbench.tag.model import MANIFEST, file_hash, read_manifest


def verify_models(workspace: Workspace, found: Verified, *, progress: Progress = silent) -> None:
    """Adds what is wrong with the workspace's models, the current one among them wherever it lies."""
    folders = sorted(path.parent for path in workspace.models.glob(f"*/{MANIFEST}"))
    current = current_model(workspace)
    if current is not None and not (current / MANIFEST).exists():
        found.flaw(
            current,
            "the current model is not there",
            "restore it from a backup, or train another: until then the starter model is used",
        )
    elif current is not None and current.resolve() not in [folder.resolve() for folder in folders]:
        folders.append(current)
    for folder in progress(folders, what="reading models", total=len(folders)):
        found.counts["models"] += 1
        _verify_model(folder, found)


def _verify_model(folder: Path, found: Verified) -> None:
    remedy = "copy the model again, restore it from a backup, or train it again"
    try:
        manifest = read_manifest(folder)
    except ModelError as error:
        found.flaw(folder, str(error), remedy)
        return
    files = dict(manifest.files)
    for measured in manifest.precisions.values():
        files |= measured.files
    for name, expected in files.items():
        found.counts["model_files"] += 1
        try:
            same = file_hash(folder / name) == expected
        except ModelError as error:
            found.flaw(folder / name, str(error), remedy)
            continue
        if not same:
            found.flaw(folder / name, "it is not the file that training wrote: its hash differs", remedy)
