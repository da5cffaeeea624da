"""`workbench figures`."""

import click

from workbench.cli.common import answer, json_option, say


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--policy",
    default="literal",
    show_default=True,
    metavar="NAME",
    help="What vague counts are worth: literal, acled, isaf, or a TOML file of your own.",
)
@json_option
def command(text: tuple[str, ...], policy: str, as_json: bool) -> None:
    """Show the normal form of a figure phrase.

    The first figure of the text counts; a text without one is an error, so that no number is made up.

    \b
    Examples:
      workbench figures "at least six"
      workbench figures --json --policy acled "dozens"
    """
    from workbench.core.errors import InputError
    from workbench.figure.grammar import figures_in, normal_form
    from workbench.figure.policy import load_policy

    phrase, chosen = " ".join(text), load_policy(policy)
    figure = normal_form(phrase, policy=chosen)
    try:
        more = sum(1 for _ in figures_in(phrase, policy=chosen)) - 1
    except InputError as error:
        say(f"the first figure is shown; behind it: {error}")
        more = 0
    if more:
        say(f"the first figure is shown; the text holds {more} more")
    answer(
        figure.row(),
        as_json=as_json,
        lines=[f"{name:<10} {'–' if value is None else value}" for name, value in figure.row().items()],
    )
