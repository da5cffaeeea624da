"""Files under a change of labels: corpora row by row, the schema, the rules; and each put in place or back again."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, dump_row, entry_from_row, row_from_line
from workbench.core.errors import CorpusError, InputError
from workbench.core.files import replacing
from workbench.core.relabelling import Relabelling, relabel_entry
from workbench.core.snapshots import Snapshots, corpus_name, file_sha256
from workbench.keep.journal import FileChange, Journal, Plan

# The field of an adjudicated row that keeps what each annotator said (see studio.adjudicating).
_SAID = "annotators"


@dataclass
class Counts:
    """What changes: spans by old and new label, and how many of them a person must look at, by old label."""

    spans: Counter[tuple[str, str]] = field(default_factory=Counter)
    review: Counter[str] = field(default_factory=Counter)

    def add(self, before: Entry, after: Entry, change: Relabelling) -> None:
        """Counts a row."""
        for span in before.spans:
            new, review = change.of(span.label, before.surface(span))
            self.spans[span.label, new] += new != span.label
            self.review[span.label] += review


def relabelled_lines(path: Path, change: Relabelling, counts: Counts) -> Iterator[bytes]:
    """The lines of a corpus under the new labels; rows that do not change keep their bytes.

    Raises CorpusError naming file and line, InputError where the file cannot be read.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                yield _relabelled(line, change, counts, where=f"{path} line {number}")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path and its permissions") from None


def put_in_place(journal: Journal, plan: Plan, root: Path, snapshots: Snapshots) -> None:
    """Gives every file its new bytes; those that have them are left. Raises InputError for one that has others."""
    for change in plan.files:
        target = root / change.path
        found = _hash_of(target)
        if found not in (change.before, change.after):
            raise InputError(
                f"{target} was changed by something else while its labels were being changed; its form before that is "
                f"{journal.copy('before', change, plan)}: put it back there, and run the same command again"
            )
        if found != change.after:
            copy_whole(journal.copy("after", change, plan), target)
        # Also where a killed run has put the file there; what is kept already is not kept twice.
        if target.suffix == ".jsonl":
            name = corpus_name(target)
            if change.before is not None:
                snapshots.keep(journal.copy("before", change, plan), why="before migrate", corpus=name)
            snapshots.keep(target, why="migrate", corpus=name)


def changed_since(plan: Plan, root: Path) -> list[FileChange]:
    """The files that have neither their bytes of before nor those of after."""
    return [each for each in plan.files if _hash_of(root / each.path) not in (each.before, each.after)]


def put_back(journal: Journal, plan: Plan, root: Path, snapshots: Snapshots) -> None:
    """Gives every file its old bytes. A corpus that was changed since is kept as a snapshot first."""
    for change in plan.files:
        target = root / change.path
        found = _hash_of(target)
        if found == change.before:
            continue
        if target.suffix == ".jsonl" and found not in (None, change.after):
            snapshots.keep(target, why="before undo")
        if change.before is None:
            target.unlink(missing_ok=True)
        else:
            copy_whole(journal.copy("before", change, plan), target)


def copy_whole(source: Path, target: Path) -> None:
    """Whole or not at all; the target keeps its permissions."""
    mode = target.stat().st_mode & 0o777 if target.exists() else None
    with replacing(target, mode=mode) as file, source.open("rb") as kept:
        while piece := kept.read(1 << 20):
            file.write(piece)


def _relabelled(line: bytes, change: Relabelling, counts: Counts, *, where: str) -> bytes:
    if not line.strip():
        return line
    try:
        entry = entry_from_row(row_from_line(line.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise CorpusError(f"{where} is not UTF-8 text (byte {error.start}); convert it to UTF-8 first") from None
    except InputError as error:
        raise CorpusError(f"{where}: {error}") from None
    after = _relabelled_readings(relabel_entry(entry, change), change)
    counts.add(entry, after, change)
    return line if after is entry else dump_row(after).encode("utf-8", "surrogatepass") + b"\n"


def _relabelled_readings(entry: Entry, change: Relabelling) -> Entry:
    """The entry with what its annotators said under the new labels too, where it keeps that."""
    said: Any = entry.document.fields.get(_SAID)
    if not isinstance(said, dict):
        return entry
    try:
        made = {
            name: [[a, b, change.of(label, entry.document.text[a:b])[0]] for a, b, label in spans]
            for name, spans in said.items()
        }
    except (TypeError, ValueError):
        return entry
    if made == said:
        return entry
    return replace(entry, document=replace(entry.document, fields={**entry.document.fields, _SAID: made}))


def _hash_of(path: Path) -> str | None:
    return file_sha256(path) if path.exists() else None
