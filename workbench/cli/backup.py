"""`workbench backup`: everything in one file."""

from contextlib import ExitStack
from pathlib import Path

import click

from workbench.cli.common import answer, json_option, progress, say, workspace


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--project", "projects", multiple=True, metavar="NAME", help="Only this project; may be given again.")
@click.option("--no-projects", is_flag=True, help="Only files: annotations, models, settings and history.")
@json_option
def command(file: str, projects: tuple[str, ...], no_projects: bool, as_json: bool) -> None:
    """Put projects, annotations, models and history into one file.

    Of each project of Label Studio: settings, labelling page, views, tasks, annotations, predictions and unsubmitted
    work, people as names. Passwords, tokens, backends and webhooks are not in it. `workbench restore` makes all again.

    \b
    Example:
      workbench backup 2024-05-08.tar.gz
    """
    from workbench.keep.backup import backup
    from workbench.keep.contents import SETTINGS, secrets_in
    from workbench.studio.connect import connect

    if not file.endswith((".tar.gz", ".tgz")):
        raise click.UsageError("a backup is a .tar.gz; name the file so")
    if projects and no_projects:
        raise click.UsageError("--project and --no-projects do not go together")
    here = workspace()
    if names := secrets_in(here.root / SETTINGS):
        say(f"{SETTINGS} is left out: {names[0]} looks like a secret; better keep it in the environment")
    with ExitStack() as stack:
        studio = None if no_projects else stack.enter_context(connect(here))
        done = backup(here, Path(file), studio=studio, projects=projects, progress=progress)
    value = {"file": file, "bytes": done.size, "files": done.files, "projects": done.projects}
    lines = [
        f"{done.files} files and {len(done.projects)} projects ({sum(done.projects.values()):,} tasks) are in {file}"
    ]
    answer(value, as_json=as_json, lines=lines)
