"""`workbench completion`."""

import click

_LINES = {
    "bash": 'eval "$(workbench completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(workbench completion zsh)"   in ~/.zshrc, after compinit',
    "fish": "workbench completion fish > ~/.config/fish/completions/workbench.fish",
}


@click.command(
    epilog="\b\nWhere it goes:\n" + "\n".join(f"  {line}" for line in _LINES.values()),
)
@click.argument("shell", type=click.Choice(list(_LINES)))
def command(shell: str) -> None:
    """Print what lets a shell complete commands and options.

    \b
    Example:
      workbench completion bash
    """
    from click.shell_completion import get_completion_class

    from workbench.cli.app import workbench

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click knows these three
    click.echo(found(workbench, {}, "workbench", "_WORKBENCH_COMPLETE").source())
