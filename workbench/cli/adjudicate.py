"""`workbench adjudicate`: settle what annotators of a project differ about."""

from pathlib import Path

import click

from workbench.cli.common import (
    answer,
    json_option,
    keep_older,
    progress,
    project_option,
    project_or_default,
    say,
    say_replaced,
    schema_option,
    workspace,
)


@click.command()
@project_option
@click.option("--into", metavar="TITLE", help='The adjudication\'s title; else "NAME: adjudication".')
@click.option("--take-back", is_flag=True, help="Take the decisions back into the project, as ground truth.")
@click.option("-o", "--output", metavar="FILE", help="With --take-back: also write them as a corpus file (.jsonl).")
@schema_option
@json_option
def command(
    project: str | None, into: str | None, take_back: bool, output: str | None, schema_path: str | None, as_json: bool
) -> None:
    """Gather what annotators differ about, take decisions back.

    The tasks that they label differently become a project of their own.

    Each annotator's spans stand there as predictions under the annotator's name; who decides starts from one of them
    or afresh. The decisions come back as ground truth; nobody's own annotation is changed.

    \b
    Examples:
      workbench adjudicate --project "May 2024"
      workbench adjudicate --project "May 2024" --take-back -o decided.jsonl
    """
    if output and not take_back:
        raise click.UsageError("-o writes the decisions, so it goes with --take-back")
    title = project_or_default(project, workspace())
    if take_back:
        _take_back(title, into, output, schema_path, as_json)
    else:
        _set_out(title, into, schema_path, as_json)


def _set_out(title: str, into: str | None, schema_path: str | None, as_json: bool) -> None:
    from workbench.studio.adjudicating import adjudicate
    from workbench.studio.connect import connect_remembering

    here = workspace()
    with connect_remembering(here, "adjudicate") as studio:
        done = adjudicate(studio, title, here.schema(schema_path), into=into, progress=progress)
    say_replaced(studio.deed, "predictions of annotators who changed their work were")
    address = f"{studio.url}/projects/{done.project}" if done.project else None
    if done.single:
        say(f"{done.single} tasks have one annotator only, so nobody differs there")
    value = {
        "project": done.title,
        "url": address,
        "disputes": done.disputes,
        "new": done.new,
        "alike": done.alike,
        "decided": done.decided,
        "one_annotator": done.single,
    }
    lines = [
        f"annotators of {title!r} differ on {done.disputes} tasks ({done.new} new in {done.title!r}), agree on "
        f"{done.alike}; {done.decided} are decided",
        f"decide at {address}: open a task from the list; its tabs hold what each annotator said, side by side under "
        "Compare All (Label All Tasks would not show them)",
        f"then take the decisions back: workbench adjudicate --project {title!r} --take-back",
    ]
    answer(value, as_json=as_json, lines=lines if done.disputes else lines[:1])


def _take_back(title: str, into: str | None, output: str | None, schema_path: str | None, as_json: bool) -> None:
    from workbench.studio.adjudicating import take_back
    from workbench.studio.connect import connect_remembering

    here = workspace()
    path = Path(output) if output else None
    if path:
        keep_older(path, here, why="before adjudicate")
    with connect_remembering(here, "adjudicate") as studio:
        done = take_back(studio, title, here.schema(schema_path), into=into, path=path, progress=progress)
    say_replaced(studio.deed, "earlier decisions were")
    if done.missing:
        say(f"{len(done.missing)} decisions are about bulletins that {title!r} no longer holds; left out")
    value = {
        "project": title,
        "new": done.new,
        "changed": done.changed,
        "already_there": done.same,
        "open": done.open,
        "file": output,
        "rows": done.rows,
        "missing": list(done.missing),
    }
    line = (
        f"{done.new} decisions are now the ground truth of {title!r}, {done.changed} were changed, "
        f"{done.same} were there already; {done.open} tasks are still open"
    )
    lines = [line, f"{done.rows} decided bulletins in {output}"] if output else [line]
    answer(value, as_json=as_json, lines=lines)
