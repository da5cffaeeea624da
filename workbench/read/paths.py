"""The way in: whatever files the user named, as entries, one at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent
from workbench.read.find import find_sources
from workbench.read.forms import rows_of
from workbench.read.forms.text import SPLITS
from workbench.read.identity import Identities
from workbench.read.report import ReadReport
from workbench.read.row import Source


def read_paths(
    paths: Iterable[str | Path],
    *,
    split: str | None = None,
    progress: Progress = silent,
    report: ReadReport | None = None,
) -> Iterator[Entry]:
    """Entries of files, folders, patterns and "-" (standard input, JSON Lines), each id once.

    `split="blank"` cuts .txt files at blank lines. What is read row by row (.jsonl, .csv, .parquet) is never in memory
    as a whole; ids and hashes are. In a folder, a file that gives nothing is listed in the report and the rest
    goes on; one that breaks half-way raises, as half of it must not pass for the whole. Without a report, where
    nobody would hear of it, the first also raises. Rows with blank text are left out and listed.
    Raises InputError or CorpusError naming file and line.
    """
    if split is not None and split not in SPLITS:
        raise InputError(f"the split is {split!r}; expected {' or '.join(SPLITS)}")
    heard = report if report is not None else ReadReport()
    sources = find_sources(paths, heard, split=split)
    yield from progress(_entries(sources, heard, told=report is not None), what="reading bulletins")


def _entries(sources: list[Source], report: ReadReport, *, told: bool) -> Iterator[Entry]:
    identities = Identities()
    for source in sources:
        before = report.documents
        try:
            for entry in _entries_of(source, identities):
                report.documents += 1
                yield entry
        except InputError as error:
            if not (told and source.in_folder and report.documents == before):
                raise
            report.unreadable.append((str(source), str(error).removeprefix(f"{source} ")))
        else:
            report.files += 1
    if sources and not report.files:
        path, reason = report.unreadable[0]
        others = f", and so with {len(sources) - 1} more" if len(sources) > 1 else ""
        raise InputError(f"no file could be read: {path} {reason}{others}")


def _entries_of(source: Source, identities: Identities) -> Iterator[Entry]:
    count = 0
    for row in rows_of(source):
        count += 1
        try:
            entry = row.entry()
        except InputError as error:
            raise type(error)(f"{source} {row.place}: {error}") from None
        if not entry.document.text.strip():
            source.report.without_text.append(f"{source} {row.place}")
            continue
        admitted = identities.admit(entry, made_id=row.made_id, file=str(source), place=row.place)
        if admitted is None:
            source.report.repeated += 1
        else:
            yield admitted
    if not count:
        raise InputError(f"{source} holds no bulletin; expected at least one row with a text")
