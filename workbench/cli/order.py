"""`workbench order`: which bulletins are worth an annotator's time next."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.common import (
    answer,
    json_option,
    page_rules_options,
    progress,
    project_option,
    project_or_default,
    say_replaced,
    workspace,
)

if TYPE_CHECKING:
    from workbench.tag.rules import Joiner


@click.command()
@project_option
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="DIR",
    help="Model folder; else the newest accepted, else the starter. Give it again for each member of a committee.",
)
@click.option(
    "--strategy",
    default="least_confidence",
    show_default=True,
    metavar="NAME",
    help="least_confidence, margin, entropy or label_deficit; of two models or more also vote_entropy or kl_to_mean.",
)
@click.option("--corpus", multiple=True, metavar="FILE", help="Annotated corpus whose labels count as seen.")
@click.option("--copies", is_flag=True, help="Do not set near-copies of a bulletin back behind the first of them.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="Only order the N tasks that come first now: a large project takes minutes instead of hours.",
)
@page_rules_options
@json_option
def command(
    project: str | None,
    models: tuple[str, ...],
    strategy: str,
    corpus: tuple[str, ...],
    copies: bool,
    limit: int | None,
    rules: str,
    policy: str,
    as_json: bool,
) -> None:
    """Order a project's tasks by what the model would learn from them.

    Active learning: the tasks that are not labelled yet, the most useful first.

    The order is that of the tab "Least sure first" and of the button that hands out the next task. Run it again after
    a training run, and with the rules that `workbench serve` was started with. vote_entropy and kl_to_mean put first
    what the models of a committee disagree on; the predictions shown are those of the first.

    \b
    Examples:
      workbench order --project "May 2024" --strategy entropy
      workbench order --project "May 2024" --limit 1000
      workbench order --project "May 2024" --strategy vote_entropy --model models/a --model models/b
    """
    from workbench.active.order import order_project
    from workbench.core.corpus import load_corpus
    from workbench.studio.connect import connect_remembering
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model
    from workbench.tag.rules import own_joiner

    here = workspace()
    title = project_or_default(project, here)
    first, *committee = [find_model(name, here) for name in models or (None,)]
    joiner = own_joiner(rules, policy, here)
    others = [load_model(folder) for folder in committee]
    with connect_remembering(here, "order") as studio:
        loaded = load_model(first, precision=_precision(first, studio.project(title).model_version, joiner))
        version = joiner.version(loaded.version) if joiner else loaded.version
        done = order_project(
            studio,
            title,
            model=loaded,
            joiner=joiner,
            strategy=strategy,
            others=others,
            corpora=[entry for path in corpus for entry in load_corpus(path)],
            diverse=not copies,
            limit=limit,
            progress=progress,
        )
    say_replaced(studio.deed, "scores of predictions were")
    value = {
        "project": title,
        "strategy": strategy,
        "model_version": version,
        "tasks": list(done.tasks),
        "set_back": done.set_back,
        "added": done.added,
        "changed": done.changed,
    }
    line = f"{len(done.tasks)} unlabelled tasks of {title!r} are in the order of {strategy} by {version}"
    more = f"; {done.set_back} near-copies stand behind" if done.set_back else ""
    answer(value, as_json=as_json, lines=[line + more])


def _precision(folder: Path, shown: str | None, joiner: "Joiner | None") -> str:
    """That of the model's predictions which the project shows, such as those of `prelabel` in bf16; else fp32.

    They would otherwise count as another model's, be made once more, and --limit would find none.
    """
    from workbench.tag.engines import PRECISIONS
    from workbench.tag.model import read_manifest

    manifest = read_manifest(folder)
    names = {precision: manifest.version_in(precision) for precision in PRECISIONS}
    fitting = (p for p, name in names.items() if shown in (name, joiner.version(name) if joiner else name))
    return next(fitting, "fp32")
