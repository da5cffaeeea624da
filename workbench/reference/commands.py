"""The commands as their own help describes them, and what of them workbench.toml may hold."""

import inspect
import shlex
from collections.abc import Iterator

import click

from workbench.cli.app import COMMANDS, WITHOUT_DEFAULTS, workbench
from workbench.cli.defaults import EVERYWHERE, option_name
from workbench.cli.init import settings_text

_WIDTH = 110


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and every part of one (`studio start`), in working order."""
    context = click.Context(workbench)
    for name in COMMANDS:
        command = workbench.get_command(context, name)
        assert command is not None  # noqa: S101 - it is one of COMMANDS
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {part}", command.commands[part]) for part in sorted(command.commands))


def examples(command: click.Command) -> list[str]:
    """The command lines in a command's help."""
    marked = inspect.cleandoc(command.help or "").split("\b\n")[1:]
    lines = [line.strip() for block in marked for line in block.split("\n\n")[0].splitlines()]
    return [line for line in lines if line.startswith("workbench ")]


def words(line: str) -> list[str]:
    """A command line's words behind `workbench`, up to a pipe, a redirection or an ampersand."""
    found = shlex.split(line)[1:]
    return found[: next((i for i, word in enumerate(found) if word in ("|", "&", ">", "&&")), len(found))]


def pages() -> Iterator[str]:
    """A section for each command: its help, as the terminal shows it."""
    for name, command in all_commands():
        context = click.Context(
            command,
            info_name=f"workbench {name}",
            max_content_width=_WIDTH,
            terminal_width=_WIDTH,
            # As at the command line; a command keeps the help option that it was first asked for.
            help_option_names=workbench.context_settings["help_option_names"],
        )
        yield f"## workbench {name}"
        yield ""
        yield "```text"
        command._help_option = None  # kept from whoever asked first, perhaps without the short name
        yield "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        yield "```"
        yield ""


def settings() -> Iterator[str]:
    """The file that `workbench init` writes, and every key that it may hold."""
    yield "```toml"
    yield settings_text("May 2024", None).rstrip()
    yield "```"
    yield ""
    yield f"At the top: {', '.join(f'`{key}`' for key in EVERYWHERE)}. In the tables:"
    yield ""
    yield "| table | keys |"
    yield "|---|---|"
    for name, command in all_commands():
        if name in WITHOUT_DEFAULTS or isinstance(command, click.Group):
            continue
        keys = sorted(option_name(param) for param in command.params)
        yield f"| `[{name.replace(' ', '.')}]` | {', '.join(f'`{key}`' for key in keys if key != 'json')} |"
