"""What `workbench score --records` does: events and fields, where `workbench score` has spans."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.cli.common import say, table, workspace

if TYPE_CHECKING:
    from workbench.record.incident import Tools
    from workbench.score.events import EventScores
    from workbench.score.fields import FieldScores
    from workbench.score.resample import Interval
    from workbench.score.summary import Intervals

Answer = tuple[dict[str, Any], Iterator[str]]


@dataclass(frozen=True)
class Asked:
    """The two files and the options."""

    gold: str
    predicted: str
    schema_path: str | None
    policy: str
    include_assisted: bool
    resamples: int
    seed: int


def score_records(asked: Asked) -> Answer:
    """The answer for machines, and the lines for a person."""
    from workbench.record.run import load_tools
    from workbench.record.told import form_of

    here = workspace()
    tools = load_tools(here.schema(asked.schema_path), cache=here.state, policy=asked.policy)
    return _fields(asked, tools) if form_of(asked.gold) == "fields" else _events(asked, tools)


def _fields(asked: Asked, tools: "Tools") -> Answer:
    from workbench.core.corpus import read_corpus
    from workbench.record.gold import FIELDS, answers, fields_of_entries, fields_of_records, read_gold
    from workbench.record.told import form_of, read_rows
    from workbench.score.fields import field_intervals, score_fields

    gold, records = read_gold(asked.gold), form_of(asked.predicted) == "records"
    found = (
        fields_of_records(read_rows(asked.predicted), tools.gazetteer)
        if records
        else fields_of_entries(read_corpus(asked.predicted), tools, where=asked.predicted)
    )
    right = list(answers(gold, found, tools.gazetteer, complete=not records, where=asked.predicted))
    scores = score_fields(right, FIELDS)
    intervals = field_intervals(scores, resamples=asked.resamples, seed=asked.seed) if asked.resamples else {}
    value = {
        "documents": scores.documents,
        "fields": {
            name: {
                "accuracy": scores.accuracy(name),
                "interval": _pair(intervals.get(name)),
                "right": scores.right(name),
                "asked": scores.asked(name),
            }
            for name in scores.names
        },
        "wrong": {
            row.document: [name for name, answer in answer_of.items() if not answer]
            for row, answer_of in zip(gold, right, strict=True)
            if not all(answer_of.values())
        },
    }
    return value, field_lines(scores, intervals)


def field_lines(scores: "FieldScores", intervals: "Intervals") -> Iterator[str]:
    """A table for a person."""
    yield f"{scores.documents:,} bulletins with gold fields"
    rows = [
        (name, scores.accuracy(name), _between(intervals, name), scores.right(name), scores.asked(name))
        for name in scores.names
    ]
    yield from table(("field", "accuracy", "95 %", "right", "asked"), rows)


def _events(asked: Asked, tools: "Tools") -> Answer:
    from workbench.record.told import RECORD, both_sides
    from workbench.score.events import event_intervals, score_events

    gold, predicted = both_sides(asked.gold, asked.predicted, tools, include_assisted=asked.include_assisted)
    if gold.left_out:
        say(f"left out {gold.left_out} gold bulletins without labels or annotated from suggestions")
    documents = gold.documents | predicted.documents
    scores = score_events(gold.events, predicted.events, record=RECORD, documents=documents)
    intervals = event_intervals(scores, resamples=asked.resamples, seed=asked.seed) if asked.resamples else {}
    rows = {name: scores.counts(name).as_dict() | {"interval": _pair(intervals.get(name))} for name in scores.names}
    value = {
        "documents": scores.documents,
        "events": {"gold": len(gold.events), "predicted": len(predicted.events)},
        "record": rows.pop("record"),
        "fields": rows,
    }
    return value, _event_lines(scores, intervals, gold=len(gold.events), predicted=len(predicted.events))


def _event_lines(scores: "EventScores", intervals: "Intervals", *, gold: int, predicted: int) -> Iterator[str]:
    yield f"{scores.documents:,} bulletins, {gold:,} gold events, {predicted:,} predicted"
    header = ("precision", "recall", "F1", "95 %", "gold", "predicted")
    rows = []
    for name in scores.names:
        counts = scores.counts(name)
        shown = "the whole record" if name == "record" else name
        between = _between(intervals, name)
        rows.append((shown, counts.precision, counts.recall, counts.f1, between, counts.gold, counts.predicted))
    yield from table(("event", *header), rows)


def _pair(found: "Interval | None") -> list[float] | None:
    return [found.low, found.high] if found else None


def _between(intervals: "Intervals", name: str) -> str:
    if name not in intervals:
        return ""
    found = intervals[name]
    return f"{found.low:.3f}–{found.high:.3f}" if found else "too few"
