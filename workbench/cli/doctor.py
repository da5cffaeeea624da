"""`workbench doctor`: what is wrong, and what to do about it."""

import sys
from dataclasses import asdict

import click

from workbench.cli.common import answer, json_option, project_option, schema_option, workspace

_MARKS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


@click.command()
@project_option
@schema_option
@json_option
def command(project: str | None, schema_path: str | None, as_json: bool) -> None:
    """Check server, token, project, labelling page, backend and permissions; exit 1 where something is wrong.

    \b
    workbench doctor --project "May 2024"
    """
    from workbench.studio.doctor import ERROR, examine

    here = workspace()
    named = project or here.settings.get("project")
    findings = list(examine(here, project=str(named) if named else None, schema_path=schema_path))
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
