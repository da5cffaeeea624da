"""`workbench evaluate`: how good a model is on annotated bulletins, recorded in the history."""

import click

from workbench.cli.common import answer, engine_options, json_option, model_option, say, schema_option, workspace
from workbench.cli.score import figure_reader, left_out, score_lines


@click.command()
@model_option
@click.option("--data", required=True, metavar="FILE", help="Annotated corpus that the model was not trained on.")
@schema_option
@click.option("--include-assisted", is_flag=True, help="Count gold that was annotated from suggestions, too.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Same seed, same intervals.")
@engine_options("fp32")
@json_option
def command(
    model: str | None,
    data: str,
    schema_path: str | None,
    include_assisted: bool,
    seed: int,
    engine: str,
    precision: str,
    as_json: bool,
) -> None:
    """Measure a model on annotated bulletins, and record it.

    Labels them with the model and scores that against the annotations. The model sees the texts only. `workbench
    history` shows the runs over time.

    \b
    Example:
      workbench evaluate --model models/first --data test.jsonl
    """
    from workbench.core.corpus import labelled, load_corpus
    from workbench.score.evaluation import evaluate_entries
    from workbench.score.record import history_of, record_run
    from workbench.score.resample import bootstrap
    from workbench.score.summary import summary
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model
    from workbench.tag.prelabel import label_entries

    here = workspace()
    gold = labelled(load_corpus(data), where=data)
    loaded = load_model(find_model(model, here), engine=engine, precision=precision)
    schema = here.schema(schema_path) if schema_path else loaded.schema
    predicted, repaired = label_entries(gold, model=loaded)
    evaluation = evaluate_entries(
        gold,
        predicted,
        schema,
        include_assisted=include_assisted,
        read_figure=figure_reader(),
        repaired=repaired,
        gold_name=data,
        predicted_name=loaded.version,
    )
    run = record_run(
        history_of(here),
        evaluation,
        name=loaded.version,
        model_hash=loaded.manifest.files["model.onnx"],
        model_card={"encoder": loaded.manifest.encoder, "dev": loaded.manifest.scores.get("micro")},
        settings={"temperature": loaded.manifest.temperature, "data": data},
        seed=seed,
    )
    intervals = bootstrap(evaluation, seed=seed)
    for line in left_out(evaluation):
        say(line)
    say(f"recorded as run {run.id} of {loaded.version}; `workbench history` shows all")
    answer(
        {"model_version": loaded.version, "run": run.id} | summary(evaluation, intervals),
        as_json=as_json,
        lines=score_lines(evaluation, intervals),
    )
