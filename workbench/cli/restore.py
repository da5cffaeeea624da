"""`workbench restore`: a backup made real again."""

from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.common import answer, json_option, progress, say, workspace

if TYPE_CHECKING:
    from workbench.core.workspace import Workspace
    from workbench.studio.client import Studio
    from workbench.studio.restoring import Person


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--no-projects", is_flag=True, help="Only files; Label Studio is left alone.")
@json_option
def command(file: str, no_projects: bool, as_json: bool) -> None:
    """Restore a backup into this folder and its Label Studio.

    Every hash is checked first. Nothing that is there is overwritten: another file of the same name, or a project of
    the same title, is refused. On the embedded server the annotators are made anew, with new passwords; backends are
    tied again with `workbench studio connect`. A run that was stopped is completed by the same command.

    \b
    Example:
      workbench restore 2024-05-08.tar.gz
    """
    from workbench.keep.backup import restore
    from workbench.studio.connect import connect

    here = workspace()
    with ExitStack() as stack:
        studio = None if no_projects else stack.enter_context(connect(here))
        done = restore(here, Path(file), studio=studio, person=_person(here, stack), progress=progress)
    for each in done.projects:
        for remark in each.remarks:
            say(f"{each.project.title}: {remark}")
    projects = [
        {
            "title": each.project.title,
            "tasks": each.tasks,
            "annotations": each.annotations,
            "predictions": each.predictions,
            "drafts": each.drafts,
            "remarks": list(each.remarks),
        }
        for each in done.projects
    ]
    lines = [f"{done.written} files restored" + (f", {done.same} were there already" if done.same else "")]
    lines += [
        f"project {each.project.title!r}: {each.tasks} tasks, {each.annotations} annotations, "
        f"{each.predictions} predictions, {each.drafts} drafts"
        for each in done.projects
    ]
    answer({"written": done.written, "same": done.same, "projects": projects}, as_json=as_json, lines=lines)


def _person(here: "Workspace", stack: ExitStack) -> "Person":
    """Makes the clients of users: on the embedded server only, where their passwords are kept."""
    from workbench.studio.connect import annotator, given
    from workbench.studio.server import find

    server = None if given() else find(here)

    @cache
    def person(email: str) -> "Studio | None":
        return None if server is None else stack.enter_context(annotator(here, server, email))

    return person
