"""Targets: phrases and bulletins, and what is made of them: figures, dates, places, parties, event records."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from fuzz import seeds
from fuzz.mutate import damaged_json, damaged_text, text_of
from fuzz.run import Target, Try
from workbench.core.corpus import entry_from_row, row_from_line
from workbench.core.workspace import packaged
from workbench.figure import figures_in, normal_form
from workbench.figure.context import scope_of
from workbench.record.claim import read_figure
from workbench.record.dates import dateline, first_day, read_date
from workbench.record.gazetteer import open_gazetteer
from workbench.record.gold import read_gold
from workbench.record.parties import load_parties
from workbench.record.places import locate, where
from workbench.record.run import country_words, load_tools, records_of
from workbench.record.scorer import load_scorer
from workbench.record.told import read_rows
from workbench.record.write import write_records
from workbench.report.records import read_records

_PUBLISHED = (None, date(2024, 5, 8), date(2024, 2, 29), date.min, date.max)


def targets() -> Iterator[Target]:
    """All of this module."""
    yield Target("figures", 150, _text(seeds.figures()), lambda _: _figure)
    yield Target("dates", 110, _text(seeds.DATES), lambda _: _date)
    yield Target("places", 30, _text(seeds.PLACES), _places)
    yield Target("parties", 30, _text(seeds.PARTIES), _parties)
    yield Target("events", 20, _event, _events)
    yield Target("records", 20, _records, _records_file)
    yield Target("gold", 10, _gold, _gold_file)
    yield Target("linking", 10, _linking, _linking_file)


def _text(given: Sequence[str]) -> Callable[[random.Random], bytes]:
    return lambda rng: damaged_text(rng, given)


def _figure(data: bytes) -> None:
    text = text_of(data)
    end = 0
    for found in figures_in(text):
        assert end <= found.start < found.end <= len(text), f"{found} outside of {len(text)} characters"
        end = found.end
        scope_of(text, found.start, found.end)
        json.dumps(found.figure.row(), allow_nan=False)
        low, high = found.figure.low, found.figure.high
        assert low is None or high is None or low <= high, f"{found.figure} ends before it begins"
    normal_form(text)


def _date(data: bytes) -> None:
    text = text_of(data)
    for published in _PUBLISHED:
        for ahead in (False, True):
            found = read_date(text, published=published, ahead=ahead)
            if found is not None and found.start is not None:
                assert found.end is not None, f"{found} has no end"
                assert found.start <= found.end, f"{found} ends before it begins"
        first_day(text, published=published)
    dateline(text)


def _places(_: Path) -> Try:
    gazetteer, words = open_gazetteer(seeds.GAZETTEER), country_words(None)

    def attempt(data: bytes) -> None:
        text = text_of(data)
        names, start = [], 0
        for piece in text.split(" "):
            names.append((piece, start, start + len(piece)))
            start += len(piece) + 1
        located = locate([(text, 0, len(text)), *names[:5]], text, gazetteer, words=words)
        where(located, gazetteer)

    return attempt


def _parties(_: Path) -> Try:
    parties = load_parties()
    return lambda data: _party(parties.resolve(text_of(data)).kind)


def _party(kind: str) -> None:
    assert kind, "a party without a kind"


def _event(rng: random.Random) -> bytes:
    return damaged_json(rng, seeds.rows())


def _events(folder: Path) -> Try:
    from workbench.figure import load_policy

    tools, policy = load_tools(seeds.schema(), cache=seeds.GAZETTEER), load_policy("acled")
    path = folder / "records.jsonl"

    def attempt(data: bytes) -> None:
        entry = entry_from_row(row_from_line(text_of(data)))
        for span in entry.spans:
            read_figure(entry.surface(span), policy)
        found = records_of([entry], tools)
        write_records(found.events, path)
        if found.events:
            assert len(list(read_rows(path))) == len(found.events), "records are lost on the way through a file"
            read_records(path)

    return attempt


def _records(rng: random.Random) -> bytes:
    return damaged_json(rng, _made_records())


@cache
def _made_records() -> tuple[str, ...]:
    """Event records of the seeds."""
    tools = load_tools(seeds.schema(), cache=seeds.GAZETTEER)
    return tuple(json.dumps(event.row()) for event in records_of(seeds.entries(), tools).events)


def _records_file(folder: Path) -> Try:
    path = folder / "records.jsonl"

    def attempt(data: bytes) -> None:
        path.write_bytes(data)
        list(read_rows(path))
        read_records(path)

    return attempt


def _gold(rng: random.Random) -> bytes:
    fields = {"min_killed": 1, "min_captured": 0, "province": ["ghazni"], "start_date": "2013-01-24"}
    return damaged_json(rng, [json.dumps({"id": "a", "text": "Two were killed.", "gold": fields})])


def _gold_file(folder: Path) -> Try:
    path = folder / "gold.jsonl"

    def attempt(data: bytes) -> None:
        path.write_bytes(data)
        read_gold(path)

    return attempt


def _linking(rng: random.Random) -> bytes:
    table = json.loads(packaged("annotations/linking.json").read_text(encoding="utf-8"))
    table["weights"] = {kind: dict(list(weights.items())[:5]) for kind, weights in table["weights"].items()}
    return damaged_json(rng, [json.dumps(table)])


def _linking_file(folder: Path) -> Try:
    path = folder / "linking.json"

    def attempt(data: bytes) -> None:
        path.write_bytes(data)
        load_scorer(path)

    return attempt
