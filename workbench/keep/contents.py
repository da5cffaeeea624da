"""What of a workspace goes into a backup: annotations, models, settings and history; never a password or a token."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.parse import read_toml
from workbench.core.workspace import Workspace

SETTINGS = "workbench.toml"
# Of the state only what cannot be made again. Accounts, credentials and the server's own database are none of it.
STATE = ("history.sqlite3", "model.json", "assist")
_SECRET = re.compile(r"(?i)(?:^|[_-])(?:api[_-]?key|key|password|passwd|secret|token)$")
# An address with a password in it.
_LOGIN = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def files_to_keep(workspace: Workspace) -> Iterator[Path]:
    """The files, sorted; nothing behind a link, and nothing unfinished (a name with a dot before it)."""
    for folder in (workspace.annotations, workspace.models):
        yield from _files(folder)
    settings = workspace.root / SETTINGS
    if settings.is_file() and not secrets_in(settings):
        yield settings
    for name in STATE:
        path = workspace.state / name
        yield from _files(path) if path.is_dir() else ([path] if path.is_file() else [])


def secrets_in(settings: Path) -> list[str]:
    """Names in the settings whose values look like passwords; such a file is not kept."""
    if not settings.is_file():
        return []
    return list(_secret_names(read_toml(settings), ""))


def consistent_copy(database: Path, target: Path) -> None:
    """A copy of a database that others may be writing to. Raises InputError where it is damaged."""
    try:
        with (
            closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error as error:
        raise InputError(f"{database} is damaged ({error}); `workbench verify` says more") from None


def is_database(path: Path) -> bool:
    """Whether a file is copied as a database."""
    return path.suffix in (".sqlite", ".sqlite3")


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for item in sorted(folder.iterdir()):
        if item.is_symlink() or item.name.startswith("."):
            continue
        if item.is_dir():
            yield from _files(item)
        elif item.is_file():
            yield item


def _secret_names(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _secret_names(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_names(inner, name)
    elif isinstance(value, str) and value and (_SECRET.search(name.rpartition(".")[2]) or _LOGIN.search(value)):
        yield name
