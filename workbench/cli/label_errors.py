"""What `workbench check --label-errors` does: likely label errors, and their tab in Label Studio."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.cli.common import progress, say, say_replaced, stepping, workspace

if TYPE_CHECKING:
    from workbench.check.corpus import Checked
    from workbench.check.doubts import Doubt
    from workbench.check.rows import Placed
    from workbench.core.schema import Schema

Found = tuple[list["Placed"], list["Doubt"]]


def label_errors(checked: "Checked", *, schema: "Schema", folds: int, changes: Mapping[str, str]) -> Found:
    """The labelled rows of a check, and the doubts about them, the most suspicious first."""
    from workbench.check.doubts import find_doubts
    from workbench.train.outoffold import out_of_fold
    from workbench.train.settings import settings_from
    from workbench.train.trainer import Watch

    rows = [row for row in checked.rows if row.entry.annotation is not None]
    entries, here = [row.entry for row in rows], workspace()
    with stepping("training") as step:
        readings = out_of_fold(
            entries,
            schema=schema,
            settings=settings_from(dict(changes)),
            count=folds,
            folder=here.state / "label-errors",
            cache=here.state / "encoders",
            watch=Watch(step, say=say),
        )
    return rows, find_doubts(entries, readings, schema.names)


def show_in_studio(found: Found, title: str, schema: "Schema") -> None:
    """Opens the doubted bulletins as a tab of a project."""
    from workbench.check.doubts import corrected
    from workbench.studio.connect import connect_remembering
    from workbench.studio.doubting import VIEW, Doubted, show_doubts

    rows, doubts = found
    by_row: dict[int, list[Doubt]] = {}
    for doubt in doubts:
        by_row.setdefault(doubt.row, []).append(doubt)
    doubted = [
        Doubted(rows[row].entry, corrected(rows[row].entry, mine), mine[0].score) for row, mine in by_row.items()
    ]
    with connect_remembering(workspace(), "check --label-errors") as studio:
        shown = show_doubts(studio, doubted, title, schema, progress=progress)
    say_replaced(studio.deed, "likely labels of an earlier check were removed or")
    say(f"{shown.tasks} bulletins are in the tab {VIEW!r} of {title!r}: {studio.url}/projects/{shown.project}/data")
    if shown.imported:
        say(f"{shown.imported} of them were not in the project, and went in with their labels")
    if shown.settled:
        say(f"{shown.settled} of an earlier check are not in doubt any more")
    if shown.blind:
        say(f"{shown.blind} get no suggestions (--blind), and so are not in the tab")
