"""`workbench schema`: a schema file made from the labels of a corpus."""

from pathlib import Path

import click

from workbench.cli.common import answer, json_option, progress, table


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", required=True, metavar="FILE", help="The schema file to write, such as schema.toml.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@json_option
def command(paths: tuple[str, ...], output: str, force: bool, as_json: bool) -> None:
    """Make a schema of the labels that a corpus uses.

    Groups are guessed from the names (EVENT_…, FIGURE_…, LOCATION, DATE, …), colours and hotkeys given. Look through
    the file: groups decide what records are made of, and descriptions are shown to annotators.

    \b
    Examples:
      workbench schema gold/train.jsonl gold/dev.jsonl -o mine.toml
      workbench train --train gold/train.jsonl --schema mine.toml -o models/mine
    """
    from collections import Counter

    from workbench.core.corpus import read_corpus
    from workbench.core.errors import InputError
    from workbench.core.files import write_text
    from workbench.core.suggest import schema_toml, suggest_schema

    target = Path(output)
    if target.exists() and not force:
        raise InputError(f"{target} is there already; name another file, or say --force to replace it")
    seen = Counter(
        span.label for path in paths for entry in progress(read_corpus(path), what="reading") for span in entry.spans
    )
    if not seen:
        raise InputError(f"{', '.join(paths)} holds no span; expected a corpus that somebody labelled")
    schema = suggest_schema(seen, name=target.stem)
    write_text(target, schema_toml(schema))
    rows = [(label.name, label.group, seen[label.name], label.hotkey) for label in schema.labels]
    answer(
        {
            "schema": str(target),
            "labels": [dict(zip(("name", "group", "spans", "hotkey"), row, strict=True)) for row in rows],
        },
        as_json=as_json,
        lines=[*table(("label", "group", "spans", "hotkey"), rows), f"the schema is in {target}; look through it"],
    )
