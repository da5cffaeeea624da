"""No two bulletins with one id: ids made here give way, ids of the data never change."""

import dataclasses
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import CorpusError, InputError

# Beyond this, what was seen lies in a temporary file, so that memory stays the same over millions of bulletins.
_CACHE_KIBIBYTES = 16_384


class Identities:
    """The ids given so far, each with where it came from and what it stood for.

    Kept in a temporary database of about 100 bytes a bulletin, which goes away with the process.
    """

    def __init__(self) -> None:
        # A name of no characters is SQLite's for a temporary file that nobody else sees.
        self._seen = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}",
            "CREATE TABLE seen (id BLOB PRIMARY KEY, file TEXT, place TEXT, content BLOB) WITHOUT ROWID",
            "BEGIN",
        ):
            self._seen.execute(statement)

    def admit(self, entry: Entry, *, made_id: bool, file: str, place: str) -> Entry | None:
        """The entry, under an id of its own; None where the same id and content came in another file.

        A made id that is taken gets "~" and the first 8 digits of the text's hash behind it, so that it hangs on
        the content and not on the order of reading; a third copy of the same text also gets a number.
        Raises CorpusError where an id of the data is taken by another bulletin, or twice within a file, and
        InputError where the temporary folder is full.
        """
        try:
            return self._admit(entry, made_id=made_id, file=file, place=place)
        except sqlite3.Error as error:
            raise InputError(
                f"the ids read so far could not be kept in the temporary folder ({error}); "
                "free some space there, or name another in TMPDIR"
            ) from None

    def _admit(self, entry: Entry, *, made_id: bool, file: str, place: str) -> Entry | None:
        document, content = entry.document, _content(entry)
        if self._note(document.id, file, place, content):
            return entry
        if made_id:
            free = next(name for name in _names(document) if self._note(name, file, place, content))
            return Entry(dataclasses.replace(document, id=free), entry.annotation)
        before = self._seen.execute("SELECT file, place, content FROM seen WHERE id = ?", (_key(document.id),))
        first_file, first_place, first_content = before.fetchone()
        if first_file != file and first_content == content:
            return None
        where = first_place if first_file == file else f"{first_place} of {first_file}"
        raise CorpusError(f"{file} {place} has the id {document.id!r} of {where}; give each its own")

    def _note(self, name: str, file: str, place: str, content: bytes) -> bool:
        """Takes an id, if it is free."""
        noted = self._seen.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)", (_key(name), _utf8(file), _utf8(place), content)
        )
        return noted.rowcount == 1


def _key(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _content(entry: Entry) -> bytes:
    """16 bytes that are the same for the same text and annotation."""
    return blake2b(f"{entry.document.hash} {_said(entry.annotation)}".encode(), digest_size=16).digest()


def _said(annotation: Annotation | None) -> str:
    return "" if annotation is None else ascii(annotation)


def _utf8(name: str) -> str:
    """A file's name with what is no Unicode in it shown, as SQLite takes nothing else."""
    return name.encode("utf-8", "backslashreplace").decode()


def _names(document: Document) -> Iterator[str]:
    yield (base := f"{document.id}~{document.hash[:8]}")
    number = 2
    while True:
        yield f"{base}~{number}"
        number += 1
