"""What is wrong between this workspace and its Label Studio, each finding with its remedy."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.schema import Schema
from workbench.core.workspace import Workspace
from workbench.studio.client import Studio
from workbench.studio.connect import connect, given
from workbench.studio.findings import ERROR, OK, WARNING, Finding, halves
from workbench.studio.labeling import differences
from workbench.studio.neighbours import Ask, neighbours
from workbench.studio.project import Project
from workbench.studio.server import Home


def examine(
    workspace: Workspace,
    *,
    project: str | None = None,
    schema_path: str | None = None,
    model: Callable[[], Finding] | None = None,
    ask: Ask | None = None,
) -> Iterator[Finding]:
    """Findings one after another, from the ground up; what cannot be looked at because of an error is left out.

    `model` looks at the model in force, `ask` asks a backend with the credentials of this workspace. Never raises
    for what is wrong: that is a finding.
    """
    schema = _schema(workspace, schema_path)
    yield schema if isinstance(schema, Finding) else Finding("schema", OK, f"{schema.name}, {len(schema.names)} labels")
    yield from _permissions(Home.of(workspace))
    if model is not None:
        yield _caught("model", model)
    try:
        studio = connect(workspace, timeout=20)
    except WorkbenchError as error:
        yield Finding("server", ERROR, *halves(error))
        return
    with studio:
        yield from _server(studio, project, schema if isinstance(schema, Schema) else None, ask)


def _server(studio: Studio, title: str | None, schema: Schema | None, ask: Ask | None) -> Iterator[Finding]:
    whose = "named by the environment" if given() else "embedded"
    yield (version := _caught("server", lambda: Finding("server", OK, f"{studio.version()} at {studio.url}, {whose}")))
    if version.state == ERROR:
        return
    yield (token := _caught("token", lambda: Finding("token", OK, f"belongs to {studio.whoami()}")))
    if token.state == ERROR:
        return
    if title is None:
        yield Finding("project", OK, "none named, so none looked at", "name one with --project")
        return
    try:
        project = studio.project(title)
    except WorkbenchError as error:
        yield Finding("project", ERROR, *halves(error))
        return
    yield Finding("project", OK, f"{title!r} holds {project.tasks} tasks")
    if schema is not None:
        yield from _configuration(project, schema)
    yield from neighbours(studio, project, ask)


def _configuration(project: Project, schema: Schema) -> Iterator[Finding]:
    try:
        found = differences(project.config, schema, where=project.where)
    except WorkbenchError as error:
        yield Finding("labelling page", ERROR, *halves(error))
        return
    if not found:
        yield Finding("labelling page", OK, f"has all labels of the schema {schema.name}")
    remedy = "let `workbench import --fix-config` set the schema's, or change it under Settings > Labeling Interface"
    yield from (Finding("labelling page", ERROR if each.grave else WARNING, each.message, remedy) for each in found)


def _permissions(home: Home) -> Iterator[Finding]:
    """Whether passwords and tokens are for their owner only."""
    open_ = [path for path in (home.folder, home.accounts) if path.exists() and _others(path)]
    for path in open_:
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = "700" if path.is_dir() else "600"
        yield Finding("permissions", ERROR, f"{path} is open to others (mode {mode:o})", f"chmod {wanted} {path}")
    if home.accounts.exists() and not open_:
        yield Finding("permissions", OK, "passwords and tokens are readable by their owner only")


def _others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _schema(workspace: Workspace, path: str | None) -> Schema | Finding:
    try:
        return workspace.schema(path)
    except WorkbenchError as error:
        return Finding("schema", ERROR, *halves(error))


def _caught(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except WorkbenchError as error:
        return Finding(what, ERROR, *halves(error))
