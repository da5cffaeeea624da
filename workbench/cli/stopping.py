"""What is said when a person stops a command with Ctrl-C."""

import shlex
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

# What a stop leaves of the commands that go on where they were; of all others nothing half-written is left.
_KEPT = {
    "demo": "each step that was done is kept",
    "import": "what was imported is kept, and not sent twice",
    "train": "the epochs that were finished are kept",
    "prelabel": "what was labelled is kept",
    "assist": "the answers that came are kept, and not asked for again",
    "push": "what was sent is kept, and not sent twice",
    "adjudicate": "what was sent is kept, and not sent twice",
    "review": "what was sent is kept, and not sent twice",
}


def leave_stopped(arguments: Sequence[str]) -> NoReturn:
    """Says what is kept and the command that goes on, and exits with 130 as the shell expects of a stop."""
    # An impatient second Ctrl-C must not end in a traceback while the interpreter puts things away.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kept = _KEPT.get(arguments[0] if arguments else "")
    said = f"stopped; {kept}. To go on" if kept else "stopped; nothing half-written is left. To do it again"
    click.echo(f"workbench: {said}: {shlex.join(['workbench', *arguments])}", err=True)
    sys.exit(130)


def source_of(mistake: click.ClickException) -> object:
    """Where the value came from that was wrong, as click knows it; None where it does not."""
    if not isinstance(mistake, click.BadParameter) or mistake.ctx is None or mistake.param is None:
        return None
    return mistake.ctx.get_parameter_source(str(mistake.param.name))
