"""`workbench serve`: the model behind Label Studio's page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from workbench.cli.common import answer, json_option, model_option, page_rules_options, say, workspace


@click.command()
@model_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=9090, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option(
    "--train-every", type=click.IntRange(1), metavar="N", help="Train by itself after N newly annotated tasks."
)
@click.option("--corpus", multiple=True, metavar="FILE", help="Annotated corpus to train on besides the project.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="A setting of those training runs.")
@click.option(
    "--margin",
    default=0.02,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="How much F1 a new model may have lost at most (lower bound) to take over.",
)
@click.option(
    "--keep-models",
    type=click.IntRange(1),
    metavar="N",
    help="Remove for good all but the newest N models of that training, never the one in use; without it all stay.",
)
@click.option(
    "--seconds",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0.1, 90),
    help="How long one request may take; what is not done by then is sent through the API.",
)
@page_rules_options
@click.option("--status", is_flag=True, help="Do not serve; ask the backend that runs here how it is.")
@json_option
def command(
    model: str | None,
    host: str,
    port: int,
    train_every: int | None,
    corpus: tuple[str, ...],
    changes: tuple[str, ...],
    margin: float,
    keep_models: int | None,
    seconds: float,
    rules: str,
    policy: str,
    status: bool,
    as_json: bool,
) -> None:
    """Serve a model to Label Studio while people label.

    Predictions for whoever opens a task, training from the page.

    User and password are those of WORKBENCH_SERVE_USER and WORKBENCH_SERVE_PASSWORD, else made and kept in the
    workspace; `workbench studio connect` tells them to Label Studio. The log is JSON, a line an event, on stderr.

    \b
    Examples:
      workbench serve --model models/first
      workbench studio connect --project "May 2024"
      workbench serve --status
    """
    from workbench.serve.backend import Plan, serve
    from workbench.serve.logs import Log
    from workbench.serve.trainer import Recipe
    from workbench.studio.process import posix_only
    from workbench.tag.find import find_model
    from workbench.tag.rules import own_joiner

    here = workspace()
    if status:
        _status(as_json)
        return
    posix_only("the backend")
    if wrong := [change for change in changes if "=" not in change]:
        raise click.UsageError(f"--set {wrong[0]}: expected NAME=VALUE, such as --set epochs=10")
    recipe = Recipe(tuple(Path(path).resolve() for path in corpus), changes, margin)
    rule_joiner = own_joiner(rules, policy, here)
    plan = Plan(find_model(model, here), host, port, seconds, train_every, rule_joiner, recipe, keep_models)
    serve(
        here,
        plan,
        log=Log(),
        ready=lambda running: answer(
            {"url": running.url, "pid": running.pid}, as_json=as_json, lines=[f"serving at {running.url}"]
        ),
    )
    say("the backend has ended")


def _status(as_json: bool) -> None:
    from workbench.serve.ask import ask_status

    url, found = ask_status(workspace())
    answer({"url": url} | found, as_json=as_json, lines=_lines(url, found))


def _lines(url: str, found: dict[str, Any]) -> Iterator[str]:
    training = found["training"]
    yield f"{found['model_version']} answers at {url}"
    yield f"predictions owed  {found['owed']}"
    if training["every"]:
        yield f"trains after      {training['every']} newly annotated tasks"
    for run in training["runs"]:
        f1 = f", F1 {run['f1'][0]:.3f} -> {run['f1'][1]:.3f}" if run["f1"] else ""
        epochs = f", epoch {len(run['epochs'])} (F1 on dev {run['epochs'][-1]:.3f})" if run["epochs"] else ""
        yield f"{run['name']}  {run['phase']}{epochs}{f1}: {run['detail'] or run['why']}"
