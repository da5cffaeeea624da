"""`workbench push`: predictions into Label Studio."""

import click

from workbench.cli.common import (
    alone_in,
    answer,
    json_option,
    progress,
    project_option,
    project_or_default,
    say,
    say_replaced,
    schema_option,
    workspace,
)


@click.command()
@click.argument("file", metavar="FILE")
@project_option
@schema_option
@json_option
def command(file: str, project: str | None, schema_path: str | None, as_json: bool) -> None:
    """Push a corpus file's labels into a project as predictions.

    Tasks are matched by their content.

    \b
    Example:
      workbench push predicted.jsonl --project "May 2024"
    """
    from workbench.core.corpus import read_corpus
    from workbench.studio.connect import connect_remembering
    from workbench.studio.pushing import push

    here = workspace()
    title = project_or_default(project, here)
    with alone_in(title, here), connect_remembering(here, "push") as studio:
        done = push(studio, read_corpus(file), title, here.schema(schema_path), progress=progress)
    say_replaced(studio.deed, "predictions of the same model version were")
    if done.missing:
        named = ", ".join(done.missing[:5]) + (f" and {len(done.missing) - 5} more" if len(done.missing) > 5 else "")
        say(f"{len(done.missing)} bulletins are not in {title!r} ({named}); bring them in with `workbench import`")
    if done.unlabelled:
        say(f"{done.unlabelled} rows carry no labels and were left out")
    if done.blind:
        say(f"{done.blind} bulletins belong to the blind share and got no suggestions")
    value = {
        "project": title,
        "added": done.added,
        "replaced": done.replaced,
        "already_there": done.same,
        "missing": list(done.missing),
        "unlabelled": done.unlabelled,
        "blind": done.blind,
        "model_versions": list(done.versions),
    }
    line = f"{done.added} predictions added, {done.replaced} replaced, {done.same} already there"
    answer(value, as_json=as_json, lines=[line])
