"""Predictions of a corpus into a project whose tasks are there: matched by content, run again without doubling."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.studio.client import CHUNK, Studio
from workbench.studio.labeling import Controls, require_labels
from workbench.studio.project import Project
from workbench.studio.tasks import content_hash, is_blind, meaning, meaning_of_result, prediction, version_of

# Bulletins a request. A server of others goes over all tasks of the project after each such request (see
# server.environment), so few are better; a batch of long bulletins is some 10 MB.
BATCH = 500


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
    the page shows the version sent last. Memory holds some 300 bytes a task of the project and one batch; of the
    predictions that are there only those of the entries' tasks are read.
    Raises StudioError for a project that is not there or lost a label, SchemaError for a label of the corpus that
    the schema does not have, InputError where nothing is labelled.
    """
    studio.version()
    project = studio.project(title)
    controls = require_labels(project.config, schema, where=project.where)
    run = _Run(studio, project, controls, schema, _there(studio, project, controls))
    rest = iter(progress(entries, what="pushing"))
    while batch := list(islice(rest, BATCH)):
        run.send(batch)
    run.take_out_doubles()
    if not run.versions:
        raise InputError("the corpus holds no labelled bulletin to push; pre-label it first with `workbench prelabel`")
    if show and project.model_version != run.versions[-1]:
        studio.show_model(project, run.versions[-1])
    return Pushed(run.added, run.replaced, run.same, tuple(run.missing), run.unlabelled, tuple(run.versions), run.blind)


@dataclass(frozen=True, slots=True)
class _Task:
    """A task of the server."""

    number: int
    blind: bool


def _there(studio: Studio, project: Project, controls: Controls) -> dict[str, list[_Task]]:
    """The project's tasks by content."""
    tasks: dict[str, list[_Task]] = {}
    for number, data in studio.task_data(project):
        tasks.setdefault(content_hash(data, controls=controls) or "", []).append(_Task(number, is_blind(data)))
    return tasks


@dataclass
class _Run:
    """One push: what is on the server, and what was counted so far.

    `sent` are the tasks, each with the version, that got theirs: the corpus may hold one content under two ids. Of the
    tasks that were `asked` for their predictions, `spare` holds those that say what another of the same version says.
    """

    studio: Studio
    project: Project
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
    sent: set[tuple[int, str]] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    spare: dict[int, str] = field(default_factory=dict)

    def send(self, entries: Sequence[Entry]) -> None:
        """Adds what the tasks of these entries lack and replaces what differs; only their predictions are read."""
        places = [(entry, task) for entry in entries for task in self._tasks(entry)]
        said = self._said(sorted({task.number for _, task in places}))
        new = [made for entry, task in places for made in self._of_task(task.number, entry, said[task.number])]
        if new:
            self.studio.add_predictions(self.project, new)
        self.added += len(new)

    def _tasks(self, entry: Entry) -> Iterator[_Task]:
        """The tasks that are to get the entry's annotation; what has none to give or no task is counted."""
        self.schema.check(entry.spans, where=f"bulletin {entry.document.id}")
        self.schema.check_choices(entry.spans, where=f"bulletin {entry.document.id}")
        if entry.annotation is None:
            self.unlabelled += 1
            return
        if version_of(entry.annotation) not in self.versions:
            self.versions.append(version_of(entry.annotation))
        tasks = self.there.get(entry.document.hash, [])
        if not tasks:
            self.missing.append(entry.document.id)
        self.blind += any(task.blind for task in tasks)
        yield from (task for task in tasks if not task.blind)

    def _said(self, numbers: Sequence[int]) -> dict[int, dict[str, tuple[int, str | None]]]:
        """Of each task, number and meaning of its last prediction of each model_version."""
        said: dict[int, dict[str, tuple[int, str | None]]] = {number: {} for number in numbers}
        self.asked.update(numbers)
        for start in range(0, len(numbers), CHUNK):
            some = numbers[start : start + CHUNK]
            for number, data, predictions in self.studio.task_predictions(self.project, ids=some):
                text = str(data.get(self.controls.value, ""))
                for each in predictions:
                    version, meant = str(each.get("model_version")), meaning_of_result(text, each.get("result"))
                    if meant is not None and version in said[number] and said[number][version][1] == meant:
                        self.spare[int(each["id"])] = version
                    else:
                        said[number][version] = int(each["id"]), meant
        return said

    def take_out_doubles(self) -> None:
        """Removes the spare ones: a request that a killed or impatient push had sent may have been carried out late.

        The tasks are only read again where the project holds another number of predictions than it should.
        """
        held = self.project.predictions + self.added
        if self.added and self.studio.project_by_id(self.project.id).predictions != held:
            self._said(sorted(self.asked))
        for number, version in self.spare.items():
            if version in self.versions:
                self.studio.remove_prediction(number)

    def _of_task(
        self, number: int, entry: Entry, said: Mapping[str, tuple[int, str | None]]
    ) -> Iterator[dict[str, Any]]:
        """The prediction to add to a task, if any; one of the same version that says something else is replaced."""
        assert entry.annotation is not None  # noqa: S101 - see _tasks
        version = version_of(entry.annotation)
        old = said.get(version)
        alike = old is not None and old[1] == meaning(entry.annotation.spans, entry.annotation.relations)
        if alike or (number, version) in self.sent:
            self.same += 1
            return
        self.sent.add((number, version))
        if old is None:
            yield {"task": number, **prediction(entry, controls=self.controls)}
        else:
            self.studio.replace_prediction(old[0], prediction(entry, controls=self.controls))
            self.replaced += 1
