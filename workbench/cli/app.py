"""The `workbench` command: finds a command's module by its name, and turns failures into one sentence."""

import gc
import importlib
import os
import sys

import click
from click.core import ParameterSource

from workbench import __version__
from workbench.cli.common import json_option
from workbench.cli.defaults import begin_here, defaults_of, settings_table
from workbench.cli.names import with_file_names
from workbench.cli.stopping import leave_stopped, source_of
from workbench.core.errors import WorkbenchError
from workbench.core.workspace import find_workspace

# By what a person wants to do, in the order in which a bulletin meets them. Each name is a module of this package with
# a click command named `command`.
SECTIONS = {
    "Begin": ("status", "init", "demo", "studio", "doctor"),
    "Annotate": ("import", "progress", "pull", "serve", "order", "agreement", "review", "adjudicate", "influence"),
    "Train": ("check", "train", "export", "simulate"),
    "Measure": ("evaluate", "score", "history", "compare", "gate", "report"),
    "Pre-label": ("prelabel", "push", "assist", "bench", "cost"),
    "Event records": ("records", "confirm", "link", "figures"),
    "Corpora and labels": ("schema", "diff", "migrate", "snapshots"),
    "Keep": ("verify", "undo", "backup", "restore", "completion"),
}
COMMANDS = tuple(name for names in SECTIONS.values() for name in names)
# These have no table in workbench.toml: they must answer where it is broken or missing; `schema` names a file there.
WITHOUT_DEFAULTS = ("status", "init", "schema", "completion")


class LazyGroup(click.Group):
    """Imports a command's module only when it is asked for; --help imports the modules, which import nothing heavy."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in working order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command, or None for a name that is none."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"workbench.cli.{name}_" if name == "import" else f"workbench.cli.{name}")
        command = getattr(module, "command")  # noqa: B009 - a module attribute that mypy cannot know
        assert isinstance(command, click.Command)  # noqa: S101 - a programmer's mistake, not a user's
        return with_file_names(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the workspace's defaults (workbench.toml) for the command that was found."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}.{_meant(args[0])}")
        name, command, rest = super().resolve_command(ctx, args)
        # Help and completion answer also where the file is broken.
        asked_only = ctx.resilient_parsing or any(word in ctx.help_option_names for word in rest)
        if name and command and name not in WITHOUT_DEFAULTS and not asked_only:
            here = find_workspace()
            if table := settings_table(here, set(COMMANDS) - set(WITHOUT_DEFAULTS)).get(name):
                ctx.default_map = {name: defaults_of(command, table, name=name, workspace=here)}
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by what a person wants to do, with the first sentence of their help."""
        width = max(map(len, COMMANDS))
        for title, names in SECTIONS.items():
            found = [(name, command) for name in names if (command := self.get_command(ctx, name))]
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(width), command.get_short_help_str(formatter.width)) for name, command in found]
                )


def _meant(name: str) -> str:
    """A guess at the command that was meant, as a sentence; empty where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="workbench")
@json_option
@click.pass_context
def workbench(context: click.Context, as_json: bool) -> None:
    """Turn news bulletins into event records: annotate in Label Studio, train, pre-label, score.

    Without a command it says where you are and what comes next (as `workbench status` does).
    """
    if context.invoked_subcommand is None:
        status = workbench.get_command(context, "status")
        assert status is not None  # noqa: S101 - it is one of COMMANDS
        context.invoke(status, as_json=as_json)
    elif as_json:
        raise click.UsageError(f"--json goes behind the command: workbench {context.invoked_subcommand} --json")


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 input or world wrong, 2 wrong usage, 3 a gate said no, 130 stopped."""
    # Corpora are hundreds of thousands of small values that live to the end: looking for cycles less often is faster.
    gc.set_threshold(100_000)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        # Outside its standalone mode click hands back the status of --help and the like instead of leaving with it.
        status = workbench.main(args=given, prog_name="workbench", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as mistake:
        mistake.show()
        if isinstance(mistake, click.MissingParameter) and (said := begin_here(given)):
            click.echo(said, err=True)
        if source_of(mistake) is ParameterSource.DEFAULT_MAP:
            click.echo("That value is from workbench.toml.", err=True)
        sys.exit(mistake.exit_code)
    except WorkbenchError as error:
        click.echo(f"workbench: {error}", err=True)
        sys.exit(error.exit_status)
    except (KeyboardInterrupt, click.Abort):
        leave_stopped(given)
    except BrokenPipeError:
        # The reader went away (`| head`): nobody is left to tell, and the interpreter must not try at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
