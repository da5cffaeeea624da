"""`workbench pull`: annotations out of Label Studio."""

from pathlib import Path

import click

from workbench.cli.common import (
    answer,
    corpus_name,
    json_option,
    progress,
    project_option,
    project_or_default,
    say,
    schema_option,
    workspace,
)


@click.command()
@project_option
@click.option(
    "-o", "--output", callback=corpus_name, required=True, metavar="FILE", help="Corpus file to write (.jsonl)."
)
@schema_option
@click.option("--annotator", metavar="EMAIL", help="Only this annotator's work.")
@click.option("--each", is_flag=True, help="One file an annotator: gold.jsonl gives gold.NAME.jsonl.")
@click.option("--unannotated", is_flag=True, help="Take the tasks without annotation too, as unlabelled rows.")
@click.option(
    "--leave-out", is_flag=True, help="Leave out annotations that do not match their text, instead of failing."
)
@json_option
def command(
    project: str | None,
    output: str,
    schema_path: str | None,
    annotator: str | None,
    each: bool,
    unannotated: bool,
    leave_out: bool,
    as_json: bool,
) -> None:
    """Pull a project's annotations into a corpus file.

    Every span is verified against the text that was sent. Of several annotations of a task the ground truth is
    taken, else the one changed last. Each content is kept as a snapshot (see `workbench snapshots`), and so is what
    people annotated in a file that is overwritten.

    \b
    Examples:
      workbench pull --project "May 2024" -o gold.jsonl
      workbench pull --project "May 2024" -o gold.jsonl --each
    """
    from workbench.studio.connect import connect
    from workbench.studio.pulling import pull, remarks

    if each and (annotator or unannotated):
        raise click.UsageError("--each takes every annotator's work; it does not go with --annotator or --unannotated")
    here = workspace()
    with connect(here) as studio:
        done = pull(
            studio,
            project_or_default(project, here),
            Path(output),
            schema=here.schema(schema_path),
            annotator=annotator,
            each=each,
            unannotated=unannotated,
            leave_out=leave_out,
            snapshots=here.snapshots,
            progress=progress,
        )
    for remark in remarks(done):
        say(remark)
    value = {
        "files": done.files,
        "snapshots": dict(done.snapshots),
        **done.counts,
        "problems": list(done.problems),
        "labels_not_in_schema": list(done.strangers),
    }
    lines = [f"{rows} bulletins in {name}, snapshot {done.snapshots[name]}" for name, rows in done.files.items()]
    answer(value, as_json=as_json, lines=lines)
