"""`workbench undo`: what a command replaced, put back."""

from contextlib import ExitStack

import click

from workbench.cli.common import agreed, answer, json_option, progress, table, workspace, yes_option


@click.command()
@click.argument("number", required=False, type=int, metavar="[NUMBER]")
@yes_option
@json_option
def command(number: int | None, yes: bool, as_json: bool) -> None:
    """Take back what a command replaced.

    Without NUMBER: list what can be taken back.

    Predictions, ground truths and labelling pages that were replaced in Label Studio, and models that a training run
    replaced. What somebody changed since is left as it is. Changes of labels are undone by `workbench migrate --undo`,
    overwritten corpora by `workbench snapshots restore`.

    \b
    Examples:
      workbench undo
      workbench undo 7 --yes
    """
    from workbench.core.deeds import deed_numbered, kept_deeds
    from workbench.keep.undo import kinds_of, needs_studio, undo_deed, value_of
    from workbench.studio.connect import connect

    here = workspace()
    if number is None:
        deeds = [deed for deed in kept_deeds(here.undo) if not deed.undone]
        said = [", ".join(f"{n} {kind}" for kind, n in kinds_of(deed).items()) for deed in deeds]
        rows = [(deed.number, deed.made[:16], deed.command, what) for deed, what in zip(deeds, said, strict=True)]
        value = {
            "deeds": [{"number": d.number, "made": d.made, "command": d.command, **kinds_of(d)} for d in deeds],
        }
        lines = table(("number", "UTC", "command", "replaced"), rows) if deeds else ["nothing is there to take back"]
        answer(value, as_json=as_json, lines=lines)
        return
    deed = deed_numbered(here.undo, number)
    what = ", ".join(f"{n} {kind}" for kind, n in kinds_of(deed).items())
    agreed(f"Put back what `workbench {deed.command}` of {deed.made[:16]} replaced ({what})?", yes=yes)
    with ExitStack() as stack:
        studio = stack.enter_context(connect(here)) if needs_studio(deed) else None
        done = undo_deed(deed, studio, progress=progress)
    line = f"{done.back} put back" + (f", {done.already} were back already" if done.already else "")
    left = f"; {done.left} left as they are: changed or deleted since" if done.left else ""
    answer(value_of(done), as_json=as_json, lines=[line + left])
