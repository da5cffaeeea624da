"""The six bulletins of the issue, with gold spans and relations (offsets only; the texts lie beside the project)."""

import json
from datetime import date
from pathlib import Path

import pytest

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.schema import load_schema
from workbench.core.span import Relation, Span
from workbench.core.text import normalise_line_ends, text_hash
from workbench.record.event import Event
from workbench.record.run import Records, load_tools, records_of

_TEXTS = Path("../shared/data/bulletins")
_GOLD = Path(__file__).parent / "records" / "six.jsonl"


def entries(*, published: dict[str, str] | None = None) -> list[Entry]:
    found = []
    for line in _GOLD.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = _TEXTS / row["bulletin"]
        if not path.exists():
            pytest.skip(f"{path} is not there; the texts are no part of the project")
        text = normalise_line_ends(path.read_text(encoding="utf-8"))
        assert text_hash(text) == row["hash"], f"{path} is another text than the one that was annotated"
        spans = tuple(Span(*span) for span in row["spans"])
        relations = tuple(Relation(x["from"], x["to"], x["type"]) for x in row["relations"])
        document = Document(path.stem, text, (published or {}).get(path.stem))
        found.append(Entry(document, Annotation(spans, relations)))
    return found


@pytest.fixture(scope="module")
def records() -> Records:
    schema = load_schema("annotations/schema.toml")
    return records_of(entries(), load_tools(schema, cache=Path(".workbench")))


def only(records: Records, bulletin: str, kind: str, *, mode: str = "actual") -> Event:
    found = [
        event
        for event in records.events
        if event.type == kind
        and event.incidents[0].mode == mode
        and bulletin in {incident.document_id for incident in event.incidents}
    ]
    assert len(found) == 1, [event.row() for event in found]
    return found[0]


def test_the_faizabad_attack_is_one_event_with_three_conflicting_claims(records: Records) -> None:
    event = only(records, "bulletin-1", "EVENT_ATTACK")
    assert [incident.document_id for incident in event.incidents] == ["bulletin-1", "bulletin-4"]
    said = {(x.counts, x.phrase, x.source, x.source_kind) for x in event.claims if x.counts != "other"}
    hospital = "sources at the Badakhshan provincial hospital"
    assert said == {
        ("casualty", "12", "ISIS", "armed group"),
        ("killed", "three", "Taliban", "armed group"),
        ("killed", "at least six", hospital, "medical"),
        ("injured", "14", hospital, "medical"),
    }
    killed = event.views["killed"]
    assert (killed.least, killed.most, killed.headline) == (3, 6, 3)
    assert event.conflicts == (
        f"killed: 3 (Taliban) against at least 6 ({hospital})",
        "12 (ISIS) killed and wounded together, against 20 killed and injured",
    )
    assert event.where is not None
    assert event.where.place is not None
    assert (event.where.place.id, event.where.place.name) == ("geonames:1142170", "Fayzabad")
    assert event.where.province is not None
    assert event.where.province.name == "Badakhshan"
    assert event.row()["responsibility"] == [{"source": "ISIS", "stance": "asserts"}]
    assert event.targets[0] == "Taliban"


def test_parts_of_the_returns_are_not_added(records: Records) -> None:
    event = only(records, "bulletin-2", "EVENT_RETURN")
    claims = [(x.phrase, x.scope, x.part_of is not None) for x in event.claims]
    assert claims == [
        ("nearly 4,000", "incident", False),
        ("2,831", "subset", True),
        ("1,169", "subset", True),
        ("1,169", "subset", False),
        ("24", "subset", False),
    ]
    view = event.views["returned"]
    assert (view.least, view.most, view.headline) == (4000, 4000, 4000)
    assert not event.conflicts


def test_the_kabul_attack_is_claimed_by_the_aff(records: Records) -> None:
    event = only(records, "bulletin-5", "EVENT_ATTACK")
    (claim,) = event.claims
    assert (claim.phrase, claim.source, claim.source_kind, claim.stance) == ("four", "AFF", "armed group", "asserts")
    assert event.actors == ("AFF",)
    assert event.targets == ("Taliban",)
    assert event.views["killed"].least == 4
    assert event.where is not None
    assert event.where.written == "Sarai Shamali area"
    assert event.where.province is not None
    assert event.where.province.name == "Kabul"


def test_the_extension_has_statistics_and_no_casualties(records: Records) -> None:
    event = next(x for x in records.events if x.incidents[0].triggers[0][2] == "granted")
    assert event.type == "EVENT_POLICY"
    assert event.views == {}
    values = [x.figure.value for x in event.claims if x.figure]
    assert values == [2_180_000, 1_300_000, 880_000]
    assert [x.scope for x in event.claims] == ["incident", "subset", "incident"]
    assert only(records, "bulletin-6", "EVENT_RETURN").views["returned"].least == 913
    assert only(records, "bulletin-6", "EVENT_RETURN", mode="period").views == {}
    planned = only(records, "bulletin-6", "EVENT_RETURN", mode="planned")
    assert planned.views == {}
    assert [(x.phrase, x.scope) for x in planned.claims] == [("nearly one million", "forecast")]


def test_percentages_are_no_counts(records: Records) -> None:
    changes = [x for event in records.events for x in event.claims if x.phrase in ("65%", "500%")]
    assert [(x.figure.value, x.figure.unit) for x in changes if x.figure] == [
        (65, "percent change"),
        (500, "percent change"),
    ]
    assert not any(x.stated for x in changes)


def test_every_number_leads_back_to_its_characters(records: Records) -> None:
    texts = {entry.document.hash: entry.document.text for entry in entries()}
    claims = [claim for event in records.events for claim in event.row()["claims"]]
    assert len(claims) == 20
    for claim in claims:
        assert texts[claim["document_hash"]][claim["start"] : claim["end"]] == claim["phrase"]


def test_weekdays_become_dates_with_a_publication_date() -> None:
    days = {"bulletin-1": "2024-05-08", "bulletin-4": "2024-05-09", "bulletin-5": "2024-05-08"}
    schema = load_schema("annotations/schema.toml")
    made = records_of(entries(published=days), load_tools(schema, cache=Path(".workbench")))
    event = only(made, "bulletin-4", "EVENT_ATTACK")
    assert len(event.incidents) == 2
    assert event.when is not None
    assert (event.when.start, event.when.precision, event.when.basis) == (date(2024, 5, 8), "day", "relative")
