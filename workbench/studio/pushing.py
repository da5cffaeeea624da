"""Predictions of a corpus into a project whose tasks are there: matched by content, run again without doubling."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from workbench.core.corpus import Annotation, Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.studio.client import Project, Studio
from workbench.studio.labeling import Controls, require_labels
from workbench.studio.tasks import content_hash, is_blind, meaning, meaning_of_result, prediction, version_of

BATCH = 200


@dataclass(frozen=True)
class Pushed:
    """What a push did: predictions added, replaced (same model_version, other spans) and already there.

    `missing` are the ids of bulletins that no task of the project holds; `unlabelled` counts rows without annotation;
    `versions` are the model versions that were sent, the last one of which the page shows; `blind` counts bulletins
    that get no suggestions.
    """

    added: int
    replaced: int
    same: int
    missing: tuple[str, ...]
    unlabelled: int
    versions: tuple[str, ...]
    blind: int = 0


def push(
    studio: Studio,
    entries: Iterable[Entry],
    title: str,
    schema: Schema,
    *,
    show: bool = True,
    progress: Progress = silent,
) -> Pushed:
    """Sends the entries' annotations as predictions, each with its model_version and the score of its task.

    Every task with an entry's content gets it, but for those of a blind share (see studio.tasks.blind). With `show`
    the page shows the version sent last. Memory holds some 300 bytes a task of the project and one batch.
    Raises StudioError for a project that is not there or lost a label, SchemaError for a label of the corpus that
    the schema does not have, InputError where nothing is labelled.
    """
    studio.version()
    project = studio.project(title)
    controls = require_labels(project.config, schema, where=project.where)
    there = _there(studio, project, controls)
    run = _Run(studio, controls, schema, there)
    new = run.new(progress(entries, what="pushing"))
    while batch := list(islice(new, BATCH)):
        studio.add_predictions(project, batch)
        run.added += len(batch)
    _take_out_doubles(studio, project, there, run)
    if not run.versions:
        raise InputError("the corpus holds no labelled bulletin to push; pre-label it first with `workbench prelabel`")
    if show and project.model_version != run.versions[-1]:
        studio.show_model(project, run.versions[-1])
    return Pushed(run.added, run.replaced, run.same, tuple(run.missing), run.unlabelled, tuple(run.versions), run.blind)


def _take_out_doubles(studio: Studio, project: Project, there: Mapping[str, list["_Task"]], run: "_Run") -> None:
    """Removes predictions that say the same under the same version on one task: a request that a killed or impatient
    push had sent may have been carried out late. Nothing is read where there are as many as there should be."""
    tasks = [task for each in there.values() for task in each]
    expected = sum(task.held for task in tasks) + run.added
    doubled = any(task.spare for task in tasks)
    if not doubled and (not run.added or studio.project_by_id(project.id).predictions == expected):
        return
    for again in _there(studio, project, project.controls).values():
        for version, number in (spare for task in again for spare in task.spare):
            if version in run.versions:
                studio.remove_prediction(number)


@dataclass(frozen=True)
class _Task:
    """A task of the server: its number, and number and meaning of its last prediction of each model_version.

    It `held` so many predictions; `spare` are version and number of those that say what another of the version says.
    """

    number: int
    predictions: dict[str, tuple[int, str | None]]
    blind: bool = False
    held: int = 0
    spare: tuple[tuple[str, int], ...] = ()


def _there(studio: Studio, project: Project, controls: Controls) -> dict[str, list[_Task]]:
    """The project's tasks by content."""
    tasks: dict[str, list[_Task]] = {}
    for number, data, predictions in studio.task_predictions(project):
        text = str(data.get(controls.value, ""))
        said: dict[str, tuple[int, str | None]] = {}
        spare: list[tuple[str, int]] = []
        for each in predictions:
            version, means = str(each.get("model_version")), meaning_of_result(text, each.get("result"))
            if means is not None and version in said and said[version][1] == means:
                spare.append((version, int(each["id"])))
            else:
                said[version] = int(each["id"]), means
        tasks.setdefault(content_hash(data, controls=controls) or "", []).append(
            _Task(number, said, blind=is_blind(data), held=len(predictions), spare=tuple(spare))
        )
    return tasks


@dataclass
class _Run:
    """One push: what is on the server, and what was counted so far."""

    studio: Studio
    controls: Controls
    schema: Schema
    there: dict[str, list[_Task]]
    added: int = 0
    replaced: int = 0
    same: int = 0
    unlabelled: int = 0
    blind: int = 0
    missing: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    def new(self, entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
        """The predictions to add; those to replace are replaced on the way."""
        for entry in entries:
            self.schema.check(entry.spans, where=f"bulletin {entry.document.id}")
            self.schema.check_choices(entry.spans, where=f"bulletin {entry.document.id}")
            if entry.annotation is None:
                self.unlabelled += 1
                continue
            if version_of(entry.annotation) not in self.versions:
                self.versions.append(version_of(entry.annotation))
            tasks = self.there.get(entry.document.hash)
            if not tasks:
                self.missing.append(entry.document.id)
            self.blind += any(task.blind for task in tasks or ())
            for task in (each for each in tasks or () if not each.blind):
                yield from self._of_task(task, entry, entry.annotation)

    def _of_task(self, task: _Task, entry: Entry, annotation: Annotation) -> Iterator[dict[str, Any]]:
        version, said = version_of(annotation), meaning(annotation.spans, annotation.relations)
        old = task.predictions.get(version)
        if old is None:
            # Marked as sent: the corpus may hold the same content under two ids.
            task.predictions[version] = (0, said)
            yield {"task": task.number, **prediction(entry, controls=self.controls)}
        elif old[1] == said or old[0] == 0:
            self.same += 1
        else:
            self.studio.replace_prediction(old[0], prediction(entry, controls=self.controls))
            task.predictions[version] = (old[0], said)
            self.replaced += 1
