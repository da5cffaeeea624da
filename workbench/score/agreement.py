"""How far annotators of the same bulletins agree: pairwise F1, alpha for units, kappa over tokens.

Gamma (Mathet et al. 2015) is left out: its one library for Python, pygamma-agreement, pins cvxopt 1.3.2 and brings
numba, cvxpy and a speech toolkit, which is more than this one number is worth.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from workbench.core.corpus import Entry, labelled
from workbench.core.errors import CorpusError
from workbench.core.schema import Schema
from workbench.core.span import Span
from workbench.score.alpha import Disagreement, alpha_u, disagreement
from workbench.score.columns import Ints, columns
from workbench.score.evaluation import Evaluation, evaluate_pairs
from workbench.score.kappa import cohen_kappa, cross_table, fleiss_kappa, one_against_rest, token_categories
from workbench.score.mismatch import Mismatch, mismatches
from workbench.score.pairs import Pairs, Spans, checked_spans
from workbench.score.tokens import token_spans


@dataclass(frozen=True)
class Panel:
    """The documents that every annotator labelled, with the spans of each: spans[annotator][document]."""

    annotators: tuple[str, ...]
    pairs: Mapping[tuple[int, int], Pairs]
    spans: tuple[tuple[Spans, ...], ...]
    left_out: int
    assisted: int

    @property
    def texts(self) -> list[str]:
        """The text of each document."""
        return [document.text for document in next(iter(self.pairs.values())).documents]


@dataclass(frozen=True)
class PairAgreement:
    """Two annotators: the scores of the second against the first (F1 is the same either way), and kappa over tokens."""

    first: str
    second: str
    evaluation: Evaluation
    kappa: float | None
    kappa_by_label: Mapping[str, float | None]
    mismatches: tuple[Mismatch, ...]

    @property
    def typed(self) -> float | None:
        """Of the stretches that both marked alike, the share with the same label; None where there are none."""
        found = self.evaluation.counts("boundary").tp
        return self.evaluation.counts("strict").tp / found if found else None


@dataclass(frozen=True)
class Agreement:
    """Agreement of all annotators. Whatever is None is undefined: too little varies to speak of agreement.

    `alpha` is alpha-U over all labels together; `fleiss` is kappa over tokens for any number of annotators.
    """

    annotators: tuple[str, ...]
    documents: int
    left_out: int
    assisted: int
    pairs: tuple[PairAgreement, ...]
    alpha: float | None
    alpha_by_label: Mapping[str, float | None]
    fleiss: float | None

    def mean_f1(self, measure: str = "strict", label: str | None = None) -> float | None:
        """Mean pairwise F1, which is the positive specific agreement (Hripcsak and Rothschild 2005)."""
        chosen = None if label is None else [label]
        return _mean(pair.evaluation.counts(measure, chosen).f1 for pair in self.pairs)

    def mean_kappa(self, label: str | None = None) -> float | None:
        """Mean of Cohen's kappa over the pairs, of all labels or one against the rest."""
        return _mean(pair.kappa if label is None else pair.kappa_by_label[label] for pair in self.pairs)

    def mean_typed(self) -> float | None:
        """Mean share of the same label where the boundary is the same."""
        return _mean(pair.typed for pair in self.pairs)


def agree(annotations: Mapping[str, Sequence[Entry]], schema: Schema) -> Agreement:
    """Agreement of two or more annotators, each with the name and the entries of theirs; see `seat`."""
    panel = seat(annotations, schema)
    texts = panel.texts
    numbers = {label: number for number, label in enumerate(schema.names)}
    layers = [columns(spans, numbers) for spans in panel.spans]
    said = [token_categories(*layer) for layer in zip(layers, token_spans(texts, *layers), strict=True)]
    parts = _disagreements(texts, panel.spans, schema.names)
    return Agreement(
        annotators=panel.annotators,
        documents=len(texts),
        left_out=panel.left_out,
        assisted=panel.assisted,
        pairs=tuple(_pair(panel, i, j, said, schema) for i, j in panel.pairs),
        alpha=alpha_u(list(parts.values())),
        alpha_by_label={label: alpha_u([parts[label]]) for label in schema.names},
        fleiss=fleiss_kappa(np.stack([_many_said(said, c) for c in range(len(numbers) + 1)], axis=1)),
    )


def seat(annotations: Mapping[str, Sequence[Entry]], schema: Schema) -> Panel:
    """The documents that all annotators labelled, side by side; what only some did is left out and counted.

    Raises CorpusError for fewer than two annotators, other texts under the same id, or nothing in common;
    SchemaError for a label that the schema does not have.
    """
    if len(annotations) < 2:
        raise CorpusError(f"agreement needs two annotators or more; found {len(annotations)}")
    rows = {n: {e.document.id: e for e in labelled(entries, where=n)} for n, entries in annotations.items()}
    shared = set.intersection(*(set(some) for some in rows.values()))
    if not shared:
        raise CorpusError(f"{', '.join(rows)} have no labelled bulletin in common; expected the same ids in each")
    first_name, first = next(iter(rows.items()))
    order = sorted(shared, key=lambda name: (first[name].document.hash, name))
    for name, some in rows.items():
        for key in order:
            if some[key].document.text != first[key].document.text:
                raise CorpusError(
                    f"bulletin {key} has another text in {name} than in {first_name}; offsets cannot be compared, so "
                    "take both from the same corpus"
                )
    spans = tuple(checked_spans([some[key] for key in order], schema, where=name) for name, some in rows.items())
    documents = tuple(first[key].document for key in order)
    return Panel(
        annotators=tuple(rows),
        pairs={(i, j): Pairs(documents, spans[i], spans[j]) for i, j in combinations(range(len(spans)), 2)},
        spans=spans,
        left_out=len(set.union(*(set(some) for some in rows.values()))) - len(order),
        assisted=sum(any((a := some[key].annotation) and a.assisted for some in rows.values()) for key in order),
    )


def _pair(panel: Panel, i: int, j: int, said: Sequence[Ints], schema: Schema) -> PairAgreement:
    met = cross_table(said[i], said[j], len(schema.names) + 1)
    return PairAgreement(
        first=panel.annotators[i],
        second=panel.annotators[j],
        evaluation=evaluate_pairs(panel.pairs[i, j], schema),
        kappa=cohen_kappa(met),
        kappa_by_label={
            label: cohen_kappa(one_against_rest(met, number + 1)) for number, label in enumerate(schema.names)
        },
        mismatches=tuple(mismatches(panel.pairs[i, j])),
    )


def _many_said(said: Sequence[Ints], category: int) -> Ints:
    """How many annotators put each token into the category: (tokens,)."""
    many: Ints = np.sum([one == category for one in said], axis=0, dtype=np.int64)
    return many


def _disagreements(
    texts: Sequence[str], spans: Sequence[Sequence[Spans]], labels: Sequence[str]
) -> dict[str, Disagreement | None]:
    lengths = [len(text) for text in texts]
    units: dict[str, list[list[list[Span]]]] = defaultdict(lambda: [[[] for _ in texts] for _ in spans])
    for annotator, documents in enumerate(spans):
        for place, some in enumerate(documents):
            for span in some:
                units[span.label][annotator][place].append(span)
    return {label: disagreement(lengths, units[label]) if label in units else None for label in labels}


def _mean(values: Iterable[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None
