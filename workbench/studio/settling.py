"""What keeps two imports that run at the same time from making two projects of one title, or two tasks of one text.

The server has no way to say "only if it is not there yet". So each import looks once more after it has written, and
takes its own away where another was first: of two, the later looker sees both, and the lower number stays.
"""

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from workbench.core.schema import Schema
from workbench.studio.client import Studio
from workbench.studio.project import Project
from workbench.studio.tasks import content_hash, meaning_of_result


def open_project(
    studio: Studio, title: str, schema: Schema, *, annotators: int | None = None, guidelines: str | None = None
) -> tuple[Project, bool]:
    """The project of that title, made where there is none, and whether it was; what is given is set either way.

    Raises StudioError where more than one has the title.
    """
    project = studio.find_project(title)
    if project is None:
        made = studio.create_project(title, schema, annotators=annotators or 1, guidelines=guidelines)
        first = studio.projects_named(title)[0]
        if first.id == made.id:
            return made, True
        studio.delete_project(made)
        project = first
    if annotators is not None and annotators != project.annotators:
        studio.set_annotators(project, annotators)
    if guidelines is not None:
        studio.set_guidelines(project, schema, guidelines)
    return project, False


def take_out_doubles(
    studio: Studio,
    project: Project,
    sent: AbstractSet[str | None],
    *,
    expected: int,
    twice: AbstractSet[str | None] = frozenset(),
) -> int:
    """Deletes tasks of the texts `sent` that another import brought as well; returns how many.

    Of each text one task stays: one that somebody has worked on before others, then the oldest. Another goes only where
    all work on it is on the one that stays, too. Of the texts `twice`, which were there several times before, only
    tasks that are alike in all their data count as one: a request that a killed or impatient import had sent may have
    been carried out late. Nothing is read where there are none of those and the project holds `expected` tasks: then
    nobody else brought any.
    """
    if not twice and (not sent or studio.project_by_id(project.id).tasks == expected):
        return 0
    numbers: dict[str, list[int]] = {}
    for number, data in studio.task_data(project):
        text = content_hash(data, controls=project.controls)
        if text in sent or text in twice:
            key = str(text) if text in sent else json.dumps(data, sort_keys=True)
            numbers.setdefault(key, []).append(number)
    several = [same for same in numbers.values() if len(same) > 1]
    if not several:
        return 0
    worked_on = set(studio.task_ids(project, annotated=True))
    work = _work(studio, project, [number for same in several for number in same if number in worked_on])
    return sum(studio.delete_task(number) for same in several for number in _spare(same, work))


def _spare(same: list[int], work: Mapping[int, frozenset[Any]]) -> list[int]:
    """The tasks of one text that hold nothing of their own."""
    nothing: frozenset[Any] = frozenset()
    stays, *others = sorted(same, key=lambda number: (number not in work, number))
    return [number for number in others if work.get(number, nothing) <= work.get(stays, nothing)]


def _work(studio: Studio, project: Project, numbers: list[int]) -> dict[int, frozenset[Any]]:
    """What was said on each task, and by whom; two equal entries say the same."""
    said: dict[int, frozenset[Any]] = {}
    for task in studio.export(project, numbers):
        text = str(task["data"].get(project.controls.value, ""))
        said[int(task["id"])] = frozenset(
            (each.get("completed_by"), each.get("was_cancelled"), _said(text, each.get("result")))
            for each in task.get("annotations") or ()
        ) | frozenset(("draft", draft.get("id")) for draft in task.get("drafts") or ())
    return said


def _said(text: str, result: Any) -> str:
    return meaning_of_result(text, result) or repr(result)
