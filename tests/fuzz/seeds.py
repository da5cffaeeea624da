"""Real valid inputs, as people have them: of the files that come along, small enough to be tried by the thousand."""

import csv
import gzip
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, dump_row, read_corpus
from workbench.core.schema import Schema
from workbench.core.workspace import Workspace, packaged
from workbench.studio.forms import regions
from workbench.studio.labeling import labeling_config
from workbench.studio.tasks import prediction, task_data

# Where the tests of the clone keep the gazetteer, which takes a while to build.
GAZETTEER = Path(__file__).parents[2] / ".workbench"


@cache
def schema() -> Schema:
    """The schema that comes along."""
    return Workspace(Path("/nowhere")).schema()


@cache
def entries() -> tuple[Entry, ...]:
    """Eight short labelled bulletins, with their links."""
    found = [entry for entry in read_corpus(packaged("annotations/corpus.jsonl")) if entry.spans]
    linked = [entry for entry in found if entry.annotation and entry.annotation.relations]
    short = sorted(found, key=lambda entry: len(entry.document.text))
    return tuple(sorted(linked, key=lambda entry: len(entry.document.text))[:4] + short[20:24])


@cache
def texts() -> tuple[str, ...]:
    """The texts of bulletins, labelled and new."""
    new = (entry.document.text for entry in read_corpus(packaged("annotations/new.jsonl")))
    return (*(entry.document.text for entry in entries()), *new)


@cache
def rows() -> tuple[str, ...]:
    """Rows of a corpus, one with each thing that a row may hold."""
    full = {
        "id": "b-17", "text": "Six were killed in Kabul on Friday.", "published": "2024-05-08", "source": "Dawn",
        "spans": [{"start": 0, "end": 3, "label": "FIGURE_KILLED", "score": 0.98, "choices": {"sure": ["yes", "no"]}},
                  [9, 15, "EVENT_ATTACK"], [19, 24, "LOCATION", 0.5]],
        "relations": [{"from": 0, "to": 1, "type": "figure_of"}], "origin": "model", "author": "anna@x.org",
        "model_version": "m-1", "assisted": True, "extra": {"a": [1]},
        "annotators": {"anna": [[0, 3, "FIGURE_KILLED"]]},
    }  # fmt: skip
    return (json.dumps(full), *(dump_row(entry) for entry in entries()))


@cache
def tables() -> tuple[bytes, ...]:
    """A corpus as a table, with commas and with semicolons."""
    made = []
    for delimiter in ",;":
        file = io.StringIO()
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["id", "text", "published", "spans", "assisted"])
        for entry in entries()[:3]:
            spans = json.dumps([[span.start, span.end, span.label] for span in entry.spans])
            writer.writerow([entry.document.id, entry.document.text, "2024-05-08", spans, "true"])
        made.append(file.getvalue().encode())
    return tuple(made)


@cache
def packed() -> tuple[bytes, ...]:
    """Rows, gzipped: whole, and in two members."""
    lines = [row.encode() + b"\n" for row in rows()[:3]]
    return gzip.compress(b"".join(lines), 1, mtime=0), b"".join(gzip.compress(line, 1, mtime=0) for line in lines)


