"""`workbench init`: begin a workspace."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.common import answer, json_option, workspace

if TYPE_CHECKING:
    from workbench.core.workspace import Workspace

_BEGIN = Path(__file__).with_name("begin")


@click.command()
@click.option("--project", default="Bulletins", show_default=True, metavar="NAME", help="The Label Studio project.")
@click.option("--schema", "schema_path", metavar="FILE", help="Labels of your own; begun with three where not there.")
@json_option
def command(project: str, schema_path: str | None, as_json: bool) -> None:
    """Begin a workspace in this folder.

    Writes workbench.toml, the defaults of the daily commands. With it `workbench import`, `pull`, `train` and
    `prelabel` need no options. Nothing that is there is overwritten.

    \b
    Examples:
      workbench init --project "May 2024"
      workbench init --project "Outbreaks" --schema outbreaks.toml
    """
    from workbench.core.errors import InputError
    from workbench.core.files import write_text
    from workbench.core.schema import load_schema
    from workbench.core.workspace import Workspace

    here = Workspace(Path.cwd())
    file = here.settings_file
    if file.exists():
        raise InputError(f"{file} is there already; edit it, or move it away to begin anew")
    written = [file]
    if schema_path and not Path(schema_path).exists():
        write_text(Path(schema_path), (_BEGIN / "schema.toml").read_text(encoding="utf-8"))
        written.append(Path(schema_path))
    schema = load_schema(schema_path) if schema_path else here.schema()
    write_text(file, settings_text(project, schema_path))
    value = {"workspace": str(here.root), "written": [str(path) for path in written], "labels": len(schema.names)}
    lines = [f"wrote     {path}" for path in written]
    lines.append(f"labels    {len(schema.names)}, {_whose(schema_path, here)}")
    lines.append(f"bulletins go into {here.root / 'bulletins'}")
    lines.append("next      workbench studio start, then workbench import")
    around = workspace()
    if around.root != here.root:
        lines.append(f"WORKBENCH_HOME is set, so commands use {around.root} instead; unset it to use this folder")
    answer(value, as_json=as_json, lines=lines)


def _whose(schema_path: str | None, here: "Workspace") -> str:
    if schema_path:
        return f"of {schema_path}"
    own = here.root / "annotations" / "schema.toml"
    return f"of {own}" if own.exists() else "the ones that come along (`workbench init --schema FILE`: your own)"


def settings_text(project: str, schema_path: str | None) -> str:
    """The commented workbench.toml that a workspace begins with."""
    # A JSON string is a TOML string, whatever is in it.
    schema = f"schema = {json.dumps(schema_path)}" if schema_path else '# schema = "schema.toml"'
    text = (_BEGIN / "workbench.toml").read_text(encoding="utf-8")
    return text.replace('"@PROJECT@"', json.dumps(project, ensure_ascii=False)).replace("@SCHEMA@", schema)
