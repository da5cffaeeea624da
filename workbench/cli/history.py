"""`workbench history`: every evaluation that was recorded, and F1 over time."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, json_option, table, workspace

if TYPE_CHECKING:
    from workbench.score.history import Run


@click.command(name="history")
@click.option("--last", default=20, show_default=True, type=click.IntRange(1), help="How many of the newest runs.")
@json_option
def command(*, last: int, as_json: bool) -> None:
    """Show the recorded evaluations, and F1 over time.

    The oldest first; those on the newest one's data are plotted.

    Only runs on the same data can be compared: the column `data` says which are.

    \b
    Example:
      workbench history --last 50
    """
    from workbench.score.record import history_of

    runs = history_of(workspace()).runs()[-last:]
    answer({"runs": [_as_dict(run) for run in runs]}, as_json=as_json, lines=_lines(runs))


def _lines(runs: "Sequence[Run]") -> Iterator[str]:
    if not runs:
        yield "no run yet; record one with `workbench evaluate --data FILE`"
        return
    header = ("run", "recorded", "name", "data", "bulletins", "F1", "95 %", "macro F1", "code")
    yield from table(header, [_row(run) for run in runs])
    yield from _plot(runs)


def _row(run: "Run") -> tuple[Any, ...]:
    interval = run.summary["strict"]["interval"]
    between = f"{interval[0]:.3f}–{interval[1]:.3f}" if interval else "too few"
    macro, documents = run.summary["macro"]["f1"], run.summary["documents"]
    return (
        run.id,
        run.recorded[:16],
        run.name,
        run.data_hash[:6],
        documents,
        run.f1,
        between,
        macro,
        run.code_version,
    )


def _plot(runs: "Sequence[Run]") -> Iterator[str]:
    from workbench.cli.plot import Mark, plot

    marks = []
    for run in runs:
        if run.data_hash == runs[-1].data_hash and run.f1 is not None:
            low, high = run.summary["strict"]["interval"] or (run.f1, run.f1)
            marks.append(Mark(str(run.id), run.f1, low, high))
    if len(marks) > 1:
        yield f"strict F1 by run, on data {runs[-1].data_hash[:6]}"
        yield from plot(marks)


def _as_dict(run: "Run") -> dict[str, Any]:
    return {
        "run": run.id,
        "recorded": run.recorded,
        "name": run.name,
        "data_hash": run.data_hash,
        "schema_hash": run.schema_hash,
        "model_hash": run.model_hash,
        "model_card": run.model_card,
        "prompt_hash": run.prompt_hash,
        "code_version": run.code_version,
        "settings": run.settings,
        **{name: run.summary[name] for name in ("strict", "macro", "labels", "groups", "documents", "spans")},
    }
