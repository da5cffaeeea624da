"""Records that the report's tests share: two conflicting reports of a blast, a raid, and a hostile bulletin."""

import json
from pathlib import Path
from typing import Any

EVIL = "</script><script>document.title='taken'</script><img src='//x/y' onerror=alert(1)>\"'&"


def claim(phrase: str, sentence: str, *, counts: str = "killed", **said: Any) -> dict[str, Any]:
    start = 100 + sentence.index(phrase)
    return {
        "document_id": "b-1", "published": "2024-05-08", "start": start, "end": start + len(phrase), "phrase": phrase,
        "counts": counts, "sentence": sentence, "sentence_start": 100, "source": "police", "source_kind": "official",
        "stance": "asserts", "scope": "incident", "superseded": False, "problem": None,
    } | said  # fmt: skip


def event(number: int, day: str | None, **said: Any) -> dict[str, Any]:
    date = None if day is None else {"start": day, "end": day, "precision": "day", "basis": "explicit", "weekday": None}
    return {
        "event_id": f"e-{number}", "event_type": "EVENT_EXPLOSION", "mode": "actual", "date": date, "place": None,
        "actors": [], "targets": [], "figures": {}, "conflict_reasons": [], "sources": [f"bulletin b-{number}"],
        "documents": [f"b-{number}"], "claims": [], "incidents": [{"flags": []}],
    } | said  # fmt: skip


def place(written: str, latitude: float, longitude: float, *, precision: str = "city") -> dict[str, Any]:
    return {"written": written, "name": written, "province": "Badakhshan", "country": "Afghanistan",
            "latitude": latitude, "longitude": longitude, "precision": precision}  # fmt: skip


def view(least: int, headline: int, most: int, conflict: str | None = None) -> dict[str, Any]:
    return {"min": least, "headline": headline, "max": most, "conflict": conflict}


def rows() -> list[dict[str, Any]]:
    blast = event(
        1, "2024-05-08", place=place("Faizabad", 37.12, 70.58), actors=[{"name": "ISIS"}],
        targets=[{"name": "Taliban"}],
        figures={"killed": view(3, 3, 6, "killed: 3 (Taliban) against at least 6 (hospital)")},
        conflict_reasons=["killed: 3 (Taliban) against at least 6 (hospital)"], sources=["Taliban", "hospital"],
        claims=[
            claim("three", "The Taliban confirmed the deaths of three of their men.", source="Taliban"),
            claim("at least six", "It left at least six dead.", source="hospital", source_kind="medical"),
            claim("two", "Two were guards, of the six dead two.", scope="subset"),
        ],
    )  # fmt: skip
    raid = event(
        2, "2024-06-20", event_type="EVENT_DETENTION", place=place("Kabul", 34.53, 69.17),
        figures={"detained": view(40, 40, 40)}, claims=[claim("40", "Police held 40 men.", counts="detained")],
        sources=["police"],
    )  # fmt: skip
    evil = event(
        3, None, place=place(EVIL, 34.0, 65.0, precision="country"), actors=[{"name": EVIL}], sources=[EVIL],
        documents=[EVIL], figures={"killed": view(1, 1, 1)},
        claims=[claim("one", f"{EVIL} killed one {EVIL}", source=EVIL, document_id=EVIL, published=EVIL)],
    )  # fmt: skip
    planned = event(
        4, "2024-05-09", event_type="EVENT_RETURN", mode="planned",
        claims=[claim("nearly one million", "They expect nearly one million.", counts="returned", scope="forecast")],
    )  # fmt: skip
    return [blast, raid, evil, planned]


def write(folder: Path, records: list[dict[str, Any]] | None = None) -> Path:
    path = folder / "records.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) for row in (rows() if records is None else records))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
