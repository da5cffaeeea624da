"""Annotations out of a project, verified, into corpus files."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from workbench.core.corpus import dump_row, write_corpus
from workbench.core.errors import StudioError
from workbench.core.files import replacing
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.core.snapshots import Snapshots, keep_older
from workbench.studio.client import Studio
from workbench.studio.export import Tally, entries_from_export, works_from_export
from workbench.studio.project import Project


@dataclass(frozen=True)
class Pulled:
    """What a pull wrote: rows by file, the counts of export.Tally, its problems, labels that the schema lacks, and the
    name of the snapshot of each file."""

    files: dict[str, int]
    counts: dict[str, int]
    problems: tuple[str, ...]
    strangers: tuple[str, ...]
    snapshots: Mapping[str, str] = field(default_factory=dict)


def pull(
    studio: Studio,
    title: str,
    path: Path,
    *,
    schema: Schema | None = None,
    annotator: str | None = None,
    each: bool = False,
    unannotated: bool = False,
    leave_out: bool = False,
    snapshots: Snapshots | None = None,
    progress: Progress = silent,
) -> Pulled:
    """Writes the project's annotations to `path`, whole or not at all; see entries_from_export for what is taken.

    With `each`, one file an annotator, named after `path` (gold.jsonl gives gold.anna.jsonl): the ids stay those of
    the bulletins and the files go straight into `workbench agreement`. With `snapshots`, every content is kept there,
    also what people annotated in an older file that is overwritten. Raises StudioError for a project or annotator
    that is not there, and, unless `leave_out`, for regions and texts that do not match; nothing is written then.
    """
    studio.version()
    project = studio.project(title)
    people = studio.people()
    if annotator is not None and annotator.lower() not in {email.lower() for email in people.values()}:
        raise StudioError(f"no user {annotator!r} is on {studio.url} (there are: {', '.join(people.values())})")
    ids = studio.task_ids(project, annotated=not unannotated)
    tasks = progress(studio.export(project, ids), what="pulling", total=len(ids))
    tally, controls = Tally(), project.controls
    if each:
        works = works_from_export(tasks, controls=controls, people=people, leave_out=leave_out, tally=tally)
        files = _write_each(path, works, snapshots)
    else:
        _keep_older(path, snapshots)
        entries = entries_from_export(
            tasks,
            controls=controls,
            people=people,
            annotator=annotator,
            unannotated=unannotated,
            leave_out=leave_out,
            tally=tally,
        )
        files = {str(path): write_corpus(path, _some(entries, project))}
    strangers = tuple(name for name in sorted(tally.labels) if schema is not None and name not in schema)
    counts = tally.as_table()
    if not unannotated:
        # Those that were not even asked for count as well.
        counts["unannotated"] += project.tasks - len(ids)
        counts["tasks"] = project.tasks
    kept = {name: snapshots.keep(Path(name), why="pull")[0].name for name in files} if snapshots else {}
    return Pulled(files, counts, tuple(tally.problems), strangers, kept)


def file_of(path: Path, annotator: str) -> Path:
    """The file of one annotator beside `path`: the email made safe for a file name, without a bare @localhost."""
    name = re.sub(r"[^\w.-]+", "-", annotator.removesuffix("@localhost")) or "unknown"
    return path.with_name(f"{path.stem}.{name}{path.suffix}")


def _some(entries: Iterator[Any], project: Project) -> Iterator[Any]:
    """The entries; an empty project is said instead of written as an empty file."""
    empty = True
    for entry in entries:
        empty = False
        yield entry
    if empty:
        raise StudioError(
            f"{project.where} has no annotation to pull ({project.tasks} tasks); label some first, "
            "or take the unlabelled tasks too with --unannotated"
        )


def _keep_older(path: Path, snapshots: Snapshots | None) -> None:
    if snapshots is not None:
        keep_older(path, snapshots, why="before pull")


def _write_each(path: Path, works: Iterator[tuple[str, Any]], snapshots: Snapshots | None) -> dict[str, int]:
    """One file an annotator; all of them take their places only when everything was written."""
    rows: dict[str, int] = {}
    open_files: dict[str, IO[bytes]] = {}
    with ExitStack() as stack:
        for name, entry in works:
            target = file_of(path, name)
            if str(target) not in rows:
                _keep_older(target, snapshots)
                open_files[str(target)] = stack.enter_context(replacing(target))
            open_files[str(target)].write(dump_row(entry).encode("utf-8", "surrogatepass") + b"\n")
            rows[str(target)] = rows.get(str(target), 0) + 1
        if not rows:
            raise StudioError("the project has no annotation to pull; label some tasks first")
    return rows


def remarks(pulled: Pulled) -> Iterator[str]:
    """What a person should know of a pull, one line each; nothing for what did not occur."""
    said = {
        "empty": "annotations mark nothing; kept as labelled with none",
        "assisted": "annotations started from a prediction",
        "skipped": "annotations were skipped by their annotator; left out",
        "drafts": "drafts were never submitted; left out",
        "several": "tasks have several annotations; the ground truth was taken, else the one changed last",
        "doubles": "regions were given twice; taken once",
        "unannotated": "tasks have no annotation yet",
        "unhashed": "tasks were not imported by the workbench, so their texts could not be checked for edits",
        "renamed": "rows had the id of another task; the task's number was added to it",
        "left_out": "annotations were left out because they do not match their text:",
    }
    counts = dict(pulled.counts)
    if len(pulled.files) > 1:
        counts["several"] = 0  # with a file for each, none was passed over
    yield from (f"{counts[name]} {sentence}" for name, sentence in said.items() if counts[name])
    yield from (f"  {problem}" for problem in pulled.problems[:10])
    if pulled.strangers:
        yield f"labels that the schema does not have: {', '.join(pulled.strangers)}"
