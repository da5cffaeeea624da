"""What every form of file comes down to: rows, and a place to name when one is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, entry_from_row
from workbench.core.errors import CorpusError
from workbench.read.report import ReadReport


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: where it is, and the name that ids are made from where the data hold none.

    `split` says how one text file is cut into bulletins. `report` hears what the reader found out.
    """

    path: Path
    name: str
    report: ReadReport
    split: str | None = None
    in_folder: bool = False

    def __str__(self) -> str:
        return "standard input" if str(self.path) == "-" else str(self.path)


@dataclass(frozen=True, slots=True)
class Row:
    """One bulletin as a file holds it, not yet checked.

    `place` is "line 7" or "row 7". `value` is a JSON object, or an Entry where another room parsed already.
    `made_id` says that the id comes from the file's name. `problem` says why there is no value at all.
    """

    place: str
    value: Any = None
    made_id: bool = False
    problem: str | None = None

    def entry(self) -> Entry:
        """The row as an entry. Raises CorpusError saying what is wrong, without file and place."""
        if self.problem is not None:
            raise CorpusError(self.problem)
        try:
            return self.value if isinstance(self.value, Entry) else entry_from_row(self.value)
        except RecursionError:
            raise CorpusError("the row is nested too deeply to read; mend or remove it") from None


Rows = Iterator[Row]
# Hears of what could not be read: the place, the reason, and the row as far as it was parsed.
Reject = Callable[[str, str, Any], None]


def suffix(path: Path) -> str:
    """The suffix that tells the form, lower case, a .gz behind it left out: ".jsonl" of "news.jsonl.gz"."""
    names = [name.lower() for name in path.suffixes]
    if names and names[-1] == ".gz":
        names.pop()
    return names[-1] if names else ""
