"""`workbench progress`: how far a project is, and how fast its annotators work."""

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, json_option, progress, project_option, project_or_default, table, workspace

if TYPE_CHECKING:
    from workbench.studio.pace import Advance, Pace


@click.command()
@project_option
@json_option
def command(project: str | None, as_json: bool) -> None:
    """Show how far a project is, and how fast people label.

    Tasks done and left, time a task and labels an hour of each annotator. Time is what Label Studio noted while a
    task stood open, none counted as more than ten times the annotator's median. "left" is how often a task has
    still to be labelled until everybody who should has labelled each; the hours are the work of one person at the
    pace so far.

    \b
    Example:
      workbench progress --project "May 2024"
    """
    from workbench.studio.connect import connect
    from workbench.studio.pace import project_pace

    here = workspace()
    title = project_or_default(project, here)
    with connect(here) as studio:
        found = project_pace(studio, title, progress=progress)
    answer(_as_dict(title, found), as_json=as_json, lines=_lines(found))


def _lines(found: "Advance") -> Iterator[str]:
    header = ("annotator", "done", "skipped", "begun", "seconds a task", "labels an hour", "spans a task", "last")
    if found.people:
        yield from table(header, [_row(pace) for pace in found.people])
    each = f", by {found.annotators} annotators each" if found.annotators > 1 else ""
    yield f"{found.finished:,} of {found.tasks:,} tasks are finished{each}; {found.left:,} annotations left" + (
        "" if found.hours_left is None else f", about {_spoken(found.hours_left)} of one person's work"
    )
    if found.hours_left is None and found.left:
        yield "nothing was timed yet, so nobody knows how long that takes; work on the page is"


def _spoken(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{max(1, ceil(60 * hours))} min"


def _row(pace: "Pace") -> tuple[Any, ...]:
    return (
        pace.annotator,
        pace.done,
        pace.skipped,
        pace.drafts,
        _rounded(pace.seconds),
        _rounded(pace.labels_per_hour),
        None if pace.spans_per_task is None else f"{pace.spans_per_task:.1f}",
        pace.last.strftime("%Y-%m-%d %H:%M"),
    )


def _as_dict(title: str, found: "Advance") -> dict[str, Any]:
    return {
        "project": title,
        "tasks": found.tasks,
        "annotators_per_task": found.annotators,
        "finished": found.finished,
        "annotations_left": found.left,
        "hours_left": found.hours_left,
        "annotators": [
            {
                "annotator": pace.annotator,
                "done": pace.done,
                "skipped": pace.skipped,
                "begun": pace.drafts,
                "spans": pace.spans,
                "timed": pace.timed,
                "median_seconds": pace.seconds,
                "labels_per_hour": pace.labels_per_hour,
                "tasks_per_hour": pace.tasks_per_hour,
                "spans_per_task": pace.spans_per_task,
                "last": pace.last.isoformat(),
            }
            for pace in found.people
        ],
    }


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
