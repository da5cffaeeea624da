"""Likely label errors: confident learning on probabilities that are given, and the way through the command."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from workbench.check import Checked, check_corpus
from workbench.check.confident import likely, usual
from workbench.check.doubts import Doubt, Reading, corrected, find_doubts
from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import InputError
from workbench.core.span import Span

LABELS = ("ACTOR", "PLACE")
TEXT = "Gunmen of Herat fled to Kabul city"


def entry(*spans: tuple[int, int, str], text: str = TEXT) -> Entry:
    return Entry(Document("d", text), Annotation(tuple(Span(*span) for span in spans)))


def reading(*said: str, text: str = TEXT, sure: float = 0.9) -> Reading:
    """A model that is `sure` of one class for each word of the text: "-", "ACTOR" or "PLACE"."""
    starts, at = [], 0
    for word in text.split():
        starts.append(text.index(word, at))
        at = starts[-1] + len(word)
    ends = [start + len(word) for start, word in zip(starts, text.split(), strict=True)]
    rest = (1 - sure) / 2
    probs = [[sure if name == each else rest for name in ("-", *LABELS)] for each in said]
    return Reading(np.array(starts), np.array(ends), np.array(probs, dtype=np.float32))


AGREED = ("ACTOR", "-", "PLACE", "-", "-", "PLACE", "PLACE")
RIGHT = ((0, 6, "ACTOR"), (10, 15, "PLACE"), (24, 34, "PLACE"))


def doubts(entry_: Entry, *said: str) -> list[tuple[Any, ...]]:
    """Doubts about one entry among nine whose labels nobody doubts, which say what is usual."""
    entries = [entry_, *(entry(*RIGHT) for _ in range(9))]
    found = find_doubts(entries, [reading(*(said or AGREED)), *(reading(*AGREED) for _ in range(9))], LABELS)
    assert {doubt.row for doubt in found} <= {0}
    return [(doubt.start, doubt.end, doubt.given, doubt.likely) for doubt in found]


def test_what_is_labelled_as_the_model_would_is_not_in_doubt() -> None:
    assert doubts(entry(*RIGHT)) == []


@pytest.mark.parametrize(
    ("spans", "said", "found"),
    [
        ([(0, 6, "PLACE"), *RIGHT[1:]], AGREED, (0, 6, "PLACE", "ACTOR")),
        (RIGHT[1:], AGREED, (0, 6, None, "ACTOR")),
        ([*RIGHT, (16, 20, "ACTOR")], AGREED, (16, 20, "ACTOR", None)),
        # A part of a span, and what lies beside one.
        ([*RIGHT[:2], (24, 34, "PLACE")], (*AGREED[:6], "-"), (30, 34, "PLACE", None)),
        ([*RIGHT[:2], (24, 29, "PLACE")], AGREED, (30, 34, None, "PLACE")),
        # Most of the span is doubted alike, so the whole of it is.
        ([(0, 15, "PLACE"), RIGHT[2]], ("ACTOR", "ACTOR", "PLACE", *AGREED[3:]), (0, 15, "PLACE", "ACTOR")),
    ],
)
def test_each_kind_of_doubt(spans: list[Any], said: tuple[str, ...], found: tuple[Any, ...]) -> None:
    assert doubts(entry(*spans), *said) == [found]


def test_a_unit_that_a_span_cuts_is_no_evidence() -> None:
    assert doubts(entry((0, 3, "ACTOR"), *RIGHT[1:]), "-", *AGREED[1:]) == []


def test_the_most_suspicious_comes_first_with_its_scores() -> None:
    entries = [entry((0, 6, "PLACE"), *RIGHT[1:]), entry(*RIGHT[1:]), *(entry(*RIGHT) for _ in range(8))]
    readings = [reading(*AGREED, sure=0.95), reading(*AGREED, sure=0.97), *(reading(*AGREED) for _ in range(8))]
    found = find_doubts(entries, readings, LABELS)
    assert [doubt.row for doubt in found] == [1, 0]
    assert found[0].score == pytest.approx(0.015)
    assert found[0].against == pytest.approx(0.97)


def test_the_usual_probability_is_the_classes_own() -> None:
    """By hand: class 0 is borne with .9 and .7, class 1 with .4 and .2, class 2 by nothing."""
    classes = np.array([0, 0, 1, 1])
    probs = np.array([[0.9, 0.1, 0], [0.7, 0.3, 0], [0.6, 0.4, 0], [0.1, 0.2, 0.7]], dtype=np.float32)
    assert usual(classes, probs).tolist() == pytest.approx([0.8, 0.3, np.inf])
    # The second may be class 1, as .3 is usual there, but class 0 is the most probable. The fourth would be class 2,
    # of which nothing is known.
    assert likely(classes, probs).tolist() == [0, 0, 1, 1]
    probs[3] = [0.85, 0.1, 0.05]
    assert likely(classes, probs).tolist() == [0, 0, 1, 0]


def test_nothing_to_doubt_in_nothing() -> None:
    assert find_doubts([], [], LABELS) == []
    empty = Reading(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, 3), dtype=np.float32))
    assert find_doubts([entry(text=" ")], [empty], LABELS) == []
    with pytest.raises(InputError, match="are of other bulletins"):
        find_doubts([entry(text="short")], [reading(*AGREED)], LABELS)


def stretch(start: int, end: int, given_: str | None, other: str | None) -> Doubt:
    return Doubt(0, start, end, given_, other, 0.1, 0.9)


@pytest.mark.parametrize(
    ("spans", "doubt", "wanted"),
    [
        ([(0, 6, "PLACE")], stretch(0, 6, "PLACE", "ACTOR"), [(0, 6, "ACTOR")]),
        ([(0, 6, "ACTOR")], stretch(0, 6, "ACTOR", None), []),
        ([], stretch(0, 6, None, "ACTOR"), [(0, 6, "ACTOR")]),
        ([(24, 34, "PLACE")], stretch(30, 34, "PLACE", None), [(24, 29, "PLACE")]),
        ([(24, 29, "PLACE")], stretch(30, 34, None, "PLACE"), [(24, 34, "PLACE")]),
        ([(24, 29, "ACTOR")], stretch(30, 34, None, "PLACE"), [(24, 29, "ACTOR"), (30, 34, "PLACE")]),
    ],
)
def test_what_is_likely_instead(spans: list[Any], doubt: Doubt, wanted: list[Any]) -> None:
    assert corrected(entry(*spans), [doubt]) == tuple(Span(*each) for each in wanted)


words = st.sampled_from(["-", *LABELS])
flat = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3), st.sampled_from(LABELS)), max_size=4)


@given(rows=st.lists(st.tuples(flat, st.lists(words, min_size=7, max_size=7)), min_size=1, max_size=4))
def test_doubts_lie_on_words_and_their_correction_is_flat(rows: list[Any]) -> None:
    entries, readings, whole = [], [], reading(*AGREED)
    for drawn, said in rows:
        spans, free = [], 0
        for first, many, label in sorted(drawn):
            if first >= free:
                free = min(first + many, 7)
                spans.append((int(whole.starts[first]), int(whole.ends[free - 1]), label))
        entries.append(entry(*spans))
        readings.append(reading(*said))
    found = find_doubts(entries, readings, LABELS)
    for row, each in enumerate(entries):
        mine = [doubt for doubt in found if doubt.row == row]
        for doubt in mine:
            assert doubt.given != doubt.likely
            assert 0 <= doubt.score < 1
            assert TEXT[doubt.start : doubt.end] == TEXT[doubt.start : doubt.end].strip() != ""
        fixed = corrected(each, mine)
        assert all(one.end <= other.start for one, other in pairwise(fixed))
        assert all(TEXT[span.start : span.end].strip() == TEXT[span.start : span.end] for span in fixed)


def put(path: Path, *rows: Any) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.mark.slow
def test_the_command_tells_each_doubt_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="training is an extra")
    import workbench.train.outoffold as module

    spans = [[0, 6, "LOCATION"], [10, 15, "LOCATION"], [24, 34, "LOCATION"]]
    right = [[0, 6, "ACTOR"], *spans[1:]]
    rows = [{"id": f"b{n}", "text": TEXT, "spans": spans if n == 4 else right} for n in range(9)]
    path = put(tmp_path / "gold.jsonl", *rows, {"id": "bare", "text": "Nobody labelled this."})

    def given_readings(entries: list[Entry], *, schema: Any, **_: Any) -> list[Reading]:
        assert len(entries) == 9
        made, wide = reading(*AGREED), np.full((7, 1 + len(schema.names)), 1e-3, dtype=np.float32)
        for place, label in enumerate(("ACTOR", "LOCATION")):
            wide[:, 1 + schema.names.index(label)] = made.probs[:, 1 + place]
        wide[:, 0] = made.probs[:, 0]
        return [Reading(made.starts, made.ends, wide) for _ in entries]

    monkeypatch.setattr(module, "out_of_fold", given_readings)
    done = CliRunner().invoke(workbench, ["check", path, "--label-errors", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    (found,) = json.loads(done.stdout)["kinds"]["label-error"]["findings"]
    assert {name: found[name] for name in ("document", "place", "start", "end", "text", "given", "likely")} == {
        "document": "b4", "place": "line 5", "start": 0, "end": 6, "text": "Gunmen", "given": "LOCATION",
        "likely": "ACTOR",
    }  # fmt: skip
    assert found["message"] == "LOCATION here, ACTOR is likely (0.050 against 0.900)"
    assert (found["score"], found["against"]) == (pytest.approx(0.05), pytest.approx(0.9))
    shown = CliRunner().invoke(workbench, ["check", path, "--label-errors"], catch_exceptions=False)
    assert "0-6: LOCATION here, ACTOR is likely (0.050 against 0.900) [Gunmen] of Herat" in shown.stdout


def test_errors_come_before_label_errors(tmp_path: Path) -> None:
    path = put(tmp_path / "bad.jsonl", {"id": "a", "text": TEXT, "spans": [[0, 6, "NOPE"]]})
    done = CliRunner().invoke(workbench, ["check", path, "--label-errors"], catch_exceptions=False)
    assert done.exit_code == 1
    assert "likely label errors were not looked for; mend the errors above first" in done.stderr


def test_studio_is_asked_only_with_label_errors(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", {"id": "a", "text": TEXT, "spans": []})
    assert CliRunner().invoke(workbench, ["check", path, "--to-studio", "--project", "X"]).exit_code == 2
    assert CliRunner().invoke(workbench, ["check", path, "--label-errors", "--to-studio"]).exit_code == 2


def test_further_findings_stand_with_their_kind(tmp_path: Path) -> None:
    from workbench.check.doubts import finding
    from workbench.core.schema import schema_of_labels

    path = tmp_path / "a.jsonl"
    put(path, {"id": "a", "text": TEXT, "spans": [[0, 6, "ACTOR"]]})
    checked: Checked = check_corpus([path], schema=schema_of_labels(LABELS))
    more = checked.also([finding(checked.rows[0], stretch(0, 6, "ACTOR", None))])
    kinds = [each.kind for each in more.findings]
    assert kinds == ["label-error", "rare-label", "rare-label"]
    assert more.findings[0].message == "ACTOR here, no label is likely (0.100 against 0.900)"
