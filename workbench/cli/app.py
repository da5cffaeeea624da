"""The `workbench` command: finds a command's module by its name, and turns failures into one sentence."""

import gc
import importlib
import os
import sys

import click

from workbench import __version__
from workbench.core.errors import WorkbenchError

# In the order in which a bulletin meets them. Each is a module of this package with a function of the same name.
COMMANDS = (
    "demo",
    "studio",
    "serve",
    "order",
    "simulate",
    "doctor",
    "import",
    "pull",
    "snapshots",
    "check",
    "schema",
    "diff",
    "migrate",
    "train",
    "export",
    "prelabel",
    "bench",
    "cost",
    "assist",
    "push",
    "score",
    "evaluate",
    "history",
    "compare",
    "gate",
    "agreement",
    "review",
    "adjudicate",
    "influence",
    "figures",
    "link",
    "records",
    "confirm",
    "report",
    "verify",
    "undo",
    "backup",
    "restore",
)


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
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="workbench")
def workbench() -> None:
    """Turn news bulletins into event records: annotate in Label Studio, train, pre-label, score."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 input or world wrong, 2 wrong usage, 3 a gate said no, 130 stopped."""
    # Corpora are hundreds of thousands of small values that live to the end: looking for cycles less often is faster.
    gc.set_threshold(100_000)
    try:
        # Outside its standalone mode click hands back the status of --help and the like instead of leaving with it.
        status = workbench.main(args=arguments, prog_name="workbench", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as mistake:
        mistake.show()
        sys.exit(mistake.exit_code)
    except WorkbenchError as error:
        click.echo(f"workbench: {error}", err=True)
        sys.exit(error.exit_status)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nworkbench: stopped; what was done is kept, run the same command again to go on", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader went away (`| head`): nobody is left to tell, and the interpreter must not try at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
