"""Versions of annotated corpus files: immutable copies under `annotations/snapshots/`, known by their content.

    annotations/snapshots/NAME/2024-05-08-0f3a….jsonl    one version of the corpus NAME (gold.jsonl is the corpus gold)
    annotations/snapshots/NAME/index.jsonl               a row for each: hashes, counts, when, why, out of which file

The name holds the day and the fingerprint of the content. Nothing here is ever changed; the index is only added to,
and what it lacks (after a kill between the two writes) is added when the same content is kept again.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, dump_row, read_corpus
from workbench.core.errors import CorpusError, InputError
from workbench.core.files import open_text, replacing
from workbench.core.parse import json_value

INDEX = "index.jsonl"
_FILE = re.compile(r"(\d{4}-\d{2}-\d{2})-([0-9a-f]{16})\.jsonl")
_SHORTEST_HASH = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One kept version. `sha256` is of its bytes, `fingerprint` of what it says (see fingerprint).

    `made` is UTC to the second, `why` what made it ("pull", "before pull" …), `source` the file that it is of.
    """

    corpus: str
    made: str
    fingerprint: str
    sha256: str
    rows: int
    labelled: int
    spans: int
    why: str
    source: str

    @property
    def name(self) -> str:
        """What it is called by: gold/2024-05-08-0f3a…."""
        return f"{self.corpus}/{self.made[:10]}-{self.fingerprint}"


@dataclass(frozen=True)
class Snapshots:
    """The snapshots of a workspace; the folder need not be there yet."""

    folder: Path

    def keep(self, path: Path, *, why: str, corpus: str | None = None) -> tuple[Snapshot, bool]:
        """Keeps a copy of a corpus file, and says whether it is new: what the corpus held before is not kept twice.

        Raises InputError or CorpusError where the file cannot be read as a corpus or the copy cannot be written.
        """
        name = corpus or corpus_name(path)
        digest, counts = fingerprint_and_counts(read_corpus(path))
        known = next((each for each in self.of(name) if each.fingerprint == digest), None)
        if known is not None and self.path(known).exists():
            return known, False
        there = next((self.folder / name).glob(f"*-{digest}.jsonl"), None)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        if there is not None:
            # Its row is missing: the kill came between the file and the index.
            made = f"{there.name[:10]}T00:00:00+00:00"
        snapshot = Snapshot(name, made, digest, file_sha256(there or path), *counts, why=why, source=path.name)
        if there is None:
            _copy(path, self.path(snapshot))
            snapshot = replace(snapshot, sha256=file_sha256(self.path(snapshot)))
        self._note(snapshot)
        return snapshot, True

    def of(self, corpus: str) -> list[Snapshot]:
        """The versions of one corpus, oldest first: in the order in which they were kept, whatever the clock said."""
        # Of two rows of one name the later counts: its file had been lost and was made again.
        return list({each.name: each for each in _index_rows(self.folder / corpus / INDEX)}.values())

    def all(self) -> list[Snapshot]:
        """Every version, by corpus, oldest first."""
        folders = sorted(path.parent for path in self.folder.glob(f"*/{INDEX}"))
        return [each for folder in folders for each in self.of(folder.name)]

    def path(self, snapshot: Snapshot) -> Path:
        """Its file."""
        return self.folder / f"{snapshot.name}.jsonl"

    def find(self, name: str) -> Snapshot | None:
        """The version that a name means: a corpus (its newest), corpus~N (N before that), a full name, or the first
        hex digits of a hash (four or more). None where nothing is meant; InputError where several are."""
        corpus, _, back = name.partition("~")
        versions = self.of(corpus) if _is_plain(corpus) else []
        if versions and (not back or back.isdigit()):
            if int(back or 0) >= len(versions):
                raise InputError(
                    f"{name} is further back than the {len(versions)} snapshots of {corpus}; see "
                    "`workbench snapshots list`"
                )
            return versions[-1 - int(back or 0)]
        found = [each for each in self.all() if _means(each, name)]
        # The same content may be a version of several corpora: any of them will do.
        if len({each.fingerprint for each in found}) > 1:
            raise InputError(
                f"{name} is the beginning of {len(found)} hashes ({found[0].name}, {found[1].name}); give more digits"
            )
        return found[0] if found else None

    def _note(self, snapshot: Snapshot) -> None:
        path = self.folder / snapshot.corpus / INDEX
        broken = path.exists() and path.stat().st_size > 0 and path.read_bytes()[-1:] != b"\n"
        row = json.dumps(asdict(snapshot), ensure_ascii=False)
        with path.open("a", encoding="utf-8") as file:
            file.write(("\n" if broken else "") + row + "\n")
            file.flush()
            os.fsync(file.fileno())


