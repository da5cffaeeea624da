"""Sheets and decisions without a server: what is shown, what confirming, splitting and merging make of the records."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from record_help import FIRST, LATER, OTHER, entry

from workbench.core.corpus import Annotation, Document, Entry, load_corpus
from workbench.core.errors import InputError
from workbench.core.schema import load_schema
from workbench.core.span import Relation, Span
from workbench.record.decisions import Decisions, decide, read_sheet
from workbench.record.edits import Edits, load_edits, make_edits, write_edits
from workbench.record.incident import Tools
from workbench.record.link import SAME_EVENT, nearest
from workbench.record.run import Records, drawn_or, load_tools, records_of
from workbench.record.sheets import MOST_BULLETINS, sheets, tell

CORPUS = Path("annotations/corpus.jsonl")


@pytest.fixture(scope="module")
def tools() -> Tools:
    loaded = load_tools(load_schema("annotations/schema.toml"), cache=Path(".workbench"))
    return replace(loaded, linker=drawn_or(nearest))


def shown(entries: Sequence[Entry], tools: Tools, edits: Edits | None = None) -> list[Entry]:
    return sheets([tell(each, tools) for each in entries], tools.schema, edits=edits)


def redrawn(sheet: Entry, keep: Callable[[Relation], bool], *more: Relation) -> Entry:
    """The sheet as somebody submits it: without some links, with others."""
    annotation = sheet.annotation
    assert annotation is not None
    kept = tuple(relation for relation in annotation.relations if keep(relation))
    return Entry(sheet.document, Annotation(annotation.spans, (*kept, *more), author="anna@localhost"))


def at(sheet: Entry, surface: str, nth: int = 0) -> int:
    return [place for place, span in enumerate(sheet.spans) if sheet.surface(span) == surface][nth]


def made(entries: Sequence[Entry], decided: Decisions, tools: Tools) -> Records:
    return records_of([decided.entries.get(x.document.hash, x) for x in entries], tools, edits=decided.edits)


def documents(records: Records) -> list[list[str]]:
    return [[x.document_id for x in event.incidents] for event in records.events]


def test_bulletins_of_one_event_share_a_sheet_with_its_links(tools: Tools) -> None:
    together, alone = shown([FIRST, LATER, OTHER], tools)
    assert [part[0] for part in together.document.fields["bulletins"]] == ["b-1", "b-2"]
    assert [part[0] for part in alone.document.fields["bulletins"]] == ["b-3"]
    for name, key, start, end in together.document.fields["bulletins"]:
        original = {"b-1": FIRST, "b-2": LATER}[name].document
        assert (together.document.text[start:end], key) == (original.text, original.hash)
    assert together.annotation is not None
    words = {(together.surface(together.spans[r.source]), together.surface(together.spans[r.target]), r.type)
             for r in together.annotation.relations}  # fmt: skip
    assert {("six", "blast", "figure_of"), ("nine", "blast", "figure_of"), ("blast", "blast", SAME_EVENT)} <= words


@pytest.mark.parametrize("source", ["made", "corpus"])
def test_confirming_changes_no_event(tools: Tools, source: str) -> None:
    entries = [FIRST, LATER, OTHER] if source == "made" else load_corpus(CORPUS)[:120]
    before = records_of(entries, tools)
    decided = decide(shown(entries, tools), entries, tools, edits=Edits())
    after = made(entries, decided, tools)
    assert (decided.missing, decided.strays, decided.different) == (0, 0, ())
    assert [(e.id, e.type, e.when, e.where, e.actors, e.targets) for e in after.events] == [
        (e.id, e.type, e.when, e.where, e.actors, e.targets) for e in before.events
    ]
    assert [{k: v.row() for k, v in e.views.items()} for e in after.events] == [
        {k: v.row() for k, v in e.views.items()} for e in before.events
    ]
    assert {claim.row()["review"] for event in after.events for claim in event.claims} == {"confirmed"}
    assert after.unknown_edits == ()


def test_a_removed_link_between_bulletins_splits_the_event(tools: Tools) -> None:
    entries = [FIRST, LATER, OTHER]
    sheet = shown(entries, tools)[0]
    first, second = (part[2] for part in sheet.document.fields["bulletins"])
    split = redrawn(sheet, lambda r: (sheet.spans[r.source].start < second) == (sheet.spans[r.target].start < second))
    assert first < second
    decided = decide([split], entries, tools, edits=Edits())
    assert (decided.merges, decided.apart) == (0, 1)
    records = made(entries, decided, tools)
    assert documents(records) == [["b-1"], ["b-3"], ["b-2"]]
    # Made again from other copies, in another order, it is still kept.
    again = [replace(LATER, document=replace(LATER.document, id="copy")), FIRST]
    assert sorted(documents(records_of(again, tools))) == [["b-1", "copy"]]
    assert sorted(documents(records_of(again, tools, edits=decided.edits))) == [["b-1"], ["copy"]]


def test_a_link_drawn_between_bulletins_merges_and_stays_merged(tools: Tools) -> None:
    entries = [
        entry("x", "A [blast|X] killed [six|K] in [Peshawar|L] on [Tuesday|W].", "2024-05-08"),
        entry("y", "An [explosion|X] hit [Peshawar|L] on [Thursday|W], killing [six|K].", "2024-05-09"),
        entry("z", "A [blast|X] killed [six|K] in [Peshawar|L] on [Tuesday|W], [Police|S] said.", "2024-05-08"),
    ]
    assert documents(records_of(entries, tools)) == [["x", "z"], ["y"]]
    text, parts, spans = "", [], []
    for each in entries:
        text += "[x]\n"
        parts.append([each.document.id, each.document.hash, len(text), len(text) + len(each.document.text)])
        spans += [Span(s.start + len(text), s.end + len(text), s.label) for s in each.spans]
        text += each.document.text + "\n\n"
    sheet = Entry(Document("sheet-1", text, fields={"bulletins": parts}), Annotation(tuple(spans)))
    links = [
        Relation(at(sheet, "six", n), at(sheet, w, m), "figure_of") for n, w, m in ((0, "blast", 0), (2, "blast", 1))
    ]
    merged = redrawn(sheet, lambda _: True, *links, Relation(at(sheet, "explosion"), at(sheet, "blast"), SAME_EVENT))
    decided = decide([merged], entries, tools, edits=Edits())
    records = made(entries, decided, tools)
    # x and z look alike and were not joined: a person who saw both keeps them apart.
    assert sorted(map(sorted, documents(records))) == [["x", "y"], ["z"]]
    assert (decided.merges, decided.apart) == (1, 1)


def test_a_figure_goes_to_the_event_that_a_person_links_it_to(tools: Tools) -> None:
    bulletin = entry("b", "A [blast|X] hit [Peshawar|L]. Separately gunmen [attacked|A] [Quetta|L]. [Six|K] died.")
    assert [sorted(e.views) for e in records_of([bulletin], tools).events] == [[], ["killed"]]
    [sheet] = shown([bulletin], tools)
    six, blast = at(sheet, "Six"), at(sheet, "blast")
    moved = redrawn(sheet, lambda r: r.source != six, Relation(six, blast, "figure_of"))
    decided = decide([moved], [bulletin], tools, edits=Edits())
    assert [sorted(e.views) for e in made([bulletin], decided, tools).events] == [["killed"], []]
    [entry_taken] = decided.entries.values()
    assert entry_taken.document.fields["links_reviewed"] is True
    assert entry_taken.annotation is not None
    assert entry_taken.annotation.author == "anna@localhost"


def test_a_split_within_a_bulletin_is_not_joined_again(tools: Tools) -> None:
    bulletin = entry("b", "A [blast|X] hit [Peshawar|L]. The [blast|X] killed [six|K] and [injured|A] [two|I].")
    assert len(records_of([bulletin], tools).events) == 1
    [sheet] = shown([bulletin], tools)
    split = redrawn(sheet, lambda r: r.type != SAME_EVENT)
    decided = decide([split], [bulletin], tools, edits=Edits())
    assert len(made([bulletin], decided, tools).events) == 3


def test_a_reviewed_bulletin_without_links_gets_none(tools: Tools) -> None:
    [sheet] = shown([OTHER], tools)
    decided = decide([redrawn(sheet, lambda _: False)], [OTHER], tools, edits=Edits())
    [event] = made([OTHER], decided, tools).events
    assert event.views == {}


def test_what_the_file_said_of_other_incidents_stays(tools: Tools) -> None:
    entries = [FIRST, LATER, OTHER]
    ids = {x.document_id: x.id for each in (tell(e, tools) for e in entries) for x in each.incidents}
    old = make_edits([(ids["b-1"], "i-elsewhere")], [(ids["b-1"], ids["b-2"]), ("i-3", "i-4")])
    sheet = shown(entries, tools, old)[0]
    assert [part[0] for part in sheet.document.fields["bulletins"]] == ["b-1", "b-2"]  # still side by side
    joined = redrawn(sheet, lambda _: True, Relation(at(sheet, "blast", 1), at(sheet, "blast", 0), SAME_EVENT))
    decided = decide([joined], entries, tools, edits=old)
    assert decided.edits.kept_apart == {frozenset(("i-3", "i-4"))}
    assert set(decided.edits.together(ids["b-2"])) == {ids["b-1"], ids["b-2"], "i-elsewhere"}


def test_a_bulletin_on_two_sheets_counts_as_somebody_changed_it(tools: Tools) -> None:
    [sheet] = shown([FIRST], tools)
    six, injured = at(sheet, "six"), at(sheet, "at least 14")
    changed, other = (redrawn(sheet, lambda r, figure=figure: r.source != figure) for figure in (six, injured))
    key = FIRST.document.hash

    def taken(*submitted: Entry) -> Annotation | None:
        return decide(submitted, [FIRST], tools, edits=Edits()).entries[key].annotation

    assert taken(changed, sheet) == taken(changed)
    assert taken(sheet, changed) == taken(changed)
    assert taken(changed, other) == taken(other) != taken(changed)
    assert decide([changed, other], [FIRST], tools, edits=Edits()).different == ("b-1",)


def test_strays_and_strangers_are_counted(tools: Tools) -> None:
    sheet = shown([FIRST, LATER], tools)[0]
    header = Entry(
        sheet.document,
        Annotation((Span(0, 3, "LOCATION"), *sheet.spans), (Relation(1, len(sheet.spans), "figure_of"),)),
    )
    decided = decide([header], [FIRST], tools, edits=Edits())
    assert (decided.strays, decided.missing, list(decided.entries)) == (2, 1, [FIRST.document.hash])


def test_another_task_is_refused() -> None:
    with pytest.raises(InputError, match=r"task b-1 does not say .*no sheet of `workbench confirm`"):
        read_sheet(FIRST)


def test_many_reports_of_one_event_are_spread_over_sheets_that_share_the_first(tools: Tools) -> None:
    many = [
        entry(
            f"r-{n}", f"Report {n}: a [blast|X] killed [six|K] [people|T] in [Peshawar|L] on [Tuesday|W].", "2024-05-08"
        )
        for n in range(12)
    ]
    found = [[part[0] for part in sheet.document.fields["bulletins"]] for sheet in shown(many, tools)]
    assert all(len(names) <= MOST_BULLETINS for names in found)
    assert {name for names in found for name in names} == {f"r-{n}" for n in range(12)}
    assert len(set.intersection(*map(set, found))) == 1
    decided = decide(shown(many, tools), many, tools, edits=Edits())
    assert len(made(many, decided, tools).events) == 1


def test_edits_are_written_and_read_alike(tmp_path: Path) -> None:
    edits = make_edits([("i-1", "i-2"), ("i-2", "i-5")], [("i-1", "i-9"), ("i-4", "i-3")])
    path = tmp_path / "edits.toml"
    write_edits(edits, path)
    assert load_edits(path) == edits
    assert edits.groups() == [("i-1", "i-2", "i-5")]
    write_edits(Edits(), path)
    assert load_edits(path) == Edits()


def test_who_is_kept_apart_from_one_is_kept_apart_from_all_it_is_merged_with(tools: Tools) -> None:
    copies = [
        replace(FIRST, document=replace(FIRST.document, id=f"c-{n}", text=f"{FIRST.document.text} {n}")) for n in "abc"
    ]
    ids = [tell(each, tools).incidents[0].id for each in copies]
    edits = make_edits([(ids[0], ids[1])], [(ids[0], ids[2])])
    for order in (copies, copies[::-1]):
        assert sorted(documents(records_of(order, tools, edits=edits))) == [["c-a", "c-b"], ["c-c"]]