@cache
def parquets() -> tuple[bytes, ...]:
    """A small corpus as Parquet, plain and compressed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(
        [
            {
                "id": entry.document.id,
                "text": entry.document.text[:200],
                "n": number,
                "spans": [{"start": 0, "end": 3, "label": "DATE"}],
            }
            for number, entry in enumerate(entries()[:3])
        ]
    )
    made = []
    for compression in ("none", "snappy"):
        sink = io.BytesIO()
        pq.write_table(table, sink, compression=compression)
        made.append(sink.getvalue())
    return tuple(made)


@cache
def pages() -> tuple[bytes, ...]:
    """Two web pages with a bulletin in them."""
    first, second = texts()[-2:]
    head = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Blast</title><meta property="og:site_name" '
    return tuple(
        f'{head} content="Dawn"><meta name="date" content="2024-05-08"><link rel="canonical" href="https://x.org/a">'
        f'</head><body><nav><a href="/">Home</a></nav><article><h1>Blast in the city</h1><p>{text}</p>'
        f"<table><tr><td>killed</td><td>6</td></tr></table><p>{text}</p></article></body></html>".encode()
        for text in (first, second)
    )


@cache
def tasks() -> tuple[str, ...]:
    """Tasks of Label Studio's export with annotations, drafts and predictions."""
    found = []
    for number, entry in enumerate(entries()[:4], start=1):
        assert entry.annotation is not None
        task: dict[str, Any] = {"id": number, "data": task_data(entry.document), "drafts": [], "meta": {}}
        result = regions(entry.document, entry.annotation, origin="manual")
        if result:
            value = {"start": 0, "end": 3, "text": entry.document.text[:3]}
            result.append({"id": result[0]["id"], "type": "choices", "from_name": "sure",
                           "value": value | {"choices": ["yes"]}})  # fmt: skip
            result.append({"type": "textarea", "from_name": "note", "value": {"text": ["looked at"]}})
        snapshot = prediction(entry) | {"id": 5}
        task["annotations"] = [
            {"id": 9, "result": result, "completed_by": {"id": 1, "email": "anna@x.org"}, "was_cancelled": False,
             "ground_truth": False, "updated_at": "2024-05-08T10:00:00.000000Z", "lead_time": 12.5,
             "parent_prediction": 5, "prediction": snapshot}
        ]  # fmt: skip
        task["predictions"] = [snapshot]
        found.append(json.dumps(task))
    return tuple(found)


@cache
def exports() -> tuple[str, ...]:
    """Whole exports."""
    return tuple(f"[{', '.join(tasks()[start : start + 2])}]" for start in (0, 1, 2))


@cache
def configs() -> tuple[str, ...]:
    """Labelling configurations: the schema's own, and a plain one."""
    plain = (
        '<View><Labels name="n" toName="t"><Label value="DATE" alias="D"/><Label value="LOCATION"/></Labels>'
        '<Text name="t" value="$body" granularity="word"/><Relations><Relation value="figure_of"/></Relations></View>'
    )
    return labeling_config(schema()), plain, plain


@cache
def file_text(name: str) -> str:
    """A file that comes along, its first lines where it is long."""
    text = packaged(f"annotations/{name}").read_text(encoding="utf-8")
    return text if len(text) < 8000 else text[:8000].rpartition("\n\n")[0] + "\n"


@cache
def figures() -> tuple[str, ...]:
    """The figure phrases of the tests."""
    lines = (Path(__file__).parents[1] / "figures/phrases.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.partition("|")[0].strip() for line in lines if "|" in line and not line.startswith("#"))


DATES = (
    "Friday", "last Friday", "May 8, 2024", "8 May 2024", "2024-05-08", "05/06/2026", "earlier this week",
    "past 24 hours", "the day before yesterday", "two weeks ago", "early January", "May of last year", "9.11.2001",
    "KABUL, Afghanistan (Jan. 25, 2013) - On Tuesday", "2010-09-CA-005 On the 3rd of March", "next month", "Feb 29",
    "since 2021", "a couple of days ago", "overnight", "mid-August", "until December 31", "tomorrow",
    "in 999 years ago",
)  # fmt: skip
PLACES = (
    "Kabul", "Khyber Pakhtunkhwa province", "North Waziristan", "Quetta city", "Sangin/Helmand", "Imphal West", "U.S.",
    "Northern Ireland", "the Torkham border crossing", "Nangarhar (eastern Afghanistan)", "Hyderabad", "Kandahár",
    "district of Panjwai", "New York", "Gaza Strip", "residence", "Pul-e Jozgun area",
)  # fmt: skip
PARTIES = ("the Taliban", "Afghan police", "Islamic State", "UNAMA", "Israeli army", "residents", "Dr. Khan", "ISI")
