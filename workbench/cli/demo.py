"""`workbench demo`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from workbench.cli.common import answer, json_option, progress, say, stepping, workspace

if TYPE_CHECKING:
    from workbench.demo.main_job import Outcome


@click.command()
@click.option(
    "--bulletins", multiple=True, metavar="PATH", help="Your own bulletins to pre-label, instead of the bundled."
)
@json_option
def command(bulletins: tuple[str, ...], as_json: bool) -> None:
    """Run the main job, from bulletins to predictions on the page.

    Starts the embedded Label Studio, imports the bundled bulletins and their annotations, trains, measures, and
    pre-labels new ones. Run it again, and it takes up what is there.

    \b
    Example:
      workbench demo --bulletins my-bulletins/
    """
    from workbench.demo.main_job import Demo, bundled, run
    from workbench.read import ReadReport, read_paths
    from workbench.train.trainer import Watch

    here = workspace()
    heard = ReadReport()
    own = list(read_paths(bulletins, report=heard)) if bulletins else None
    for line in heard.lines():
        say(line)
    with stepping("training") as step:
        watch = Watch(
            step, lambda number, f1: say(f"    epoch {number}: F1 on dev {f1:.3f}"), lambda m: say(f"    {m}")
        )
        outcome = run(Demo(here, here.schema(), say, watch, progress), bundled(own))
    answer(_value(outcome), as_json=as_json, lines=_closing(outcome))


def _value(outcome: "Outcome") -> dict[str, object]:
    from workbench.score.summary import summary

    return {
        "url": outcome.address,
        "user": outcome.server.administrator.email,
        "model": outcome.model.version,
        "new_bulletins": outcome.new_bulletins,
        "new_spans": outcome.new_spans,
        "scores": summary(outcome.evaluation, {}),
    }


def _closing(outcome: "Outcome") -> Iterator[str]:
    """F1 per label, where the page is, how to sign in, what to do next."""
    from workbench.cli.score import score_lines
    from workbench.score.resample import bootstrap

    yield from score_lines(outcome.evaluation, bootstrap(outcome.evaluation))
    yield ""
    yield f"{outcome.new_bulletins} new bulletins with {outcome.new_spans} proposed spans wait at {outcome.address}"
    yield f"Sign in as {outcome.server.administrator.email}; `workbench studio status --password` shows the password"
    yield ""
    yield "What to do next:"
    yield "  label one of them on the page, then   workbench pull --project 'Demo: new bulletins' -o mine.jsonl"
    yield "  train on your labels                  workbench train --train mine.jsonl -o models/mine"
    yield "  pre-label your own bulletins          workbench prelabel FOLDER -o labelled.jsonl"
    yield "  stop the server                       workbench studio stop"
