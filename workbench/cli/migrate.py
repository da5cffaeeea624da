"""`workbench migrate`: labels renamed, merged or split, everywhere at once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import (
    agreed,
    answer,
    json_option,
    progress,
    project_option,
    say,
    table,
    workspace,
    yes_option,
)

if TYPE_CHECKING:
    from workbench.core.relabelling import Part, Relabelling
    from workbench.core.workspace import Workspace
    from workbench.keep.migrate import Outcome, Preview, Wanted
    from workbench.studio.client import Studio


def _change_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that declare the change, in the order in which --help shows them."""
    many = (
        click.option("--rename", "renames", multiple=True, metavar="OLD=NEW", help="Give a label another name."),
        click.option("--merge", "merges", multiple=True, metavar="A,B=C", help="Make one label of several."),
        click.option(
            "--split",
            "splits",
            multiple=True,
            metavar="OLD=NEW[:PATTERN]",
            help="Make several labels of one: spans whose characters match PATTERN become NEW; once for each NEW.",
        ),
        click.option("--plan", metavar="FILE", help="The change declared in a TOML file instead."),
    )
    for option in reversed(many):
        function = option(function)
    return function


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE...]")
@_change_options
@project_option
@click.option("--no-project", is_flag=True, help="Leave Label Studio alone, also where workbench.toml names a project.")
@click.option("--schema", metavar="FILE", help="The schema to change; else the workspace's.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--undo", "undoing", is_flag=True, help="Take the last change back.")
@yes_option
@json_option
def command(files: tuple[str, ...], undoing: bool, dry_run: bool, yes: bool, as_json: bool, **options: Any) -> None:
    """Rename, merge or split labels everywhere at once.

    In schema, rules, corpora and the Label Studio project.

    FILEs are the corpora to change; without any, those of annotations/. Annotations, predictions and drafts of the
    project are changed too, and so is its labelling page. Where a split has no pattern that fits, the last part without
    a pattern takes the rest; with none, or several, those spans are marked for review. A run that was stopped is
    completed by the same command; --undo puts everything back as it was.

    \b
    Examples:
      workbench migrate --rename WEAPON=MEANS --project "May 2024" --dry-run
      workbench migrate --merge EVENT_ATTACK,EVENT_CLASH=EVENT_ARMED --no-project
      workbench migrate --split "FIGURE_OTHER=FIGURE_MONEY:rupees|dollars" --split FIGURE_OTHER=FIGURE_REST
      workbench migrate --undo
    """
    from workbench.core.locks import alone

    here = workspace()
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(alone(here.state / "migrations", what="changing labels here"))
        if undoing:
            _undo(here, stack, yes=yes, dry_run=dry_run, as_json=as_json)
        else:
            _migrate(here, stack, files, options, yes=yes, dry_run=dry_run, as_json=as_json)


