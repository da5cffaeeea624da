"""`workbench verify`: whether everything is as it was written."""

from dataclasses import asdict

import click

from workbench.cli.common import answer, json_option, progress, workspace


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Check every hash and every span of the workspace.

    Exit 1 where something is wrong.

    Corpora row by row, snapshots and models by their hashes, runs that were stopped by their journals, the characters
    that records name against the bulletins, the databases by their own check. Nothing is changed.

    \b
    Examples:
      workbench verify
      workbench verify --json
    """
    from workbench.keep.verify import COUNTED, verify

    here = workspace()
    found = verify(here, progress=progress)
    counts = {name: found.counts[name] for name in COUNTED}
    value = {"workspace": str(here.root), "flaws": [asdict(flaw) for flaw in found.flaws], **counts}
    seen = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number)
    lines = [f"WRONG   {flaw.where}: {flaw.what}\n        -> {flaw.remedy}" for flaw in found.flaws]
    lines.append(f"{len(found.flaws)} things are wrong" if found.flaws else "everything is as it was written")
    answer(value, as_json=as_json, lines=[*lines, f"looked at {seen or 'nothing: the workspace is empty'}"])
    if found.flaws:
        click.get_current_context().exit(1)
