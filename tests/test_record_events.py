"""From labelled bulletins to events: joining, clustering, later tolls, edits, files."""

import csv
import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from record_help import FIRST, LATER, OTHER, entry

from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.schema import load_schema
from workbench.record.edits import Edits, load_edits
from workbench.record.incident import Tools
from workbench.record.learn import measure, train
from workbench.record.link import nearest
from workbench.record.run import load_tools, records_of
from workbench.record.scorer import load_scorer, save_scorer
from workbench.record.table import COLUMNS
from workbench.record.write import check_outputs, safe_cell, write_records


@pytest.fixture(scope="module")
def tools() -> Tools:
    """With the nearest trigger as linker, which does not change when a model is trained anew."""
    loaded = load_tools(load_schema("annotations/schema.toml"), cache=Path(".workbench"))
    return replace(loaded, linker=nearest)


def test_one_event_of_two_bulletins_and_its_later_toll(tools: Tools) -> None:
    made = records_of([LATER, OTHER, FIRST], tools)
    assert [[x.document_id for x in event.incidents] for event in made.events] == [["b-1", "b-2"], ["b-3"]]
    event = made.events[0]
    killed = event.views["killed"]
    assert (killed.least, killed.most, killed.conflict) == (9, 9, None)
    assert [(x.phrase, x.superseded) for x in event.claims if x.counts == "killed"] == [("six", True), ("nine", False)]
    assert (event.views["injured"].least, event.views["injured"].most) == (14, 14)
    assert event.when is not None
    assert str(event.when.start) == "2024-05-07"
    assert event.where is not None
    assert event.where.written == "Peshawar"


def test_people_of_one_sentence_are_added_and_parts_are_not(tools: Tools) -> None:
    made = records_of(
        [entry("b", "Gunmen [killed|A] [two|K] [soldiers|T] and [three|K] [drivers|T], including [one|K] [boy|T].")],
        tools,
    )
    killed = made.events[0].views["killed"]
    assert (killed.least, killed.most) == (5, 5)


def test_conflicting_claims_and_headlines(tools: Tools) -> None:
    bulletin = entry(
        "b",
        "[Police|S] said the [blast|X] killed [six|K]. [Residents|S] said it killed [ten|K]. [Doctors|S] said [ten|K].",
    )
    for policy, headline in (("conservative", 6), ("representative", 10), ("recent", 10)):
        (event,) = records_of([bulletin], tools, headline=policy).events
        view = event.views["killed"]
        assert (view.least, view.most, view.headline) == (6, 10, headline)
        assert view.conflict == "killed: 6 (Police) against 10 (Residents)"
    with pytest.raises(InputError, match="no headline policy 'best'"):
        records_of([bulletin], tools, headline="best")


def test_separate_incidents_of_one_bulletin(tools: Tools) -> None:
    text = "A [blast|X] in [Peshawar|L] killed [six|K]. Separately, gunmen [shot dead|A] [two|K] [men|T] in [Quetta|L]."
    made = records_of([entry("b", text)], tools)
    assert [event.views["killed"].least for event in made.events] == [6, 2]


def test_the_same_text_twice_counts_once(tools: Tools) -> None:
    again = replace(FIRST, document=replace(FIRST.document, id="copy"))
    made = records_of([FIRST, again], tools)
    assert (made.documents, len(made.events), len(made.events[0].incidents)) == (2, 1, 1)


def test_denials_zero_and_unread_figures(tools: Tools) -> None:
    made = records_of(
        [
            entry("zero", "The [blast|X] caused [no|K] deaths."),
            entry("denied", "[Police|S] denied that the [attack|A] killed [ten|K] [people|T]."),
            entry("odd", "The [blast|X] killed [1.2.3|K] [people|T]."),
        ],
        tools,
    )
    denied, odd, zero = made.events
    assert (zero.views["killed"].least, zero.views["killed"].most) == (0, 0)
    assert denied.views == {}
    assert denied.claims[0].stance == "denies"
    assert odd.views == {}
    assert any("unread figure '1.2.3'" in flag for flag in odd.incidents[0].flags)