def _migrate(
    here: "Workspace",
    stack: ExitStack,
    files: tuple[str, ...],
    options: dict[str, Any],
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    from workbench.keep.migrate import migrate, preview, unfinished, wanted

    title = None if options["no_project"] else options["project"] or here.settings.get("project")
    schema = Path(options["schema"]) if options["schema"] else None
    asked = wanted(here, _change(options), corpora=[Path(file) for file in files], schema=schema, project=title)
    studio = _studio(here, stack) if title else None
    if unfinished(here) is None:
        seen = preview(asked, studio, progress=progress)
        if dry_run:
            answer(_preview_table(seen), as_json=as_json, lines=_preview_lines(asked, seen))
            return
        for line in _preview_lines(asked, seen):
            say(line)
        agreed("Change all of this? (`workbench migrate --undo` takes it back)", yes=yes)
    elif dry_run:
        raise click.UsageError("a change of labels was stopped before its end: complete it or undo it first")
    done = migrate(here, asked, studio, progress=progress)
    lines = [
        f"{done.files} files and {done.results} results of Label Studio have the new labels"
        + (" (a run that was stopped is completed)" if done.completed else ""),
        "models trained before still say the old labels: train again; `workbench migrate --undo` takes this back",
    ]
    answer(_outcome_table(done), as_json=as_json, lines=lines)


def _undo(here: "Workspace", stack: ExitStack, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    from workbench.keep.migrate import edited_since, last, undo

    journal = last(here)
    plan = journal.plan()
    say(
        f"undoing the change of labels of {plan.made}: {len(plan.files)} files"
        + (f", {len(journal.results())} results of project {plan.project.title!r}" if plan.project else "")
    )
    for path in edited_since(here, plan):
        say(f"{path} was changed since; as it is now it is kept as a snapshot, and then put back")
    if dry_run:
        answer({"files": [each.path for each in plan.files]}, as_json=as_json, lines=["nothing was changed"])
        return
    agreed("Put all of this back?", yes=yes)
    done = undo(here, journal, _studio(here, stack) if plan.project else None, progress=progress)
    line = f"{done.files} files and {done.results} results of Label Studio are as they were before"
    answer(_outcome_table(done), as_json=as_json, lines=[line])


def _studio(here: "Workspace", stack: ExitStack) -> "Studio":
    from workbench.studio.connect import connect

    studio = stack.enter_context(connect(here))
    studio.version()
    return studio


def _change(options: dict[str, Any]) -> "Relabelling":
    from workbench.core.relabelling import load_relabelling, relabelling

    given = [*options["renames"], *options["merges"], *options["splits"]]
    if options["plan"]:
        if given:
            raise click.UsageError("--plan declares the whole change; it does not go with --rename, --merge or --split")
        return load_relabelling(options["plan"])
    if not given:
        raise click.UsageError("name the change: --rename, --merge, --split, or a file with --plan")
    splits: dict[str, list[Part]] = {}
    for old, new in map(_pair, options["splits"]):
        splits.setdefault(old, []).append(_part(new))
    return relabelling(
        renames=dict(map(_pair, options["renames"])),
        merges={new: [name.strip() for name in old.split(",")] for old, new in map(_pair, options["merges"])},
        splits=splits,
    )


def _pair(given: str) -> tuple[str, str]:
    old, equals, new = given.partition("=")
    if not equals or not old.strip() or not new.strip():
        raise click.UsageError(f"{given!r} names no change; expected OLD=NEW")
    return old.strip(), new.strip()


def _part(given: str) -> "Part":
    from workbench.core.relabelling import Part

    label, colon, pattern = given.partition(":")
    return Part(label.strip(), pattern if colon else None)


def _preview_lines(asked: "Wanted", seen: "Preview") -> Iterator[str]:
    rows = [(name, old, new, number) for name, old, new, number in _file_rows(seen)]
    if seen.project:
        where = f"project {asked.project!r}"
        rows += [(where, old, new, n) for (old, new), n in sorted(seen.project.regions.items()) if old != "review"]
    yield from table(("in", "from", "to", "spans"), rows, title="Labels that change")
    review = sum(sum(counts.review.values()) for counts in seen.files.values())
    review += sum(n for (kind, _), n in seen.project.regions.items() if kind == "review") if seen.project else 0
    if review:
        yield f"{review} spans fit no rule: they get the first part's label, and are marked for review"
    if seen.split_rules:
        yield f"{seen.split_rules} rules of rules.toml have a label that is split: look at them afterwards"
    if seen.project:
        kinds = ", ".join(f"{number} {kind}s" for kind, number in sorted(seen.project.results.items())) or "nothing"
        yield f"in Label Studio: {kinds} of {seen.project.tasks} tasks, and the labelling page"
    yield f"{asked.schema.name} then has {len(seen.labels)} labels"


def _file_rows(seen: "Preview") -> Iterator[tuple[str, str, str, int]]:
    from workbench.keep.migrate import lines_of

    for name, counts in seen.files.items():
        for old, new, number in lines_of(counts):
            yield Path(name).name, old, new, number


def _preview_table(seen: "Preview") -> dict[str, Any]:
    project = seen.project
    return {
        "files": [{"file": f, "from": old, "to": new, "spans": number} for f, old, new, number in _file_rows(seen)],
        "review": {name: dict(+counts.review) for name, counts in seen.files.items() if +counts.review},
        "labels": list(seen.labels),
        "project": project
        and {
            "regions": [{"from": old, "to": new, "regions": n} for (old, new), n in sorted(project.regions.items())],
            "results": dict(project.results),
            "tasks": project.tasks,
        },
    }


def _outcome_table(done: "Outcome") -> dict[str, Any]:
    return {
        "migration": done.journal.name,
        "state": done.journal.state,
        "files": [each.path for each in done.plan.files],
        "project": done.plan.project.title if done.plan.project else None,
        "results": done.results,
        "completed_a_stopped_run": done.completed,
    }
