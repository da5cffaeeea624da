"""Reads on where read_paths stops: every bad row and span becomes a finding, every sound one is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.check.finding import Finding
from workbench.core.corpus import Entry, entry_from_row
from workbench.core.errors import InputError
from workbench.core.text import excerpt
from workbench.read.find import find_sources
from workbench.read.forms import rows_of
from workbench.read.report import ReadReport
from workbench.read.row import Row, Source


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, with the file and the place in it that it came from."""

    file: str
    place: str
    entry: Entry

    def finding(self, kind: str, message: str, *, start: int | None = None, end: int | None = None) -> Finding:
        """A finding about this entry; with a stretch named, its excerpt is shown."""
        document = self.entry.document
        shown = excerpt(document.text, start, end) if start is not None and end is not None else ""
        return Finding(kind, self.file, message, self.place, document.id, start, end, shown)


def read_tolerantly(
    paths: Sequence[str | Path], *, split: str | None = None
) -> tuple[list[str], Iterator[Placed | Finding]]:
    """The files, and what is in them: entries and what is wrong, in file order.

    Raises InputError where a path is not there or a folder has nothing to read.
    """
    report = ReadReport()
    sources = find_sources(paths, report, split=split)
    return [str(source) for source in sources], (item for source in sources for item in _items(source))


def _items(source: Source) -> Iterator[Placed | Finding]:
    file, count, seen = str(source), 0, dict[str, str]()
    try:
        for row in rows_of(source):
            count += 1
            for item in _examined(row, file):
                yield item
                if isinstance(item, Placed):
                    yield from _id_twice(item, seen)
    except InputError as error:
        yield Finding("unreadable", file, str(error).removeprefix(file).lstrip(": "))
        return
    if not count:
        yield Finding("unreadable", file, "holds no bulletin; expected at least one row with a text")


def _id_twice(item: Placed, seen: dict[str, str]) -> Iterator[Finding]:
    place = seen.setdefault(item.entry.document.id, item.place)
    if place != item.place:
        yield item.finding("id-twice", f"the id of {place}; give each bulletin its own")


def _examined(row: Row, file: str) -> Iterator[Placed | Finding]:
    try:
        yield Placed(file, row.place, row.entry())
        return
    except InputError as error:
        problem = str(error)
    value = row.value if isinstance(row.value, dict) else {}
    name = value["id"] if isinstance(value.get("id"), str) else None
    bare = _parsed(value, spans=[])
    if bare is None or not isinstance(value.get("spans"), list) or "\r" in value["text"]:
        yield Finding("broken-row", file, problem, row.place, name)
        return
    sound, wrong = [], []
    for item in value["spans"]:
        finding = _wrong_span(value, item, Placed(file, row.place, bare))
        if finding is None:
            sound.append(item)
        else:
            wrong.append(finding)
    yield from wrong or [Finding("broken-row", file, problem, row.place, name)]
    yield Placed(file, row.place, _parsed(value, spans=sound) or bare)


def _parsed(value: dict[str, Any], *, spans: list[Any]) -> Entry | None:
    try:
        return entry_from_row({**value, "spans": spans, "relations": []})
    except InputError:
        return None


def _wrong_span(value: dict[str, Any], item: Any, bare: Placed) -> Finding | None:
    try:
        entry_from_row({**value, "spans": [item], "relations": []})
    except InputError as error:
        message = str(error).removeprefix(f"bulletin {bare.entry.document.id}: ")
    else:
        return None
    start, end = _ends(item)
    length = len(bare.entry.document.text)
    if start is None or end is None or not 0 <= start < end:
        return bare.finding("broken-span", message)
    if end > length:
        return Finding("span-outside", bare.file, message, bare.place, bare.entry.document.id, start, end)
    only_spaces = not bare.entry.document.text[start:end].strip()
    return bare.finding("span-spaces" if only_spaces else "broken-span", message, start=start, end=end)


def _ends(item: Any) -> tuple[int | None, int | None]:
    pair = (item.get("start"), item.get("end")) if isinstance(item, dict) else tuple(item[:2]) if _is_list(item) else ()
    start, end = (*pair, None, None)[:2]
    return (start if isinstance(start, int) else None, end if isinstance(end, int) else None)


def _is_list(item: Any) -> bool:
    return isinstance(item, list | tuple)