@pytest.mark.parametrize("published", [None, "next week", "0000-99-99"])
def test_without_a_publication_date_the_record_says_so(tools: Tools, published: str | None) -> None:
    (event,) = records_of([entry("b", "A [blast|X] on [Tuesday|W] killed [six|K].", published)], tools).events
    assert event.when is not None
    assert (event.when.start, event.when.precision) == (None, "weekday")
    assert "no date" in event.incidents[0].flags


@pytest.mark.parametrize("published", ["0001-01-01", "0001-01-02", "9999-12-31"])
def test_at_the_ends_of_the_calendar_two_bulletins_still_meet(tools: Tools, published: str) -> None:
    told = (
        "A [blast|X] in [Quetta|L] killed [six|K] [today|W].",
        "[Today|W] [six|K] died in a [blast|X] in [Quetta|L].",
    )
    (event,) = records_of([entry(text[:5], text, published) for text in told], tools).events
    assert event.when is not None
    assert (str(event.when.start), len(event.incidents)) == (published, 2)


def test_many_figures_in_one_bulletin(tools: Tools) -> None:
    text = " ".join(f"A [blast|X] killed [{number}|K]." for number in range(1, 2001))
    (event,) = records_of([entry("b", text)], tools).events
    assert len(event.claims) == 2000
    assert (event.views["killed"].least, event.views["killed"].most) == (1, 2000)


