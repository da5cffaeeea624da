"""workbench.toml on the command line: its tables stand in for options that are not given."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from workbench.core.errors import InputError
from workbench.core.workspace import Workspace, find_workspace

# Keys at the top of the file that are no command's: they hold for every command.
EVERYWHERE = ("project", "schema")
# The commands that the file which `workbench init` writes has a table for.
BEGUN = ("import", "pull", "train", "prelabel")
_PATHS = ("FILE", "DIR", "PATH", "GOLD", "PREDICTED")


def settings_table(workspace: Workspace, commands: Iterable[str]) -> dict[str, Any]:
    """The file's tables. Raises InputError for a table that is no command, or a key that stands outside of one."""
    known = [*EVERYWHERE, *commands]
    where = str(workspace.settings_file)
    for name, value in workspace.settings.items():
        if name not in known:
            raise _unknown(where, name, known, what="commands and settings")
        if name in EVERYWHERE and not isinstance(value, str):
            raise InputError(f'{where} has {name} = {value!r}; expected a text, such as {name} = "May 2024"')
        if name not in EVERYWHERE and not isinstance(value, dict):
            raise InputError(f"{where} has {name} = {value!r}; expected a table: [{name}] and its options below")
    return workspace.settings


def defaults_of(command: click.Command, table: Mapping[str, Any], *, name: str, workspace: Workspace) -> dict[str, Any]:
    """A command's table as click's default_map: options by their long names become parameters, paths the workspace's.

    Raises InputError for a key that is no option of the command, naming those that are.
    """
    if isinstance(command, click.Group):
        return _of_group(command, table, name=name, workspace=workspace)
    known = {option_name(param): param for param in command.params}
    found: dict[str, Any] = {}
    for key, value in table.items():
        param = known.get(key.replace("_", "-"))
        if param is None or param.name is None:
            raise _unknown(f"{workspace.settings_file} [{name}]", key, known, what=f"options of `workbench {name}`")
        found[param.name] = _fitting(param, value, workspace)
    return found


def begin_here(given: Sequence[str]) -> str:
    """What somebody is told who left out what workbench.toml would have filled in, in a folder that has none; else
    nothing."""
    here = find_workspace()
    if not given or given[0] not in BEGUN or here.settings_file.exists():
        return ""
    return (
        f"There is no {here.settings_file.name} in {Path.cwd()} or above it, whose defaults `workbench {given[0]}` "
        "would take: go to the folder that has one, or write one with `workbench init`."
    )


def _of_group(group: click.Group, table: Mapping[str, Any], *, name: str, workspace: Workspace) -> dict[str, Any]:
    for key in table:
        if key not in group.commands:
            raise _unknown(f"{workspace.settings_file} [{name}]", key, group.commands, what=f"parts of {name}")
    return {
        key: defaults_of(group.commands[key], part, name=f"{name}.{key}", workspace=workspace)
        for key, part in table.items()
    }


def option_name(param: click.Parameter) -> str:
    """What the file calls a parameter: its long option without dashes; an argument by its own name."""
    if isinstance(param, click.Argument):
        return str(param.name)
    return max(param.opts, key=len).lstrip("-")


def _fitting(param: click.Parameter, value: Any, workspace: Workspace) -> Any:
    """The value in the form that click expects; a path in the file starts from the file's own folder."""
    many = param.nargs == -1 or param.multiple
    values = [_path(param, item, workspace) for item in (value if isinstance(value, list) else [value])]
    return values if many else values[0] if len(values) == 1 else value


def _path(param: click.Parameter, value: Any, workspace: Workspace) -> Any:
    if not is_path(param) or not isinstance(value, str) or workspace.root == Path.cwd():
        return value
    from_root = workspace.root / value
    # The name of a model ("starter", or one of models/) is no path.
    return value if param.name == "model" and not from_root.is_dir() else str(from_root)


def is_path(param: click.Parameter) -> bool:
    """Whether a parameter takes a file or folder, which its placeholder in the help says."""
    return (param.metavar or "").split(" ")[0].rstrip(".…") in _PATHS


def _unknown(where: str, name: str, known: Iterable[str], *, what: str) -> InputError:
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return InputError(f"{where} has {name!r}, which is unknown; {meant}{what}: {', '.join(names)}")