def corpus_name(path: Path) -> str:
    """The name of a corpus by its file: gold.jsonl is gold; what no folder may be called becomes a dash."""
    stem = path.name.removesuffix(".gz").removesuffix(".jsonl")
    return re.sub(r"[^\w.-]+", "-", stem).strip(".") or "corpus"


def keep_older(path: Path, snapshots: Snapshots, *, why: str) -> Snapshot | None:
    """Before a file is overwritten: keeps what anybody annotated in it; the snapshot, or None where none is new.

    A file of which every row is a model's is not kept, since the model makes it again. Raises InputError for a file
    that is there but no corpus: nobody meant that to be overwritten.
    """
    if not path.is_file():
        return None
    try:
        if not any(e.annotation is not None and e.annotation.origin != "model" for e in read_corpus(path)):
            return None
        snapshot, new = snapshots.keep(path, why=why)
    except CorpusError as error:
        raise InputError(
            f"{path} would be overwritten, but it is no corpus of which a snapshot could be kept ({error}); "
            "move it away, or write to another file"
        ) from None
    return snapshot if new else None


def fingerprint(entries: Iterable[Entry]) -> str:
    """16 hex digits of what a corpus says: the same whatever the order of its rows, another for any other content."""
    return fingerprint_and_counts(entries)[0]


def fingerprint_and_counts(entries: Iterable[Entry]) -> tuple[str, tuple[int, int, int]]:
    """The fingerprint, and how many rows, labelled rows and spans there are; 32 bytes a row in memory."""
    digests: list[bytes] = []
    labelled = spans = 0
    for entry in entries:
        digests.append(hashlib.sha256(dump_row(entry).encode("utf-8", "surrogatepass")).digest())
        labelled += entry.annotation is not None
        spans += len(entry.spans)
    whole = hashlib.sha256(b"".join(sorted(digests))).hexdigest()[:16]
    return whole, (len(digests), labelled, spans)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex. Raises InputError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); mend its permissions or its disk") from None


def _index_rows(path: Path) -> Iterator[Snapshot]:
    """The rows that can be read; one that was cut by a kill is passed over (its file is found again by its name)."""
    if not path.exists():
        return
    with open_text(path) as lines:
        for line in lines:
            snapshot = _snapshot(line)
            if snapshot is not None:
                yield snapshot


def _snapshot(line: str) -> Snapshot | None:
    try:
        row: Any = json_value(line)
        found = Snapshot(**row)
    except (ValueError, TypeError):
        return None
    return found if _FILE.fullmatch(f"{found.made[:10]}-{found.fingerprint}.jsonl") else None


def _copy(path: Path, target: Path) -> None:
    """Plain JSON Lines, whole or not at all, read-only from then on."""
    with replacing(target, mode=0o444) as file:
        if path.suffix == ".gz":
            for entry in read_corpus(path):
                file.write(dump_row(entry).encode("utf-8", "surrogatepass") + b"\n")
            return
        with path.open("rb") as source:
            while piece := source.read(1 << 20):
                file.write(piece)


def _is_plain(name: str) -> bool:
    return bool(name) and name == corpus_name(Path(name))


def _means(snapshot: Snapshot, name: str) -> bool:
    if snapshot.name == name.removesuffix(".jsonl") or snapshot.name.endswith(f"/{name}"):
        return True
    hexadecimal = len(name) >= _SHORTEST_HASH and not set(name) - set("0123456789abcdef")
    return hexadecimal and (snapshot.fingerprint.startswith(name) or snapshot.sha256.startswith(name))
