"""Targets: files in every form that is read, and rows of a corpus."""

import gzip
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fuzz import seeds
from fuzz.mutate import damaged, damaged_json, text_of
from fuzz.run import Target, Try
from workbench.check.rows import Placed, read_tolerantly
from workbench.core.corpus import Entry, dump_row, entry_from_row, row_from_line
from workbench.read.paths import read_paths
from workbench.read.report import ReadReport


def targets() -> Iterator[Target]:
    """All of this module."""
    lines = [f"{row}\n".encode() for row in seeds.rows()]
    whole = [f"[{row}]".encode() for row in seeds.rows()[:3]]
    exports = [text.encode() for text in seeds.exports()]
    texts = [text.encode(encoding) for text in seeds.texts() for encoding in ("utf-8", "utf-16", "cp1252")]
    yield Target("rows", 150, _json(seeds.rows()), lambda _: _row)
    yield Target("txt", 60, _bytes(texts), _file("txt", split="blank"))
    yield Target("jsonl", 70, _bytes([b"".join(lines[:3]), *lines]), _file("jsonl"))
    yield Target("json", 40, _bytes([*whole, *exports]), _file("json"))
    yield Target("csv", 40, _bytes(seeds.tables()), _file("csv"))
    yield Target("gz", 40, _packed, _file("jsonl.gz"))
    yield Target("parquet", 20, _bytes(seeds.parquets()), _file("parquet"))
    yield Target("html", 20, _bytes(seeds.pages()), _file("html"))
    yield Target("any", 30, _any, _any_form)


def sound(entry: Entry) -> None:
    """What holds for every entry that is read: its spans lie in its text, and it is written and read back the same."""
    text = entry.document.text
    assert "\r" not in text, "a carriage return in the text"
    for span in entry.spans:
        assert 0 <= span.start < span.end <= len(text), f"{span} outside of {len(text)} characters"
    line = dump_row(entry)
    line.encode("utf-8")
    again = entry_from_row(row_from_line(line))
    assert again.spans == entry.spans, "spans change on the way through a file"
    assert again.document.text == text, "the text changes on the way through a file"


def _bytes(given: Sequence[bytes]) -> Callable[[random.Random], bytes]:
    return lambda rng: damaged(rng, given)


def _json(given: Sequence[str]) -> Callable[[random.Random], bytes]:
    return lambda rng: damaged_json(rng, given)


def _row(data: bytes) -> None:
    sound(entry_from_row(row_from_line(text_of(data))))


def _file(form: str, *, split: str | None = None) -> Callable[[Path], Try]:
    def begin(folder: Path) -> Try:
        path = folder / f"input.{form}"

        def attempt(data: bytes) -> None:
            path.write_bytes(data)
            _tolerantly(path)
            for entry in read_paths([path], split=split if len(data) % 2 else None, report=ReadReport()):
                sound(entry)

        return attempt

    return begin


def _tolerantly(path: Path) -> None:
    """As `workbench check` reads: what is wrong becomes a finding."""
    for item in read_tolerantly([path])[1]:
        if isinstance(item, Placed):
            assert item.place, "an entry without a place"
        else:
            json.dumps([item.kind, item.file, item.message, item.excerpt])


def _packed(rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        return damaged(rng, seeds.packed())
    return gzip.compress(damaged(rng, [f"{row}\n".encode() for row in seeds.rows()[:3]]), 1)


def _any(rng: random.Random) -> bytes:
    """A file of one form under the name of another: the first byte chooses the name."""
    given = (*seeds.tables(), *seeds.packed(), *seeds.parquets(), *seeds.pages(), *(x.encode() for x in seeds.rows()))
    return rng.randbytes(1) + damaged(rng, given)


def _any_form(folder: Path) -> Try:
    forms = ("txt", "html", "csv", "tsv", "jsonl", "json", "jsonl.gz", "csv.gz", "parquet", "ndjson", "zip", "")
    attempts = [_file(form)(folder) for form in forms]
    return lambda data: attempts[(data[:1] or b"\0")[0] % len(attempts)](data[1:])
