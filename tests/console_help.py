"""Command blocks of Markdown pages, and whether the real command line would take them."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click

from workbench.cli.app import workbench
from workbench.cli.defaults import defaults_of
from workbench.cli.init import settings_text
from workbench.core.workspace import Workspace
from workbench.reference.commands import words

_BLOCK = re.compile(r"(?ms)^```(?P<language>\w+)\n(?P<body>.*?)^```$")


def blocks(page: Path, language: str) -> list[str]:
    """The page's fenced blocks of a language, in order."""
    return [
        found["body"] for found in _BLOCK.finditer(page.read_text(encoding="utf-8")) if found["language"] == language
    ]


def commands(block: str) -> list[str]:
    """The lines of a console block that are commands: no comments, no blanks."""
    lines = [line.split("   #")[0].strip() for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def parse(line: str, *, settled: tuple[str, ...] = ()) -> list[str]:
    """The names of the commands that a `workbench …` line calls. Raises click's UsageError where it would not run.

    `settled` names the commands whose tables are in the workbench.toml that `workbench init` writes.
    """
    given, names = words(line), list[str]()
    context = click.Context(workbench)
    group: click.Command = workbench
    while isinstance(group, click.Group) and given:
        name, found, given = click.Group.resolve_command(group, context, given)
        assert name is not None
        assert found is not None
        names.append(name)
        if isinstance(found, click.Group):
            context, group = click.Context(found, parent=context, info_name=name), found
            continue
        defaults = _begun(found, name) if name in settled else None
        with found.make_context(name, list(given), parent=context, default_map=defaults):
            break
    return names


def is_workbench(line: str) -> bool:
    """Whether the line calls the workbench."""
    return shlex.split(line)[0] == "workbench"


def _begun(command: click.Command, name: str) -> dict[str, Any]:
    """The command's defaults in the file that a workspace begins with."""
    here = Workspace(Path.cwd())
    return defaults_of(command, tomllib.loads(settings_text("x", None))[name], name=name, workspace=here)
