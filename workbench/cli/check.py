"""`workbench check`."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import (
    answer,
    json_option,
    progress,
    project_option,
    project_or_default,
    say,
    schema_option,
    setting_pair,
    table,
    workspace,
)
from workbench.cli.label_errors import label_errors, show_in_studio

if TYPE_CHECKING:
    from workbench.check.corpus import Checked
    from workbench.check.finding import Finding


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@schema_option
@click.option("--split", type=click.Choice(["blank"]), help="Cut .txt files into bulletins at blank lines.")
@click.option(
    "--near",
    type=click.FloatRange(0, 1),
    default=0.8,
    show_default=True,
    help="Similarity from which two texts count as nearly the same; 0 looks for equal texts only.",
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="Findings shown of each kind; 0 shows all. --json always holds all.",
)
@click.option(
    "--label-errors",
    "doubting",
    is_flag=True,
    help="Also train on all folds but one in turn, and name the labels that the model of the others doubts.",
)
@click.option("--folds", type=click.IntRange(2), default=5, show_default=True, help="Of --label-errors.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="A training setting of --label-errors.")
@click.option("--to-studio", is_flag=True, help="With --label-errors: open them as a tab of a Label Studio project.")
@project_option
@json_option
def command(
    paths: tuple[str, ...],
    *,
    schema_path: str | None,
    split: str | None,
    near: float,
    limit: int,
    doubting: bool,
    folds: int,
    changes: tuple[str, ...],
    to_studio: bool,
    project: str | None,
    as_json: bool,
) -> None:
    """Say what is wrong or suspicious in a corpus.

    Several are also held against each other. FILE is a corpus (.jsonl), or any other form that workbench reads; "-"
    is standard input. Errors are what training and scoring refuse: broken rows, ids twice, spans out of range or
    overlapping, labels outside the schema. Warnings are what a person should look at. Exit status 1 where there are
    errors.

    --label-errors takes as long as training a few times; what is done is kept, so that a second run is quick. A model
    does not doubt what it was trained on: for the project's own corpus, which the starter knows, say --set start=none.

    \b
    Examples:
      workbench check gold/train.jsonl gold/dev.jsonl
      workbench check --schema mine.toml --limit 0 gold.jsonl
      workbench check gold.jsonl --label-errors --to-studio --project "May 2024"
    """
    from workbench.check.corpus import check_corpus

    if to_studio and not doubting:
        raise click.UsageError("--to-studio opens what --label-errors finds; say both")
    title = project_or_default(project, workspace()) if to_studio else None
    schema = workspace().schema(schema_path)
    checked = check_corpus(paths, schema=schema, split=split, near=near, progress=progress)
    if doubting and not checked.of("error"):
        from workbench.check.doubts import finding

        found = label_errors(checked, schema=schema, folds=folds, changes=dict(map(setting_pair, changes)))
        checked = checked.also(finding(found[0][doubt.row], doubt) for doubt in found[1])
        if title is not None:
            show_in_studio(found, title, schema)
    answer(_value(checked), as_json=as_json, lines=_lines(checked, limit))
    if checked.of("error"):
        if doubting:
            say("likely label errors were not looked for; mend the errors above first")
        click.get_current_context().exit(1)


def _value(checked: "Checked") -> dict[str, Any]:
    from workbench.check.finding import KINDS

    return {
        "files": checked.files,
        "documents": checked.documents,
        "labelled": checked.labelled,
        "spans": checked.spans,
        "errors": checked.of("error"),
        "warnings": checked.of("warning"),
        "kinds": {
            kind: {
                "severity": KINDS[kind][0],
                "meaning": KINDS[kind][1],
                "count": len(found),
                "findings": [finding.row() for finding in found],
            }
            for kind, found in checked.groups().items()
        },
    }


def _lines(checked: "Checked", limit: int) -> Iterator[str]:
    from workbench.check.finding import KINDS

    for kind, found in checked.groups().items():
        severity, meaning = KINDS[kind]
        shown = _varied(found)[: limit or None]
        yield f"{severity}: {meaning} ({kind}): {len(found):,}"
        yield from table(("where", "bulletin", "what"), (_cells(finding, checked.files) for finding in shown))
        if len(shown) < len(found):
            yield f"and {len(found) - len(shown):,} more; --limit 0 shows all"
        yield ""
    yield (
        f"{_count(checked.documents, 'bulletin')} in {_count(checked.files, 'file')}, {checked.labelled:,} labelled, "
        f"{_count(checked.spans, 'span')}: {_count(checked.of('error'), 'error')}, "
        f"{_count(checked.of('warning'), 'warning')}"
    )


def _varied(findings: list["Finding"]) -> list["Finding"]:
    """The first of each message before the second of any, so that a few lines show what there is."""
    seen: Counter[str] = Counter()
    ranks = []
    for finding in findings:
        ranks.append(seen[finding.message])
        seen[finding.message] += 1
    return [findings[place] for place in sorted(range(len(findings)), key=ranks.__getitem__)]


def _cells(finding: "Finding", files: int) -> tuple[str, str, str]:
    where = f"{finding.file} {finding.place}".strip() if files > 1 or not finding.place else finding.place
    span = f"{finding.start}-{finding.end}: " if finding.start is not None else ""
    shown = f" {finding.excerpt}" if finding.excerpt else ""
    return where, finding.document or "", f"{span}{finding.message}{shown}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
