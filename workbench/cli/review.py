"""`workbench review`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, json_option, progress, say_replaced, schema_option, table, workspace

if TYPE_CHECKING:
    from workbench.assist.review import Dispute


@click.command()
@click.argument("files", metavar="FILE FILE…", nargs=-1, required=True)
@click.option("--project", metavar="NAME", help="Label Studio project to show them in; else they are only listed.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the N most disputed bulletins.")
@schema_option
@json_option
def command(
    files: tuple[str, ...], project: str | None, limit: int | None, schema_path: str | None, as_json: bool
) -> None:
    """Gather what tagger, language model and annotator dispute.

    One corpus file a side, of the same bulletins. With --project they go to Label Studio, the most disputed first,
    every side as predictions under its file's name.

    \b
    Example:
      workbench review tagger.jsonl llm.jsonl annotator.jsonl --project "Review May"
    """
    from workbench.assist.review import disputes, show
    from workbench.core.corpus import load_corpus

    names = _names(files)
    here = workspace()
    schema = here.schema(schema_path)
    found = disputes({names[file]: load_corpus(file) for file in names}, schema)[:limit]
    sent = dict[str, int]()
    if project:
        from workbench.studio.connect import connect_remembering

        with connect_remembering(here, "review") as studio:
            sent = show(studio, found, project, schema, progress=progress)
        say_replaced(studio.deed, "predictions of the same side were")
    value = {"disputed": [_row(each) for each in found], "project": project, "predictions": sent}
    answer(value, as_json=as_json, lines=_lines(found, project, sent))


def _names(files: Sequence[str]) -> dict[str, str]:
    """What to call the side of each file: its name without folder and ending, where that tells them apart."""
    stems = Counter(Path(file).stem for file in set(files))
    return {file: stem if stems[stem := Path(file).stem] == 1 else file for file in dict.fromkeys(files)}


def _row(each: "Dispute") -> dict[str, Any]:
    return {
        "id": each.document.id,
        "weight": each.weight,
        "disputed": [
            {"start": span.start, "end": span.end, "label": span.label, "said_by": list(names)}
            for span, names in each.disputed.items()
        ],
        "unsettled": list(each.unsettled),
    }


def _lines(found: "Sequence[Dispute]", project: str | None, sent: dict[str, int]) -> Iterator[str]:
    if not found:
        yield "the corpora say the same of every bulletin"
        return
    rows = [(each.document.id, each.weight, len(each.disputed), len(each.unsettled)) for each in found]
    yield from table(("bulletin", "weight", "disputed spans", "unsettled"), rows)
    if project:
        yield f"in {project!r}: " + ", ".join(f"{many} predictions of {name}" for name, many in sent.items())
