"""A change of labels in one go: schema, rules, corpora and the project; previewed, completed after a kill, undone."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workbench.core.errors import InputError, StudioError
from workbench.core.files import replacing, write_text
from workbench.core.progress import Progress, silent
from workbench.core.relabelling import Relabelling
from workbench.core.schema import Schema, load_schema
from workbench.core.snapshots import file_sha256
from workbench.core.workspace import Workspace, packaged
from workbench.keep.files import Counts, changed_since, copy_whole, put_back, put_in_place, relabelled_lines
from workbench.keep.journal import BEGUN, DONE, UNDOING, UNDONE, FileChange, Journal, Plan, journals, new_journal, now
from workbench.keep.project import Survey, migrate_project, plan_project, survey, undo_project
from workbench.keep.schema_file import relabel_rules, relabel_schema
from workbench.studio.client import Studio
from workbench.studio.project import Project
from workbench.studio.stored import project_values


@dataclass(frozen=True)
class Wanted:
    """What is asked for: the change, the schema file, the corpora, and the project (None: files only)."""

    change: Relabelling
    schema: Path
    corpora: tuple[Path, ...]
    project: str | None

    @property
    def key(self) -> str:
        """The same for the same command."""
        said = [self.change.table(), str(self.schema), sorted(map(str, self.corpora)), self.project]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Preview:
    """What would change: spans by corpus, the schema's labels after it, rules whose label is split, the project."""

    files: dict[str, Counts]
    labels: tuple[str, ...]
    split_rules: int
    project: Survey | None


@dataclass(frozen=True)
class Outcome:
    """What was done: files changed or put back, results of the project in this run, and whether a run was completed."""

    journal: Journal
    plan: Plan
    files: int
    results: int
    completed: bool


def wanted(
    workspace: Workspace,
    change: Relabelling,
    *,
    corpora: Sequence[Path] = (),
    schema: Path | None = None,
    project: str | None = None,
) -> Wanted:
    """The change with what it is about: without `corpora` those of annotations/, without `schema` the workspace's."""
    home = workspace.root / str(workspace.settings.get("schema", "annotations/schema.toml"))
    found = tuple(corpora) or tuple(sorted(workspace.annotations.glob("*.jsonl")))
    for path in found:
        if path.suffix != ".jsonl":
            raise InputError(f"{path} is no .jsonl corpus; only those are migrated: turn it into one first")
    return Wanted(change, (schema or home).resolve(), tuple(path.resolve() for path in found), project)


def preview(asked: Wanted, studio: Studio | None, *, progress: Progress = silent) -> Preview:
    """Reads everything, changes nothing. Raises InputError, StudioError: also for unsubmitted work in the way."""
    _, after, split_rules = _schema_and_rules(asked)
    files = {}
    for path in progress(asked.corpora, what="reading corpora", total=len(asked.corpora)):
        counts = files[str(path)] = Counts()
        for _ in relabelled_lines(path, asked.change, counts):
            pass
    seen = None
    if studio is not None and asked.project is not None:
        project = studio.project(asked.project)
        plan_project(studio, project, asked.change, _schema(asked), after)
        seen = survey(studio, project, asked.change, progress=progress)
        if seen.open_work:
            who = ", ".join(sorted(set(seen.open_work.values())))
            raise StudioError(
                f"{who} have unsubmitted changes to annotations of {len(seen.open_work)} tasks of {project.where} "
                f"(task {next(iter(seen.open_work))} …), which would be lost; let them be submitted or discarded first"
            )
    return Preview(files, after.names, split_rules, seen)


def unfinished(workspace: Workspace) -> Journal | None:
    """The change that was begun and neither completed nor undone, if there is one."""
    return next((each for each in journals(workspace) if each.state in (BEGUN, UNDOING)), None)


def migrate(workspace: Workspace, asked: Wanted, studio: Studio | None, *, progress: Progress = silent) -> Outcome:
    """Carries the change out, or completes the same one after a kill. Raises InputError where another is unfinished."""
    journal, begun = unfinished(workspace), True
    if journal is None:
        journal, begun = _begin(workspace, asked, studio), False
    plan = journal.plan()
    if journal.state != BEGUN or plan.key != asked.key:
        what = "undo" if journal.state == UNDOING else "change of labels"
        raise InputError(
            f"an {what} of {plan.made} was stopped before its end ({journal.folder}); complete it with the command "
            "that began it, or take it back with `workbench migrate --undo`"
        )
    put_in_place(journal, plan, workspace.root, workspace.snapshots)
    results = 0
    if plan.project is not None:
        after = _schema_after(journal, plan)
        results = migrate_project(_same(studio, plan), plan, after, journal, progress=progress)
    journal.mark(DONE)
    return Outcome(journal, plan, len(plan.files), results, completed=begun)


