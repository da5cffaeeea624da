"""`workbench report`: one HTML file of how good the labels are, or of the event records."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.agreement import annotator_names
from workbench.cli.common import answer, json_option, say, schema_option, workspace
from workbench.cli.score import figure_reader, left_out

if TYPE_CHECKING:
    from workbench.core.schema import Schema
    from workbench.report.atlas import Atlas
    from workbench.report.contents import Report, Scored
    from workbench.report.records import Records


@click.command(name="report")
@click.option("--gold", metavar="FILE", help="Annotated corpus that the predictions are held against.")
@click.option("--predicted", metavar="FILE", help="The same bulletins, labelled by a model.")
@click.option("--annotators", metavar="FILE FILE…", help="Corpora of two annotators or more, for their agreement.")
@click.argument("more", metavar="", nargs=-1)
@click.option(
    "--model", metavar="DIR", help="Model whose learning curve is shown, if it has one; else the current one's."
)
@click.option("--records", metavar="FILE", help="Event records (.jsonl): map, timeline, and every number's sentence.")
@click.option("--places", metavar="FILE", help="Place names of your own, as given to `workbench records`.")
@click.option("-o", "--output", required=True, metavar="FILE", help="The HTML file to write.")
@schema_option
@click.option("--include-assisted", is_flag=True, help="Count gold that was annotated from suggestions, too.")
@click.option("--errors", default=500, show_default=True, type=click.IntRange(0), help="How many errors to show.")
@click.option("--events", default=1000, show_default=True, type=click.IntRange(1), help="How many events to list.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Same seed, same intervals.")
@json_option
def command(
    gold: str | None,
    predicted: str | None,
    annotators: str | None,
    more: Sequence[str],
    *,
    model: str | None,
    records: str | None,
    places: str | None,
    output: str,
    schema_path: str | None,
    include_assisted: bool,
    errors: int,
    events: int,
    seed: int,
    as_json: bool,
) -> None:
    """Write the evaluation, or event records, as one HTML file.

    It needs no network, and is for screen, phone and paper.

    With --gold and --predicted scores by label, what is taken for what, calibration and the errors in their context;
    with --annotators their agreement; with --records events on a map, over time, and in a table where every number
    shows the sentences it stands on. F1 over time is there too, unless only records are asked for.

    \b
    Examples:
      workbench report --gold gold.jsonl --predicted predicted.jsonl -o report.html
      workbench report --annotators annotator-a.jsonl annotator-b.jsonl -o report.html
      workbench report --records records.jsonl -o records.html
    """
    from workbench.core.files import write_text
    from workbench.report.contents import Report, compare_annotators, read_curve
    from workbench.report.page import render
    from workbench.report.records import read_records
    from workbench.score.record import history_of

    files = _usage(gold, predicted, annotators, more)
    here = workspace()
    schema = here.schema(schema_path)
    scored = _scored(gold, predicted, schema, include_assisted=include_assisted, seed=seed) if predicted else None
    found = read_records(Path(records), most=events) if records else None
    agreement, spans = compare_annotators(_annotations(files), schema) if files else (None, None)
    report = Report(
        schema=schema,
        runs=tuple(history_of(here).runs()),
        scored=scored,
        agreement=agreement,
        spans=spans,
        curve=read_curve(folder) if (folder := _model(model)) else (),
        records=found,
        atlas=_atlas(found, places) if found else None,
    )
    write_text(Path(output), render(report, shown=errors))
    if not (report.runs or scored or agreement or found):
        say("it holds nothing yet: name --gold and --predicted, --annotators or --records, or evaluate a model first")
    answer(_as_dict(report, output), as_json=as_json, lines=[f"the report is in {output}; open it in any browser"])


def _atlas(records: "Records", places: str | None) -> "Atlas | None":
    """The map of the records, with the greatest cities of the gazetteer for orientation."""
    from workbench.record.gazetteer import open_gazetteer
    from workbench.report.atlas import View, atlas

    gazetteer = open_gazetteer(workspace().state, extra=Path(places) if places else None, tell=say)

    def towns(view: View) -> list[tuple[str, float, float]]:
        found = gazetteer.largest(view.west, view.south, view.east, view.north, count=40)
        return [(place.name, place.latitude, place.longitude) for place in found]

    return atlas(records.all, towns=towns)


def _usage(gold: str | None, predicted: str | None, annotators: str | None, more: Sequence[str]) -> list[str]:
    """The annotators' files, the first from the option and the others behind it; a UsageError for what cannot be."""
    if bool(gold) != bool(predicted):
        raise click.UsageError("--gold and --predicted go together: name both, or neither for the history alone")
    if more and not annotators:
        raise click.UsageError(f"what is {more[0]} for? Name files with --gold, --predicted or --annotators")
    files = list(dict.fromkeys([annotators, *more])) if annotators else []
    if len(files) == 1:
        raise click.UsageError("--annotators takes two different files or more, one for each annotator")
    return files


def _scored(gold: str | None, predicted: str, schema: "Schema", *, include_assisted: bool, seed: int) -> "Scored":
    from workbench.core.corpus import read_corpus
    from workbench.report.contents import score
    from workbench.score.pairs import pair_up

    pairs = pair_up(
        read_corpus(str(gold)),
        read_corpus(predicted),
        schema=schema,
        include_assisted=include_assisted,
        gold_name=str(gold),
        predicted_name=predicted,
    )
    found = score(
        pairs,
        schema,
        gold_name=Path(str(gold)).name,
        predicted_name=Path(predicted).name,
        read_figure=figure_reader(),
        seed=seed,
    )
    for line in left_out(found.evaluation):
        say(line)
    return found


def _annotations(files: Sequence[str]) -> dict[str, Any]:
    from workbench.core.corpus import load_corpus

    return {name: load_corpus(file) for file, name in annotator_names(files).items()}


def _model(given: str | None) -> Path | None:
    """The folder of the model named, else of the workspace's own current one, if there is one."""
    from workbench.tag.find import current_model, find_model
    from workbench.tag.model import read_manifest

    if given is None:
        return current_model(workspace())
    folder = find_model(given, workspace())
    read_manifest(folder)
    return folder


def _as_dict(report: "Report", output: str) -> dict[str, Any]:
    scored, agreement = report.scored, report.agreement
    return {
        "report": output,
        "runs": len(report.runs),
        "f1": scored.evaluation.counts().f1 if scored else None,
        "calibration_error": scored.calibration.error if scored else None,
        "errors": len(scored.mismatches) if scored else None,
        "agreement_f1": agreement.mean_f1() if agreement else None,
        "curve": len(report.curve),
        "events": len(report.records.all) if report.records else None,
    }
