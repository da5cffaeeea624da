"""Everything of a workspace and its projects in one file, and back: see archive for its form.

files/…              the workspace's own, by their paths in it (the state as files/state/…)
projects/0/…         project.json (settings and views), tasks.jsonl (a task a line)
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from workbench import __version__
from workbench.core.errors import InputError, StudioError
from workbench.core.files import open_text, write_text
from workbench.core.parse import json_value
from workbench.core.progress import Progress, silent
from workbench.core.workspace import Workspace
from workbench.keep.archive import Writer, extract, writing
from workbench.keep.contents import consistent_copy, files_to_keep, is_database
from workbench.studio.client import Studio
from workbench.studio.project import Project
from workbench.studio.restoring import Kept, Person, Restored, begin_project, people_of, restore_project
from workbench.studio.saving import SavedTask, saved_settings, saved_task, saved_tasks, saved_views

_FILES, _STATE, _PROJECTS = "files", "state", "projects"


@dataclass(frozen=True)
class BackedUp:
    """What went into a backup: files, and tasks by project."""

    files: int
    projects: dict[str, int]
    size: int


@dataclass(frozen=True)
class Unpacked:
    """What came out of a backup: files written and files that were there already, and the projects."""

    written: int
    same: int
    projects: tuple[Restored, ...]


def backup(
    workspace: Workspace,
    target: Path,
    *,
    studio: Studio | None,
    projects: Sequence[str] = (),
    progress: Progress = silent,
) -> BackedUp:
    """Writes the backup, whole or not at all; without `studio` no project, without `projects` all of the server's.

    Raises InputError and StudioError; nothing is written then.
    """
    found = (
        [studio.project(title) for title in projects] if studio and projects else studio.projects() if studio else []
    )
    tasks: dict[str, int] = {}
    about = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "workbench": __version__,
        "label_studio": studio.version() if studio else None,
        "projects": [project.title for project in found],
    }
    with writing(target, about) as writer, tempfile.TemporaryDirectory() as scratch:
        paths = [path for path in files_to_keep(workspace) if path.resolve() != target.resolve()]
        for path in progress(paths, what="keeping files", total=len(paths)):
            _add(writer, workspace, path, Path(scratch))
        for number, project in enumerate(found):
            assert studio is not None  # noqa: S101 - projects come from it
            tasks[project.title] = _add_project(writer, studio, project, number, Path(scratch), progress)
    return BackedUp(len(paths), tasks, target.stat().st_size)


def restore(
    workspace: Workspace,
    source: Path,
    *,
    studio: Studio | None,
    person: Person,
    progress: Progress = silent,
) -> Unpacked:
    """Unpacks and checks a backup, puts its files into the workspace, and makes its projects on the server.

    Nothing that is there is overwritten: files that are the same are left, and a file or a project that is another
    is refused before anything is changed. A run that was stopped is completed by the same command.
    """
    workspace.state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.state, prefix="restore-") as folder:
        staging = Path(folder)
        manifest = extract(source, staging)
        mark = workspace.state / f"restoring-{_identity(manifest)}.json"
        pairs = list(_pairs(workspace, staging))
        _refuse_others(pairs)
        kept = [_kept(path) for path in sorted((staging / _PROJECTS).glob("*"))] if studio else []
        begun = _begun(mark)
        if studio is not None:
            _refuse_projects(studio, kept, begun)
        written = sum(_place(new, target) for new, target in pairs)
        restored = []
        for each in kept:
            assert studio is not None  # noqa: S101 - kept is empty without
            for name in sorted(people_of(each)):
                person(name)  # makes the user where it can
            project = _project(studio, each, begun, mark)
            restored.append(restore_project(studio, project, each, person=person, progress=progress))
        mark.unlink(missing_ok=True)
        return Unpacked(written, len(pairs) - written, tuple(restored))


def _add(writer: Writer, workspace: Workspace, path: Path, scratch: Path) -> None:
    inside = path.is_relative_to(workspace.state)
    name = f"{_STATE}/{path.relative_to(workspace.state)}" if inside else str(path.relative_to(workspace.root))
    if is_database(path):
        copy = scratch / "database"
        copy.unlink(missing_ok=True)
        consistent_copy(path, copy)
        path = copy
    writer.add(f"{_FILES}/{name}", path)


def _add_project(
    writer: Writer, studio: Studio, project: Project, number: int, scratch: Path, progress: Progress
) -> int:
    """Adds a project and returns how many tasks it has."""
    rows = scratch / "tasks.jsonl"
    ids = studio.task_ids(project)
    count = 0
    with rows.open("w", encoding="utf-8") as file:
        for task in progress(saved_tasks(studio, project, ids), what=f"keeping {project.title}", total=len(ids)):
            file.write(json.dumps(task.row()) + "\n")
            count += 1
    table = {"settings": saved_settings(studio, project), "views": saved_views(studio, project), "tasks": count}
    writer.add_text(f"{_PROJECTS}/{number}/project.json", json.dumps(table, ensure_ascii=False, indent=1) + "\n")
    writer.add(f"{_PROJECTS}/{number}/tasks.jsonl", rows)
    return count


def _pairs(workspace: Workspace, staging: Path) -> Iterator[tuple[Path, Path]]:
    """Each file that was unpacked, and where it belongs."""
    files = staging / _FILES
    for path in sorted(files.rglob("*")):
        if path.is_file():
            name = path.relative_to(files)
            state = name.parts[0] == _STATE
            yield path, workspace.state.joinpath(*name.parts[1:]) if state else workspace.root / name


def _refuse_others(pairs: list[tuple[Path, Path]]) -> None:
    """Raises InputError where a file of another content is in the way, or a link that leads elsewhere."""
    others = [target for new, target in pairs if target.exists() and not _same(new, target)]
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise InputError(
            f"{others[0]}{more} is there already and is another one than in the backup; nothing was changed: restore "
            "into an empty folder (make one, and run the command there)"
        )


def _refuse_projects(studio: Studio, kept: Sequence[Kept], begun: dict[str, int]) -> None:
    """Raises StudioError where a project of the same title is there that this restoring did not make."""
    for each in kept:
        there = studio.find_project(each.title)
        if there is not None and there.id != begun.get(each.title) and there.tasks:
            raise StudioError(
                f"Label Studio at {studio.url} has a project {each.title!r} already; nothing was changed: rename or "
                "delete that one, or restore the files alone with --no-projects"
            )


def _project(studio: Studio, kept: Kept, begun: dict[str, int], mark: Path) -> Project:
    """The project to fill: the one that a stopped run began, an empty one of its title, else a new one."""
    project = studio.find_project(kept.title) or begin_project(studio, kept)
    begun[kept.title] = project.id
    write_text(mark, json.dumps(begun) + "\n")
    return project


def _place(new: Path, target: Path) -> bool:
    """Moves a file to where it belongs; false where it is there already."""
    if target.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    if "snapshots" in target.parts and target.name != "index.jsonl":
        new.chmod(0o444)
    os.replace(new, target)
    return True


def _kept(folder: Path) -> Kept:
    """A project of the backup. Raises InputError where it cannot be read."""
    try:
        table: dict[str, Any] = json_value((folder / "project.json").read_text(encoding="utf-8"))
        return Kept(dict(table["settings"]), [dict(view) for view in table["views"]], _reader(folder / "tasks.jsonl"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"the backup's {folder.name} is no project ({error}); it was written by something else"
        ) from None


def _reader(path: Path) -> Callable[[], Iterator[SavedTask]]:
    return partial(_read_tasks, path)


def _read_tasks(path: Path) -> Iterator[SavedTask]:
    with open_text(path) as lines:
        for line in lines:
            yield saved_task(json_value(line))


def _begun(mark: Path) -> dict[str, int]:
    try:
        return {str(title): int(number) for title, number in json_value(mark.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _identity(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:12]


def _same(one: Path, other: Path) -> bool:
    import filecmp

    return other.is_file() and not other.is_symlink() and filecmp.cmp(one, other, shallow=False)