def test_a_persons_merges_and_separations_are_kept(tools: Tools, tmp_path: Path) -> None:
    ids = {x.document_id: x.id for event in records_of([FIRST, LATER, OTHER], tools).events for x in event.incidents}
    path = tmp_path / "edits.toml"
    path.write_text(
        f'[[apart]]\nincidents = ["{ids["b-1"]}", "{ids["b-2"]}"]\n'
        f'[[merge]]\nincidents = ["{ids["b-1"]}", "{ids["b-3"]}"]\n'
        '[[merge]]\nincidents = ["i-gone", "i-away"]\n',
        encoding="utf-8",
    )
    made = records_of([FIRST, LATER, OTHER], tools, edits=load_edits(path))
    assert [[x.document_id for x in event.incidents] for event in made.events] == [["b-1", "b-3"], ["b-2"]]
    assert made.unknown_edits == ("i-away", "i-gone")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (
            '[[merge]]\nincidents = ["a", "b"]\n[[apart]]\nincidents = ["b", "a"]',
            "a is merged with b and also kept apart",
        ),
        (
            '[[merge]]\nincidents = ["a", "b"]\n[[merge]]\nincidents = ["b", "c"]\n[[apart]]\nincidents = ["a", "c"]',
            "a is merged with c",
        ),
        ('[[merge]]\nincidents = ["a"]', "two or more ids"),
        ("merge = [", "is not TOML"),
    ],
)
def test_contradicting_or_broken_edits_are_refused(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "edits.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=part):
        load_edits(path)


def test_files_hold_the_same_events(tools: Tools, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    events = records_of([FIRST, LATER, OTHER], tools).events
    for ending in ("jsonl", "csv", "parquet", "sqlite", "geojson"):
        write_records(events, tmp_path / f"r.{ending}")
    rows = list(csv.DictReader((tmp_path / "r.csv").open(encoding="utf-8")))
    table = pq.read_table(tmp_path / "r.parquet").to_pylist()
    assert tuple(rows[0]) == tuple(table[0]) == COLUMNS
    assert [(row["killed_min"], row["killed_max"], row["detained_min"]) for row in table] == [
        (9, 9, None),
        (2, 2, None),
    ]
    assert [(row["killed_min"], row["detained_min"]) for row in rows] == [("9", ""), ("2", "")]
    assert table[0]["conflict"] is False
    assert table[0]["province"] == "Khyber Pakhtunkhwa"
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    claim = lines[0]["claims"][0]
    assert FIRST.document.text[claim["start"] : claim["end"]] == "six"
    assert claim["document_hash"] == FIRST.document.hash
    assert claim["figure"] == {"comparator": "eq", "value": 6, "low": 6, "high": 6, "vague": None, "unit": None}
    base = sqlite3.connect(tmp_path / "r.sqlite")
    assert base.execute(
        "SELECT count(*) FROM claims JOIN events USING (event_id) WHERE country = 'Pakistan'"
    ).fetchone() == (4,)
    base.close()
    shapes = json.loads((tmp_path / "r.geojson").read_text(encoding="utf-8"))
    assert [x["geometry"]["type"] for x in shapes["features"]] == ["Point", "Point"]


@pytest.mark.parametrize(("columns", "best"), [("acled", "fatalities"), ("ucdp", "best")])
def test_the_columns_of_others(tools: Tools, tmp_path: Path, columns: str, best: str) -> None:
    write_records(records_of([FIRST], tools).events, tmp_path / "r.csv", columns=columns)
    (row,) = csv.DictReader((tmp_path / "r.csv").open(encoding="utf-8"))
    assert row[best] == "6"
    assert row["country"] == "Pakistan"


@pytest.mark.parametrize("cell", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\t=1", " =1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell
    assert safe_cell(-70.5) == -70.5
    assert safe_cell("plain") == "plain"


def test_other_endings_are_refused() -> None:
    with pytest.raises(InputError, match=r"ends in \.xlsx; expected one of \.jsonl, \.csv"):
        check_outputs(["records.xlsx"])


def test_edits_are_empty_unless_given() -> None:
    assert Edits().together("i-1") == ()
    assert not Edits().parts("i-1", [])


def drawn(entries: Sequence[Entry]) -> list[Entry]:
    """Relations drawn by a rule that distance does not know: a figure belongs to the first trigger of its sentence."""
    from workbench.core.span import Relation
    from workbench.record.bulletin import Bulletin

    schema = load_schema("annotations/schema.toml")
    found = []
    for one in entries:
        bulletin = Bulletin(one, schema)
        relations = tuple(
            Relation(figure.index, next(x.index for x in bulletin.events if x.sentence == figure.sentence), "figure_of")
            for figure in bulletin.group("figure")
        )
        assert one.annotation is not None
        found.append(replace(one, annotation=replace(one.annotation, relations=relations)))
    return found


def test_a_scorer_learns_what_distance_does_not_know(tools: Tools, tmp_path: Path) -> None:
    schema = tools.schema
    corpus = drawn(
        [
            entry(
                str(number),
                f"The [attack|A] on {'x' * (number % 7)} and the [blast|X] killed [{number}|K]. "
                f"Later [{number + 1}|K] [died|A].",
            )
            for number in range(2, 40)
        ]
    )
    scorer = train(corpus, schema)
    learnt, baseline = (measure(corpus, tools, linker).links["figure_of"] for linker in (scorer, nearest))
    assert baseline.right < learnt.right == learnt.said == learnt.drawn == 76
    save_scorer(scorer, tmp_path / "linking.json")
    assert load_scorer(tmp_path / "linking.json") == scorer
    (tmp_path / "linking.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="is no linking model"):
        load_scorer(tmp_path / "linking.json")
    with pytest.raises(InputError, match="no relations to learn from"):
        train([FIRST], schema)


@pytest.mark.parametrize("word", ["both", "Both of them", "any", "many", "another", "an unknown number of"])
def test_a_word_without_a_number_makes_none(tools: Tools, word: str) -> None:
    (event,) = records_of([entry("b", f"A [blast|X] killed [{word}|K] [soldiers|T].")], tools).events
    assert event.views == {}
    assert f"figure '{word}'" in " ".join(event.incidents[0].flags)


def test_one_count_of_killed_and_wounded_is_no_count_of_killed(tools: Tools) -> None:
    said = "[ISIS|S] said that [12|K] [militants|T] were killed and wounded in the [blast|X]."
    (event,) = records_of([entry("b", said)], tools).events
    assert sorted(event.views) == ["casualty"]
    assert "taken as one count of both" in event.incidents[0].flags[-1]
    apart = entry("c", "The [blast|X] left [six|K] killed and injured [14|I] [people|T].")
    assert sorted(records_of([apart], tools).events[0].views) == ["injured", "killed"]


def test_figures_that_add_up_to_a_total_are_of_one_event(tools: Tools) -> None:
    told = (
        "[Nearly 4,000|R] [migrants|T] were [repatriated|B] from [Iran|L] and [Pakistan|L]. "
        "[2,831|R] [returned|B] from [Iran|L], while another [1,169|R] were [sent back|B] from [Pakistan|L]. "
        "Of those, [1,169|R] were [expelled|B] by force. On another day [95|R] were [deported|B]."
    )
    made = records_of([entry("b", told.replace(" On another day [95|R] were [deported|B].", ""))], tools)
    assert [(event.views["returned"].least, event.views["returned"].most) for event in made.events] == [(4000, 4000)]
    # A further number breaks the sum: nothing is joined by it.
    assert len(records_of([entry("b", told)], tools).events) > 1


def test_triggers_that_a_model_is_hardly_sure_of_are_left_out_and_counted(tools: Tools) -> None:
    sure = FIRST.annotation
    assert sure is not None
    scores = (0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.4, 0.9)
    spans = tuple(replace(span, score=score) for span, score in zip(sure.spans, scores, strict=True))
    doubtful = replace(FIRST, annotation=replace(sure, spans=spans, origin="model"))
    made = records_of([doubtful], tools)
    assert (made.doubtful, [w for *_, w in made.events[0].incidents[0].triggers]) == (1, ["blast"])
    every = records_of([doubtful], replace(tools, least_score=0.0))
    assert (every.doubtful, [w for *_, w in every.events[0].incidents[0].triggers]) == (0, ["blast", "explosion"])
    # What people marked has no score, and always counts.
    assert records_of([FIRST], tools).doubtful == 0


@pytest.mark.slow
def test_ten_thousand_figures_in_a_bulletin_take_seconds(tools: Tools) -> None:
    spread = entry("a", " ".join(f"A [blast|X] killed [{number}|K] people." for number in range(1, 3001)))
    packed = entry("b", "A [blast|X] killed " + ", ".join(f"[{number}|K]" for number in range(1, 10_001)) + ".")
    began = time.process_time()
    made = records_of([spread, packed], tools)
    assert sum(len(event.claims) for event in made.events) == 13_000
    assert max(len(claim.sentence) for event in made.events for claim in event.claims) <= 620
    assert time.process_time() - began < 30  # minutes, where something compares every two


def test_merges_that_are_no_list_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "edits.toml"
    path.write_text("merge = 3", encoding="utf-8")
    with pytest.raises(InputError, match="without incidents"):
        load_edits(path)


@pytest.mark.parametrize("forces", ["[its forces|P]", "its [forces|P]"])
def test_its_forces_are_those_of_the_party_before(tools: Tools, forces: str) -> None:
    said = f"The [Afghanistan Freedom Front (AFF)|S] said [four|K] [men|T] died after {forces} [attacked|A] a base."
    (event,) = records_of([entry("b", said)], tools).events
    assert event.actors == ("AFF",)


def test_figures_of_no_event_are_counted(tools: Tools) -> None:
    made = records_of([entry("b", "Some [880,000|R] refugees hold permits."), OTHER], tools)
    assert (made.homeless, len(made.events)) == (1, 1)


def test_a_line_end_in_a_label_breaks_no_row(tools: Tools, tmp_path: Path) -> None:
    made = records_of([entry("a\nb", "A [blast|X] killed [six|K] [men\nof Swat|T] in [Quetta\ncity|L].")], tools)
    write_records(made.events, tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["document_id"], row["place"], row["killed_min"]) == ("a\nb", "Quetta city", "6")


def test_a_planned_event_has_had_no_numbers_yet(tools: Tools) -> None:
    told = "Officials said that [nearly one million|R] migrants will be [expelled|B], while [880,000|R] hold permits."
    (event,) = records_of([entry("b", told)], tools).events
    assert event.incidents[0].mode == "planned"
    assert (event.views, [x.scope for x in event.claims]) == ({}, ["forecast", "forecast"])


def test_a_label_ends_with_its_paragraph(tools: Tools) -> None:
    (event,) = records_of([entry("b", "A [blast|X] in [Quetta\n\nISIS|L] has claimed it.")], tools).events
    assert event.where is not None
    assert (event.where.written, event.where.place is not None) == ("Quetta", True)
