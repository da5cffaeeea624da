"""Committed annotations submitted as one user's own work: how two annotators' labels come to be on a server."""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.corpus import Entry
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.studio.client import Studio
from workbench.studio.forms import regions
from workbench.studio.labeling import require_labels
from workbench.studio.project import Project
from workbench.studio.tasks import content_hash


@dataclass(frozen=True)
class Submitted:
    """How many annotations were submitted, how many tasks had one of this user, and bulletins without a task."""

    submitted: int
    already: int
    missing: tuple[str, ...]


def submit(
    studio: Studio,
    entries: Iterable[Entry],
    title: str,
    schema: Schema,
    *,
    ground_truth: bool = False,
    progress: Progress = silent,
) -> Submitted:
    """Submits each labelled entry as an annotation of the token's user, to the task of its content.

    With `ground_truth` it is marked as the one that counts where annotators differ.

    A task that this user has annotated (or skipped) stays as it is, so running it again changes nothing.
    Raises StudioError for a project that is not there or lost a label, SchemaError for labels unknown to the schema.
    """
    studio.version()
    project = studio.project(title)
    controls = require_labels(project.config, schema, where=project.where)
    tasks = {content_hash(data, controls=controls): number for number, data in studio.task_data(project)}
    done = _done(studio, project)
    submitted = already = 0
    missing: list[str] = []
    for entry in progress(entries, what="submitting"):
        schema.check(entry.spans, where=f"bulletin {entry.document.id}")
        schema.check_choices(entry.spans, where=f"bulletin {entry.document.id}")
        number = tasks.get(entry.document.hash)
        if number is None:
            missing.append(entry.document.id)
        elif number in done:
            already += 1
        elif entry.annotation is not None:
            made = regions(entry.document, entry.annotation, controls=controls, origin="manual")
            studio.annotate(number, made, ground_truth=ground_truth)
            done.add(number)
            submitted += 1
    return Submitted(submitted, already, tuple(missing))


def _done(studio: Studio, project: Project) -> set[int]:
    """The tasks that hold an annotation of the token's user."""
    me = studio.whoami()
    mine = {number for number, email in studio.people().items() if email == me}
    return {
        int(task["id"])
        for task in studio.export(project, studio.task_ids(project, annotated=True))
        if any(each.get("completed_by") in mine for each in task.get("annotations") or ())
    }
