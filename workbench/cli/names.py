"""Completion of file and folder names in a shell."""

import click
from click.shell_completion import CompletionItem

from workbench.cli.defaults import is_path


class PathName(click.ParamType[str]):
    """A text that names a file or folder; whether it is there is the command's to say, in its own words."""

    name = "text"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The shell's own completion of file names."""
        return [CompletionItem(incomplete, type="file")]


def with_file_names(command: click.Command) -> click.Command:
    """The command, its parts too, with every plain parameter that takes a path completing file names."""
    for param in command.params:
        if param.type is click.STRING and is_path(param):
            param.type = PathName()
    if isinstance(command, click.Group):
        for part in command.commands.values():
            with_file_names(part)
    return command
