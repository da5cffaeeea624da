"""No two bulletins with one id: ids made here give way, ids of the data never change."""

import dataclasses
from collections.abc import Iterator

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import CorpusError


class Identities:
    """The ids given so far, each with where it came from and what it stood for."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, str, str, Annotation | None]] = {}

    def admit(self, entry: Entry, *, made_id: bool, file: str, place: str) -> Entry | None:
        """The entry, under an id of its own; None where the same id and content came in another file.

        A made id that is taken gets "~" and the first 8 digits of the text's hash behind it, so that it hangs on
        the content and not on the order of reading; a third copy of the same text also gets a number.
        Raises CorpusError where an id of the data is taken by another bulletin, or twice within a file.
        """
        document = entry.document
        before = self._seen.get(document.id)
        if before is not None and made_id:
            entry = Entry(dataclasses.replace(document, id=self._free(document)), entry.annotation)
        elif before is not None:
            if before[0] != file and before[2:] == (document.hash, entry.annotation):
                return None
            where = before[1] if before[0] == file else f"{before[1]} of {before[0]}"
            raise CorpusError(f"{file} {place} has the id {document.id!r} of {where}; give each its own")
        self._seen[entry.document.id] = (file, place, document.hash, entry.annotation)
        return entry

    def _free(self, document: Document) -> str:
        return next(name for name in _names(document) if name not in self._seen)


def _names(document: Document) -> Iterator[str]:
    yield (base := f"{document.id}~{document.hash[:8]}")
    number = 2
    while True:
        yield f"{base}~{number}"
        number += 1
