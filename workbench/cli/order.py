"""`workbench order`: which bulletins are worth an annotator's time next."""

import click

from workbench.cli.common import (
    answer,
    json_option,
    model_option,
    progress,
    project_option,
    project_or_default,
    say_replaced,
    workspace,
)


@click.command()
@project_option
@model_option
@click.option(
    "--strategy",
    default="least_confidence",
    show_default=True,
    metavar="NAME",
    help="least_confidence, margin, entropy or label_deficit.",
)
@click.option("--corpus", multiple=True, metavar="FILE", help="Annotated corpus whose labels count as seen.")
@click.option("--copies", is_flag=True, help="Do not set near-copies of a bulletin back behind the first of them.")
@json_option
def command(
    project: str | None, model: str | None, strategy: str, corpus: tuple[str, ...], copies: bool, as_json: bool
) -> None:
    """Order a project's unlabelled tasks by what the model would learn from them (active learning).

    The order is that of the tab "Least sure first" and of the button that hands out the next task. Run it again after
    a training run.

    \b
    Example:
      workbench order --project "May 2024" --strategy entropy
    """
    from workbench.active.order import order_project
    from workbench.core.corpus import load_corpus
    from workbench.studio.connect import connect_remembering
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model

    here = workspace()
    title = project_or_default(project, here)
    loaded = load_model(find_model(model, here))
    with connect_remembering(here, "order") as studio:
        done = order_project(
            studio,
            title,
            model=loaded,
            strategy=strategy,
            corpora=[entry for path in corpus for entry in load_corpus(path)],
            diverse=not copies,
            progress=progress,
        )
    say_replaced(studio.deed, "scores of predictions were")
    value = {
        "project": title,
        "strategy": strategy,
        "model_version": loaded.version,
        "tasks": list(done.tasks),
        "set_back": done.set_back,
        "added": done.added,
        "changed": done.changed,
    }
    line = f"{len(done.tasks)} unlabelled tasks of {title!r} are in the order of {strategy} by {loaded.version}"
    more = f"; {done.set_back} near-copies stand behind" if done.set_back else ""
    answer(value, as_json=as_json, lines=[line + more])
