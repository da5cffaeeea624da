"""`workbench influence`: what people did with the model's suggestions."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import (
    answer,
    json_option,
    progress,
    project_option,
    project_or_default,
    say,
    table,
    workspace,
)

if TYPE_CHECKING:
    from workbench.score.influence import Fates, Group, Influence

_TITLES = {"assisted": "from suggestions", "unassisted": "without", "blind": "blind share"}


@click.command()
@project_option
@click.option("--predicted", metavar="FILE", help="The model's labels of the same bulletins, the blind ones too.")
@json_option
def command(project: str | None, predicted: str | None, as_json: bool) -> None:
    """Count the suggested spans that people kept or changed.

    Also those removed and added, and the time that people took.

    Where people agree with the model far more when they see its suggestions than in the blind share, it is the
    suggestions that speak: name the model's labels of all bulletins with --predicted to see it.

    \b
    Examples:
      workbench import new.jsonl --project "May 2024" --model models/current --blind 0.1
      workbench influence --project "May 2024" --predicted predicted.jsonl
    """
    from workbench.core.corpus import load_corpus
    from workbench.score.influence import Handled, influence
    from workbench.studio.connect import connect
    from workbench.studio.suggested import read_work

    here = workspace()
    said = load_corpus(predicted) if predicted else []
    with connect(here) as studio:
        done = read_work(studio, project_or_default(project, here), progress=progress)
    found = influence([Handled(w.entry, w.suggested, w.seconds, w.blind) for w in done.work], predicted=said)
    for problem in done.problems:
        say(f"left out: {problem}")
    if found.unknown:
        say(f"{found.unknown} annotations started from suggestions that Label Studio did not keep; only timed")
    answer(_as_dict(found), as_json=as_json, lines=_lines(found))


def _lines(found: "Influence") -> Iterator[str]:
    header = ("suggested", "kept", "changed", "removed", "added", "share kept")
    parts = {"label": found.labels, "model version": found.versions, "confidence": found.bands}
    for title, fates in parts.items():
        rows = [(name, *_row(one)) for name, one in fates.items()]
        if rows:
            yield from table((title, *header), [*rows, ("all", *_row(found.overall))] if title == "label" else rows)
    if not found.overall.counts:
        yield "no annotation started from suggestions yet"
    times = ("annotations", "median seconds", "of timed", "spans in 1,000 characters", "F1 of the model")
    yield from table(("begun", *times), [(_TITLES[name], *_times(group)) for name, group in found.groups.items()])


def _row(fates: "Fates") -> tuple[Any, ...]:
    from workbench.score.influence import FATES

    return (fates.suggested, *(fates[fate] for fate in FATES), fates.share_kept)


def _times(group: "Group") -> tuple[Any, ...]:
    seconds = None if group.seconds is None else f"{group.seconds:.1f}"
    density = None if group.density is None else f"{group.density:.1f}"
    return (group.annotations, seconds, group.timed, density, group.model.f1 if group.model else None)


def _as_dict(found: "Influence") -> dict[str, Any]:
    return {
        "overall": _fates_dict(found.overall),
        "labels": _fates_dicts(found.labels),
        "model_versions": _fates_dicts(found.versions),
        "confidence": _fates_dicts(found.bands),
        "groups": {
            name: {
                "annotations": group.annotations,
                "timed": group.timed,
                "median_seconds": group.seconds,
                "spans_per_1000_characters": group.density,
                "model": group.model.as_dict() if group.model else None,
            }
            for name, group in found.groups.items()
        },
        "suggestions_unknown": found.unknown,
    }


def _fates_dicts(fates: "Mapping[str, Fates]") -> dict[str, Any]:
    return {name: _fates_dict(one) for name, one in fates.items()}


def _fates_dict(fates: "Fates") -> dict[str, Any]:
    from workbench.score.influence import FATES

    return {
        "suggested": fates.suggested,
        **{fate: fates[fate] for fate in FATES},
        "share_kept": fates.share_kept,
    }
