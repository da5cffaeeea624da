"""Makers of small corpora for the tests of workbench.score."""

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.schema import Schema, schema_of_labels
from workbench.core.span import Span
from workbench.score.evaluation import Evaluation, evaluate_entries

Triple = tuple[int, int, str]
LABELS = ("A", "B", "C")


def entry(spans: Iterable[Triple], *, name: str = "d", text: str = "x" * 60, **annotation: object) -> Entry:
    return Entry(Document(name, text), Annotation(tuple(Span(*span) for span in spans), **annotation))


def entries(documents: Sequence[Iterable[Triple]], *, text: str = "x" * 60) -> list[Entry]:
    return [entry(spans, name=f"d{place}", text=text) for place, spans in enumerate(documents)]


def evaluate(
    gold: Sequence[Iterable[Triple]],
    predicted: Sequence[Iterable[Triple]],
    *,
    labels: Iterable[str] = LABELS,
    text: str = "x" * 60,
) -> Evaluation:
    return evaluate_entries(entries(gold, text=text), entries(predicted, text=text), schema_of(labels))


def schema_of(labels: Iterable[str]) -> Schema:
    return schema_of_labels(labels)


def spans_of_tags(sentences: Sequence[Sequence[str]], decode: object) -> list[list[Triple]]:
    """Token spans as character spans over one character a token, by a decoder of BIO tags to (label, first, last)."""
    return [[(first, last + 1, label) for label, first, last in decode(list(tags))] for tags in sentences]


@st.composite
def span_sets(draw: st.DrawFn, *, length: int = 30, most: int = 6) -> list[Triple]:
    """Spans that may overlap, be nested, and share a boundary under two labels."""
    found = draw(
        st.lists(
            st.tuples(st.integers(0, length - 1), st.integers(1, 9), st.sampled_from(LABELS)),
            max_size=most,
            unique=True,
        )
    )
    return sorted({(start, min(start + size, length), label) for start, size, label in found})


def corpora(*, documents: int = 4) -> st.SearchStrategy[list[tuple[list[Triple], list[Triple]]]]:
    """Gold and predicted spans of a few documents."""
    return st.lists(st.tuples(span_sets(), span_sets()), min_size=1, max_size=documents)
