"""What became of suggestions, counted by hand and by property."""

from dataclasses import replace

import pytest
from hypothesis import given
from score_help import span_sets

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.span import Span
from workbench.score.counts import Counts
from workbench.score.influence import Handled, band, influence

DOCUMENT = Document("d", "x" * 100)


def handled(final: tuple[Span, ...], suggested: tuple[Span, ...] | None = None, **said: object) -> Handled:
    assisted = suggested is not None
    annotation = Annotation(final, assisted=assisted, model_version="m1" if assisted else None)
    return Handled(Entry(DOCUMENT, annotation), suggested, **said)  # type: ignore[arg-type]


def test_each_fate_by_hand() -> None:
    suggested = (Span(0, 5, "A", 0.95), Span(10, 15, "A", 0.7), Span(20, 25, "A", 0.2), Span(30, 35, "B"))
    final = (Span(0, 5, "A"), Span(10, 16, "A"), Span(30, 35, "A"), Span(50, 55, "C"))
    found = influence([handled(final, suggested)])
    assert dict(found.overall.counts) == {"kept": 1, "changed": 2, "removed": 1, "added": 1}
    assert (found.overall.suggested, found.overall.share_kept) == (4, 0.25)
    assert {name: dict(fates.counts) for name, fates in found.labels.items()} == {
        "A": {"kept": 1, "changed": 1, "removed": 1},
        "B": {"changed": 1},  # under the label that was suggested
        "C": {"added": 1},
    }
    assert {name: dict(fates.counts) for name, fates in found.bands.items()} == {
        "0.0 to 0.5": {"removed": 1},
        "0.7 to 0.9": {"changed": 1},
        "0.9 to 1.0": {"kept": 1},
        "no score": {"changed": 1},
    }


@pytest.mark.parametrize(
    ("score", "name"),
    [(0.0, "0.0 to 0.5"), (0.5, "0.5 to 0.7"), (0.899, "0.7 to 0.9"), (1.0, "0.9 to 1.0"), (None, "no score")],
)
def test_bands_begin_at_their_lower_bound(score: float | None, name: str) -> None:
    assert band(score) == name


def test_groups_and_how_the_model_fares_in_each() -> None:
    spans = (Span(0, 5, "A"), Span(10, 15, "A"))
    blind = Handled(Entry(Document("b", "y" * 50), Annotation(spans[:1])), seconds=90.0, blind=True)
    work = [handled(spans, spans, seconds=10.0), handled(spans, spans, seconds=30.0), handled(spans, spans), blind]
    said = [Entry(one.entry.document, Annotation(spans, origin="model")) for one in (work[0], blind)]
    found = influence(work, predicted=said)
    assisted, control = found.groups["assisted"], found.groups["blind"]
    assert (assisted.annotations, assisted.timed, assisted.seconds, assisted.density) == (3, 2, 20.0, 20.0)
    assert (assisted.model, control.model) == (Counts(6, 0, 0), Counts(1, 1, 0))
    assert (control.seconds, control.density) == (90.0, 20.0)
    none = found.groups["unassisted"]
    assert (none.annotations, none.seconds, none.density, none.model) == (0, None, None, None)


def test_suggestions_that_were_not_kept_are_counted_as_unknown() -> None:
    found = influence([replace(handled((), ()), suggested=None)])
    assert (found.unknown, found.groups["assisted"].annotations, found.overall.suggested) == (1, 1, 0)
    assert found.overall.share_kept is None


@given(span_sets(length=80, most=8), span_sets(length=80, most=8))
def test_every_span_has_one_fate(final: list[tuple[int, int, str]], suggested: list[tuple[int, int, str]]) -> None:
    mine, model = (tuple(Span(*triple) for triple in triples) for triples in (final, suggested))
    fates = influence([handled(mine, model)]).overall
    assert fates.suggested == len(model)
    assert fates["kept"] == len(set(mine) & set(model))
    assert fates["kept"] + fates["changed"] + fates["added"] == len(mine)
