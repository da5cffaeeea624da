"""`workbench doctor`: what is wrong, and what to do about it."""

import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from workbench.cli.common import answer, json_option, project_option, schema_option, workspace

if TYPE_CHECKING:
    from workbench.core.workspace import Workspace
    from workbench.studio.findings import Finding

_MARKS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


@click.command()
@project_option
@schema_option
@json_option
def command(project: str | None, schema_path: str | None, as_json: bool) -> None:
    """Check server, project, page, backend and permissions.

    Each finding with its remedy; exit 1 where something is wrong.

    \b
    Example:
      workbench doctor --project "May 2024"
    """
    from workbench.studio.doctor import examine
    from workbench.studio.findings import ERROR

    here = workspace()
    named = project or here.settings.get("project")
    title = str(named) if named else None
    model = partial(_model, here, schema_path)
    findings = list(examine(here, project=title, schema_path=schema_path, model=model, ask=partial(_asked, here)))
    healthy = all(finding.state != ERROR for finding in findings)
    lines = [
        f"{_MARKS[finding.state]} {finding.what}: {finding.found}"
        + (f"\n         -> {finding.remedy}" if finding.remedy and finding.state != "ok" else "")
        for finding in findings
    ]
    value = {"healthy": healthy, "findings": [asdict(finding) for finding in findings]}
    answer(value, as_json=as_json, lines=lines)
    if not healthy:
        sys.exit(1)


def _model(here: "Workspace", schema_path: str | None) -> "Finding":
    """Whether the model in force loads, and whether it speaks the workspace's labels."""
    from workbench.studio.findings import OK, WARNING, Finding
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model

    model = load_model(find_model(None, here))
    if model.schema.hash == here.schema(schema_path).hash:
        return Finding("model", OK, f"{model.version}, of the same labels as the schema")
    return Finding(
        "model", WARNING, f"{model.version} has other labels than the schema", "train one: `workbench train --help`"
    )


def _asked(here: "Workspace", url: str) -> str:
    """The model_version that a backend answers with, asked with this workspace's credentials."""
    from workbench.serve.ask import ask_status

    return str(ask_status(here, url=url)[1]["model_version"])
