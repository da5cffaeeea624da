"""The scores of one labelling against another: counts for each document and label, and what is read off them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from workbench.core.corpus import Entry
from workbench.core.schema import Schema
from workbench.score.columns import Columns, Ints, columns, in_both
from workbench.score.counts import Counts
from workbench.score.matching import matched, overlaps
from workbench.score.pairs import Pairs, pair_up
from workbench.score.tables import per_cell, table, with_rest
from workbench.score.tokens import TokenSpans, token_spans
from workbench.score.values import ReadFigure, value_table

BY_LABEL = ("strict", "relaxed", "relaxed_iou", "token", "values")
WITHOUT_LABEL = ("boundary", "found", "partial")


@dataclass(frozen=True)
class Evaluation:
    """Counts of every measure, a table each: (documents, labels, 3) of tp, fp and fn, in `labels`' order.

    strict       the same start, end and label, by set algebra
    relaxed      the same label and at least one code point shared, by maximum one-to-one matching
    relaxed_iou  the same label and an intersection over union of at least one half, matched likewise
    token        pairs of a token and a label (see score.tokens)
    values       figures of the same label that overlap and read to the same value; only where a reader was given
    boundary     the same start and end, whatever the label: (documents, 1, 3), as the two that follow
    found        at least one code point shared, whatever the label
    partial      MUC's credit in half points: 2 for the same boundary, 1 for an overlap
    """

    labels: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, Ints]
    data_hash: str
    schema_hash: str
    gold_spans: int
    predicted_spans: int
    unlabelled: int = 0
    assisted: int = 0
    repaired: int | None = None

    @property
    def documents(self) -> int:
        """How many documents were scored."""
        return len(self.tables["strict"])

    def counts(self, measure: str = "strict", labels: Iterable[str] | None = None) -> Counts:
        """The sum over all documents and the given labels, or over all labels."""
        cells = self.tables[measure]
        if labels is not None:
            cells = cells[:, [self.labels.index(label) for label in labels]]
        return Counts(*cells.sum(axis=(0, 1)).tolist())

    def by_label(self, measure: str = "strict") -> dict[str, Counts]:
        """The counts of each label of the schema, those that never occur included."""
        totals = self.tables[measure].sum(axis=0).tolist()
        return {label: Counts(*row) for label, row in zip(self.labels, totals, strict=True)}

    def macro_f1(self, measure: str = "strict") -> float | None:
        """The mean F1 of the schema's labels that occur in gold or predicted; None where none does.

        A label that is only predicted counts with 0: what is spurious must not vanish in a mean.
        """
        defined = [counts.f1 for counts in self.by_label(measure).values() if counts.f1 is not None]
        return sum(defined) / len(defined) if defined else None


def evaluate_entries(
    gold: Iterable[Entry],
    predicted: Iterable[Entry],
    schema: Schema,
    *,
    include_assisted: bool = False,
    read_figure: ReadFigure | None = None,
    repaired: int | None = None,
    gold_name: str = "the gold",
    predicted_name: str = "the predicted",
) -> Evaluation:
    """Scores predicted entries against gold ones; see pair_up for what is refused and what is left out.

    `read_figure` gives the normal form of a figure phrase, None for one without; with it figures are scored by
    value. `repaired` is the number of invalid tag sequences that the decoder had to mend, if it said so.
    """
    pairs = pair_up(
        gold,
        predicted,
        schema=schema,
        include_assisted=include_assisted,
        gold_name=gold_name,
        predicted_name=predicted_name,
    )
    return evaluate_pairs(pairs, schema, read_figure=read_figure, repaired=repaired)


def evaluate_pairs(
    pairs: Pairs, schema: Schema, *, read_figure: ReadFigure | None = None, repaired: int | None = None
) -> Evaluation:
    """Scores documents that were brought side by side already."""
    numbers = {label: number for number, label in enumerate(schema.names)}
    gold, predicted = columns(pairs.gold, numbers), columns(pairs.predicted, numbers)
    shape = (len(pairs.documents), len(numbers))
    tables = _span_tables(gold, predicted, shape)
    tables["token"] = _token_table([document.text for document in pairs.documents], gold, predicted, shape)
    if read_figure is not None:
        figures = {numbers[label] for label in schema.group("figure")}
        tables["values"] = value_table(pairs, gold, predicted, figures, shape, read_figure)
    return Evaluation(
        labels=schema.names,
        groups=MappingProxyType({group: schema.group(group) for group in schema.groups}),
        tables=MappingProxyType(tables),
        data_hash=pairs.data_hash,
        schema_hash=schema.hash,
        gold_spans=len(gold),
        predicted_spans=len(predicted),
        unlabelled=pairs.unlabelled,
        assisted=pairs.assisted,
        repaired=repaired,
    )


def _span_tables(gold: Columns, predicted: Columns, shape: tuple[int, int]) -> dict[str, Ints]:
    same, edges = in_both(gold, predicted)[0], overlaps(gold, predicted)
    sizes = (len(gold), len(predicted))
    g, p = gold.unlabelled(), predicted.unlabelled()
    bounds, bounds_p = in_both(g, p)
    # The best credit always takes the pairs with the same boundary first: no other pairing of two gives more.
    rest_g, rest_p = g.where(~bounds), p.where(~bounds_p)
    touched = matched(overlaps(rest_g, rest_p), len(rest_g), len(rest_p))
    plain = (shape[0], 1)
    half = table(g, p, bounds, plain)[..., 0] * 2 + per_cell(rest_g, touched, plain)
    return {
        "strict": table(gold, predicted, same, shape),
        "relaxed": table(gold, predicted, matched(edges, *sizes), shape),
        "relaxed_iou": table(gold, predicted, matched(edges.half(), *sizes), shape),
        "boundary": table(g, p, bounds, plain),
        "found": table(g, p, matched(overlaps(g, p), len(g), len(p)), plain),
        "partial": with_rest(half, 2 * per_cell(g, None, plain), 2 * per_cell(p, None, plain)),
    }


def _token_table(texts: Sequence[str], gold: Columns, predicted: Columns, shape: tuple[int, int]) -> Ints:
    touched = token_spans(texts, gold, predicted)
    of_gold, of_predicted = _tokens_of(gold, touched[0]), _tokens_of(predicted, touched[1])
    return table(of_gold, of_predicted, in_both(of_gold, of_predicted)[0], shape)


def _tokens_of(spans: Columns, found: TokenSpans) -> Columns:
    """Each token of each span as a stretch of its own, in token numbers."""
    many = np.maximum(found.last - found.first + 1, 0)
    row = np.repeat(np.arange(len(spans)), many)
    token = found.first[row] + np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    return Columns(spans.document[row], token, token, spans.label[row]).unique()
