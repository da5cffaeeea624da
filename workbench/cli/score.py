"""`workbench score`: how well one corpus labels what another says is right."""

from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING

import click

from workbench.cli.common import answer, json_option, say, schema_option, table, workspace
from workbench.cli.score_records import Asked, score_records

if TYPE_CHECKING:
    from workbench.score.counts import Counts
    from workbench.score.evaluation import Evaluation
    from workbench.score.summary import Intervals


@click.command(name="score")
@click.argument("gold", metavar="GOLD")
@click.argument("predicted", metavar="PREDICTED")
@schema_option
@click.option("--include-assisted", is_flag=True, help="Count gold that was annotated from suggestions, too.")
@click.option(
    "--resamples", default=2000, show_default=True, type=click.IntRange(0), help="Draws of the bootstrap; 0 for none."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Same seed, same intervals.")
@click.option("--cluster", metavar="FIELD", help="Draw bulletins with the same value of this field together.")
@click.option("--records", is_flag=True, help="Score event records, or the fields of reports, instead of spans.")
@click.option(
    "--policy",
    default="literal",
    show_default=True,
    metavar="NAME",
    help="With --records: what vague counts are worth.",
)
@json_option
def command(
    gold: str,
    predicted: str,
    *,
    schema_path: str | None,
    include_assisted: bool,
    resamples: int,
    seed: int,
    cluster: str | None,
    records: bool,
    policy: str,
    as_json: bool,
) -> None:
    """Score the spans of PREDICTED against those of GOLD.

    Strict F1 over all labels and by label, with intervals. Both hold the same bulletins. A span is right (strict)
    where start, end and label are; relaxed scores match overlapping spans one to one. The 95 % intervals are drawn
    over bulletins. Gold that started from suggestions is left out.

    With --records both may be labelled bulletins or what `workbench records` made of them: an event is right where
    type, date, place and all numbers are. GOLD may also hold the fields of reports ("gold": {"min_killed": 1, …}).

    \b
    Examples:
      workbench score gold.jsonl predicted.jsonl
      workbench score gold.jsonl predicted.jsonl --records
      workbench score gold.jsonl predicted.jsonl --json | jq .strict.f1
    """
    from workbench.core.corpus import read_corpus
    from workbench.score.evaluation import evaluate_pairs
    from workbench.score.pairs import pair_up
    from workbench.score.resample import bootstrap
    from workbench.score.summary import cluster_numbers, summary

    if records:
        if cluster:
            raise click.UsageError("--cluster is for spans; events that share bulletins are drawn together anyway")
        asked = Asked(gold, predicted, schema_path, policy, include_assisted, resamples, seed)
        value, lines = score_records(asked)
        answer(value, as_json=as_json, lines=lines)
        return
    schema = workspace().schema(schema_path)
    pairs = pair_up(
        read_corpus(gold),
        read_corpus(predicted),
        schema=schema,
        include_assisted=include_assisted,
        gold_name=gold,
        predicted_name=predicted,
    )
    evaluation = evaluate_pairs(pairs, schema, read_figure=figure_reader())
    clusters = cluster_numbers(pairs.documents, cluster) if cluster else None
    intervals = bootstrap(evaluation, resamples=resamples, seed=seed, clusters=clusters) if resamples else {}
    for line in left_out(evaluation):
        say(line)
    answer(summary(evaluation, intervals), as_json=as_json, lines=score_lines(evaluation, intervals))


def figure_reader() -> Callable[[str], Hashable | None]:
    """The reader of figure phrases, for the score by value."""
    from workbench.figure import normal_form

    return normal_form


def left_out(evaluation: "Evaluation") -> Iterator[str]:
    """What did not count, once and with its number."""
    if evaluation.assisted:
        yield f"left out {evaluation.assisted} gold bulletins that started from suggestions; see --include-assisted"
    if evaluation.unlabelled:
        yield f"left out {evaluation.unlabelled} gold bulletins without labels"
    if not evaluation.gold_spans:
        yield "the gold holds no span: recall is undefined, and F1 says only whether anything was predicted"
    if evaluation.documents == 1:
        yield "one bulletin was scored: no interval, and F1 on one says little of the next"


def score_lines(evaluation: "Evaluation", intervals: "Intervals") -> Iterator[str]:
    """Tables for a person: the measures, then groups and labels."""
    yield (
        f"{evaluation.documents:,} bulletins, {evaluation.gold_spans:,} gold spans, "
        f"{evaluation.predicted_spans:,} predicted"
    )
    header = ("precision", "recall", "F1", "95 %", "gold", "predicted")
    yield from table(("score", *header), _measures(evaluation, intervals))
    by_label = [
        *(
            (f"all of group {name}", f"group:{name}", evaluation.counts(labels=labels))
            for name, labels in evaluation.groups.items()
        ),
        *((name, f"label:{name}", counts) for name, counts in evaluation.by_label().items()),
    ]
    rows = [(name, *_row(counts, intervals, key)) for name, key, counts in by_label if counts.gold or counts.predicted]
    yield from table(("strict, by group and label", *header), rows)


def _measures(evaluation: "Evaluation", intervals: "Intervals") -> Iterator[tuple[object, ...]]:
    from workbench.score.summary import labels_that_occur

    yield ("strict", *_row(evaluation.counts(), intervals, "micro"))
    macro = f"strict, mean of {labels_that_occur(evaluation)} labels"
    yield (macro, None, None, evaluation.macro_f1(), _range(intervals, "macro"), None, None)
    names = {
        "boundary": "boundary, any label",
        "relaxed": "overlap, same label",
        "relaxed_iou": "half shared, same label",
        "found": "overlap, any label",
        "token": "tokens",
        "values": "figures, by value",
    }
    for measure, name in names.items():
        if measure in evaluation.tables:
            yield (name, *_row(evaluation.counts(measure), {}, measure))


def _row(counts: "Counts", intervals: "Intervals", key: str) -> tuple[object, ...]:
    between = _range(intervals, key) if key in intervals else ""
    return (counts.precision, counts.recall, counts.f1, between, counts.gold, counts.predicted)


def _range(intervals: "Intervals", key: str) -> str:
    found = intervals.get(key)
    if found is None:
        return "too few" if key in intervals else ""
    return f"{found.low:.3f}–{found.high:.3f}"