def last(workspace: Workspace) -> Journal:
    """The newest change that is not undone. Raises InputError where there is none."""
    there = [each for each in journals(workspace) if each.state != UNDONE]
    if not there:
        raise InputError(f"no change of labels of {workspace.root} is left to undo")
    return there[-1]


def undo(workspace: Workspace, journal: Journal, studio: Studio | None, *, progress: Progress = silent) -> Outcome:
    """Takes a change back, or completes that: files to their old bytes, results of the project to what they were.

    The project comes first, since only there it may turn out that it cannot be; see undo_project.
    """
    plan, results, begun = journal.plan(), 0, journal.state == UNDOING
    if plan.project is not None:
        results = undo_project(
            _same(studio, plan),
            plan,
            _schema_after(journal, plan),
            journal,
            begin=lambda: journal.mark(UNDOING),
            progress=progress,
        )
    journal.mark(UNDOING)
    put_back(journal, plan, workspace.root, workspace.snapshots)
    journal.mark(UNDONE)
    return Outcome(journal, plan, len(plan.files), results, completed=begun)


def edited_since(workspace: Workspace, plan: Plan) -> list[str]:
    """The files that somebody changed after the labels were: an undo keeps a snapshot of those that are corpora."""
    return [change.path for change in changed_since(plan, workspace.root)]


def _begin(workspace: Workspace, asked: Wanted, studio: Studio | None) -> Journal:
    """Everything made ready beside the originals; with the plan written, the change is begun."""
    journal = new_journal(workspace)
    texts, after, _ = _schema_and_rules(asked)
    files: list[FileChange] = []
    for path, text in texts.items():
        _prepare(journal, workspace, path, files, partial(write_text, text=text))
    for path in asked.corpora:
        _prepare(journal, workspace, path, files, partial(_write, corpus=path, change=asked.change))
    project = None
    if studio is not None and asked.project is not None:
        there: Project = studio.project(asked.project)
        project = plan_project(studio, there, asked.change, _schema(asked), after)
    before = _schema(asked).names
    journal.write(Plan(asked.key, now(), asked.change, before, tuple(files), project))
    return journal


def _prepare(
    journal: Journal, workspace: Workspace, path: Path, files: list[FileChange], make: Callable[[Path], object]
) -> None:
    """Both sides of a file into the journal; nothing for one that does not change."""
    place = str(len(files))
    after = journal.folder / "after" / place
    make(after)
    old = file_sha256(path) if path.exists() else None
    new = file_sha256(after)
    if old == new:
        after.unlink()
        return
    if old is not None:
        copy_whole(path, journal.folder / "before" / place)
    name = path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path
    files.append(FileChange(str(name), old, new))


def _write(target: Path, *, corpus: Path, change: Relabelling) -> None:
    with replacing(target) as file:
        file.writelines(relabelled_lines(corpus, change, Counts()))


def _schema_and_rules(asked: Wanted) -> tuple[dict[Path, str], Schema, int]:
    """The new texts of the schema file and of the rules beside it, the new schema, and rules whose label is split."""
    text, after = relabel_schema(_schema_text(asked), asked.change, name=asked.schema.stem)
    texts, split = {asked.schema: text}, 0
    rules = asked.schema.with_name("rules.toml")
    if rules.exists():
        texts[rules], split = relabel_rules(rules.read_text(encoding="utf-8"), asked.change)
    return texts, after, split


def _schema(asked: Wanted) -> Schema:
    return load_schema(asked.schema if asked.schema.exists() else packaged("annotations/schema.toml"))


def _schema_text(asked: Wanted) -> str:
    """The schema file's text; that of the one that came along where the workspace has none of its own."""
    _schema(asked)  # says what is wrong with it
    path = asked.schema if asked.schema.exists() else packaged("annotations/schema.toml")
    return path.read_text(encoding="utf-8")


def _schema_after(journal: Journal, plan: Plan) -> Schema:
    return load_schema(journal.copy("after", plan.files[0], plan))


def _same(studio: Studio | None, plan: Plan) -> Studio:
    """The server that the plan is about. Raises StudioError for another one."""
    assert plan.project is not None  # noqa: S101 - the caller asked
    if (
        studio is None
        or project_values(studio, Project(plan.project.number, "", 0, ""))["created_at"] != plan.project.made
    ):
        raise StudioError(
            f"the change of labels is about {plan.project.title!r} on {plan.project.url}, and the server in force has "
            "no such project; set LABEL_STUDIO_URL, or start that server again"
        )
    return studio


def lines_of(counts: Counts) -> Iterator[tuple[str, str, int]]:
    """Old label, new label, spans; only what changes."""
    yield from ((old, new, number) for (old, new), number in sorted(counts.spans.items()) if number)
