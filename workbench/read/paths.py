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
from workbench.read.row import Reject, Row, Source


def read_paths(
    paths: Iterable[str | Path],
    *,
    split: str | None = None,
    progress: Progress = silent,
    report: ReadReport | None = None,
    reject: Reject | None = None,
) -> Iterator[Entry]:
    """Entries of files, folders, patterns and "-" (standard input, JSON Lines), each id once.

    `split="blank"` cuts .txt files at blank lines. What is read row by row (.jsonl, .csv, .parquet) is never in memory
    as a whole; ids and hashes are. In a folder, a file that gives nothing is listed in the report and the rest
    goes on; one that breaks half-way raises, as half of it must not pass for the whole. Without a report, where
    nobody would hear of it, the first also raises. Rows with blank text are left out and listed. With `reject`, a
    row that is wrong or blank, and a file of a folder that breaks half-way, go there instead and the rest goes on.
    Raises InputError or CorpusError naming file and line.
    """
    if split is not None and split not in SPLITS:
        raise InputError(f"the split is {split!r}; expected {' or '.join(SPLITS)}")
    heard = report if report is not None else ReadReport()
    sources = find_sources(paths, heard, split=split)
    yield from progress(_entries(sources, heard, told=report is not None, reject=reject), what="reading bulletins")


def read_source(
    source: Source, *, identities: Identities | None = None, reject: Reject | None = None, told: bool = True
) -> Iterator[Entry]:
    """Entries of one source, which goes to its report; see read_paths for `reject`, and where it raises.

    `told` says that somebody will look at the report. Ids are compared with those in `identities`.
    """
    report = source.report
    before = report.documents
    try:
        for entry in _entries_of(source, identities or Identities(), reject):
            report.documents += 1
            yield entry
    except InputError as error:
        whole = report.documents == before
        if not (source.in_folder and (reject is not None or (told and whole))):
            raise
        reason = str(error).removeprefix(f"{source} ")
        report.unreadable.append((str(source), reason if whole else f"from some place on: {reason}"))
        if reject is not None:
            reject(str(source), reason, None)
    else:
        report.files += 1


def _entries(sources: list[Source], report: ReadReport, *, told: bool, reject: Reject | None) -> Iterator[Entry]:
    identities = Identities()
    for source in sources:
        yield from read_source(source, identities=identities, reject=reject, told=told)
    if sources and not report.files:
        path, reason = report.unreadable[0]
        others = f", and so with {len(sources) - 1} more" if len(sources) > 1 else ""
        raise InputError(f"no file could be read: {path} {reason}{others}")


def _entries_of(source: Source, identities: Identities, reject: Reject | None) -> Iterator[Entry]:
    count = 0
    for row in rows_of(source):
        count += 1
        try:
            entry = row.entry()
            blank = not entry.document.text.strip()
            admitted = None
            if not blank:
                admitted = identities.admit(entry, made_id=row.made_id, file=str(source), place=row.place)
        except InputError as error:
            problem = _named(error, source, row)
            if reject is None:
                raise problem from None
            reject(f"{source} {row.place}", str(problem).removeprefix(f"{source} {row.place}").lstrip(": "), row.value)
            continue
        if blank:
            source.report.without_text.append(f"{source} {row.place}")
            if reject is not None:
                reject(f"{source} {row.place}", "the text is blank", row.value)
        elif admitted is None:
            source.report.repeated += 1
        else:
            yield admitted
    if not count:
        raise InputError(f"{source} holds no bulletin; expected at least one row with a text")


def _named(error: InputError, source: Source, row: Row) -> InputError:
    """The error with file and place in front, unless it names them itself."""
    begins = f"{source} {row.place}"
    return error if str(error).startswith(begins) else type(error)(f"{begins}: {error}")
