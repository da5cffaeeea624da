"""`workbench status`: where you are, and what comes next."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, counted, json_option, workspace

if TYPE_CHECKING:
    from workbench.cli.standing import Standing, Step


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Say where you are, and the one thing to do next.

    Server, project, annotations, the current model and its F1. `workbench` alone says the same.

    \b
    Example:
      workbench status --json
    """
    from workbench.cli.standing import next_step, standing

    here = standing(workspace())
    step = next_step(here)
    answer(_value(here, step), as_json=as_json, lines=_lines(here, step))


def _lines(here: "Standing", step: "Step") -> Iterator[str]:
    defaults = "" if here.workspace.settings_file.exists() else "  (no workbench.toml)"
    yield f"workspace     {here.workspace.root}{defaults}"
    yield f"Label Studio  {_server(here)}"
    yield f"project       {_project(here)}"
    if here.pulled:
        yield f"annotations   {here.pulled.rows:,} bulletins in {_short(here.pulled.path, here)}"
    yield from (f"{name:14}{line}" for name, line in zip(("model", ""), _model(here), strict=False))
    for problem in here.problems:
        yield f"problem       {problem}"
    yield f"next          {click.style(step.do, bold=True)}"
    yield f"              {step.why}"
    yield "              (workbench --help names every command)"


def _server(here: "Standing") -> str:
    server = here.server
    if server.url is None:
        return server.state
    kind = "embedded" if server.embedded else "LABEL_STUDIO_URL"
    return f"{server.state} at {server.url} ({kind})"


def _project(here: "Standing") -> str:
    if here.project is None:
        seen = "not there yet" if here.server.url else "seen when Label Studio runs"
        return f"{here.title!r}, {seen}" if here.title else "none yet"
    share = f"{here.project.annotated:,} of {here.project.tasks:,} bulletins annotated"
    others = len(here.server.projects) - 1
    return f"{here.project.title!r}, {share}" + (f"; {counted(others, 'more project')}" if others else "")


def _model(here: "Standing") -> tuple[str, ...]:
    """The model, and on a line of its own how good it is."""
    if here.model is None:
        return ("none",)
    f1 = "not measured" if here.model.f1 is None else f"F1 {here.model.f1:.3f} ({here.model.measured})"
    return f"{here.model.version} in {_short(here.model.folder, here)}", f1


def _short(path: Path, here: "Standing") -> str:
    root = here.workspace.root
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _value(here: "Standing", step: "Step") -> dict[str, Any]:
    project, model, pulled = here.project, here.model, here.pulled
    return {
        "workspace": str(here.workspace.root),
        "settings": here.workspace.settings_file.exists(),
        "server": {"state": here.server.state, "url": here.server.url, "embedded": here.server.embedded},
        "project": project
        and {"title": project.title, "id": project.id, "tasks": project.tasks, "annotated": project.annotated},
        "pulled": pulled and {"file": str(pulled.path), "rows": pulled.rows},
        "model": model
        and {"folder": str(model.folder), "version": model.version, "f1": model.f1, "measured": model.measured},
        "problems": list(here.problems),
        "next": {"do": step.do, "why": step.why},
    }
