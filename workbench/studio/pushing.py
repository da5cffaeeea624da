"""Predictions of a corpus into a project whose tasks are there: matched by content, run again without doubling."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from workbench.core.corpus import Annotation, Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.studio.client import Project, Studio
from workbench.studio.labeling import Controls, require_labels
from workbench.studio.tasks import content_hash, prediction, same_prediction, version_of

BATCH = 200


@dataclass(frozen=True)
class Pushed:
    """What a push did: predictions added, replaced (same model_version, other spans) and already there.

    `missing` are the ids of bulletins that no task of the project holds; `unlabelled` counts rows without annotation;
    `versions` are the model versions that were sent, the last one of which the page shows.
    """

    added: int
    replaced: int
    same: int
    missing: tuple[str, ...]
    unlabelled: int
    versions: tuple[str, ...]


@dataclass
class _Run:
    """One push: what is still to be sent and what was counted."""

    studio: Studio
    project: Project
    controls: Controls
    wanted: dict[str, Entry]
    added: int = 0
    replaced: int = 0
    same: int = 0
    found: set[str] = field(default_factory=set)

    def meet(self, task: int, data: dict[str, Any], there: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The prediction to add to a task, or None after it was seen to be there, replaced, or not asked for."""
        known = content_hash(data, controls=self.controls)
        entry = self.wanted.get(known or "")
        if entry is None or entry.annotation is None or known is None:
            return None
        self.found.add(known)
        made = prediction(entry, controls=self.controls)
        old = [each for each in there if each.get("model_version") == version_of(entry.annotation)]
        if not old:
            self.added += 1
            return {"task": task, **made}
        if same_prediction(entry.document.text, old[-1].get("result"), entry.annotation):
            self.same += 1
        else:
            self.studio.replace_prediction(int(old[-1]["id"]), made)
            self.replaced += 1
        return None


def push(
    studio: Studio, entries: Iterable[Entry], title: str, schema: Schema, *, progress: Progress = silent
) -> Pushed:
    """Sends the entries' annotations as predictions, each with its model_version and the score of its task.

    Every task with an entry's content gets it. Raises StudioError for a project that is not there or lost a label,
    SchemaError for a label of the corpus that the schema does not have, InputError where nothing is labelled.
    """
    project = studio.project(title)
    controls = require_labels(project.config, schema, where=project.where)
    wanted, unlabelled = _wanted(entries, schema)
    run = _Run(studio, project, controls, wanted)
    tasks = progress(studio.task_predictions(project), what="pushing", total=project.tasks)
    new = (made for task in tasks if (made := run.meet(*task)) is not None)
    while batch := list(islice(new, BATCH)):
        studio.add_predictions(project, batch)
    versions = _versions(wanted.values())
    if versions and project.model_version != versions[-1]:
        studio.show_model(project, versions[-1])
    missing = tuple(entry.document.id for key, entry in wanted.items() if key not in run.found)
    return Pushed(run.added, run.replaced, run.same, missing, unlabelled, versions)


def _wanted(entries: Iterable[Entry], schema: Schema) -> tuple[dict[str, Entry], int]:
    """The labelled entries by content, and how many are not labelled."""
    wanted: dict[str, Entry] = {}
    unlabelled = 0
    for entry in entries:
        schema.check(entry.spans, where=f"bulletin {entry.document.id}")
        if entry.annotation is None:
            unlabelled += 1
        else:
            wanted[entry.document.hash] = entry
    if not wanted:
        raise InputError("the corpus holds no labelled bulletin to push; pre-label it first with `workbench prelabel`")
    return wanted, unlabelled


def _versions(entries: Iterable[Entry]) -> tuple[str, ...]:
    annotations: Iterator[Annotation] = (entry.annotation for entry in entries if entry.annotation is not None)
    return tuple(dict.fromkeys(version_of(annotation) for annotation in annotations))
