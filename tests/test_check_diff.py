"""What changed between two corpora."""

import json
from pathlib import Path

from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from workbench.check.diff import changes_of, diff
from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry, write_corpus
from workbench.core.snapshots import fingerprint
from workbench.core.span import Span

TEXT = "Six men were killed in Quetta on Friday."


def entry(identity: str, *spans: Span, text: str = TEXT) -> Entry:
    return Entry(Document(identity, text), Annotation(spans))


def test_each_kind_of_change_is_told_apart() -> None:
    before = (Span(0, 3, "FIGURE_KILLED"), Span(4, 7, "TARGET"), Span(13, 19, "EVENT_ATTACK"), Span(23, 29, "LOCATION"))
    after = (Span(0, 3, "FIGURE_OTHER"), Span(4, 7, "TARGET"), Span(8, 19, "EVENT_ATTACK"), Span(33, 39, "DATE"))
    kinds = [(change.kind, change.before, change.after) for change in changes_of("b", before, after)]
    assert kinds == [
        ("relabelled", before[0], after[0]),
        ("moved", before[2], after[2]),
        ("removed", before[3], None),
        ("added", None, after[3]),
    ]


def test_bulletins_are_matched_by_their_text() -> None:
    bare = Entry(Document("n", "Talks were held."))
    found = diff(
        [entry("a"), entry("gone", text="Gone."), bare], [entry("renamed"), entry("m", text="Talks were held.")]
    )
    assert (found.removed, found.added, found.labelled, found.same, found.changes) == (("gone",), (), ("m",), 1, ())
    assert diff([entry("a")], [entry("z")]).any is False


def test_the_fingerprint_is_of_the_content_not_of_the_order() -> None:
    rows = [entry("a"), entry("b", Span(0, 3, "X"), text="Another.")]
    assert fingerprint(rows) == fingerprint(reversed(rows))
    assert fingerprint(rows) != fingerprint([rows[0], entry("b", Span(0, 3, "Y"), text="Another.")])


SPANS = st.lists(
    st.builds(lambda a, n, label: Span(a, a + n, label), st.integers(0, 20), st.integers(1, 9), st.sampled_from("AB"))
)


@given(SPANS, SPANS)
def test_the_changes_lead_from_the_one_to_the_other(one: list[Span], other: list[Span]) -> None:
    before, after = tuple(sorted(set(one))), tuple(sorted(set(other)))
    made = set(before)
    for change in changes_of("b", before, after):
        made -= {change.before} if change.before else set()
        made |= {change.after} if change.after else set()
    assert made == set(after)


def test_the_command_shows_the_words(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("a.jsonl", "b.jsonl")]
    write_corpus(paths[0], [entry("a", Span(0, 3, "FIGURE_KILLED"))])
    write_corpus(paths[1], [entry("a", Span(0, 3, "FIGURE_OTHER"))])
    shown = CliRunner().invoke(workbench, ["diff", *paths]).stdout
    assert "a: relabelled FIGURE_KILLED 'Six' at 0 -> FIGURE_OTHER 'Six' at 0" in shown
    assert (
        json.loads(CliRunner().invoke(workbench, ["diff", *paths, "--json"]).stdout)["changes"][0]["kind"]
        == "relabelled"
    )
    assert "nothing changed" in CliRunner().invoke(workbench, ["diff", paths[0], paths[0]]).stdout
