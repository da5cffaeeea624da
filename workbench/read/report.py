"""What a reading found out beside the bulletins: said once at the end, never lost."""

from collections.abc import Iterator
from dataclasses import dataclass, field

_SHOWN = 5


@dataclass
class ReadReport:
    """Filled while files are read; complete when the last bulletin came out.

    `encodings` holds (file, encoding) of files that are not UTF-8; `unreadable` (file, reason) of files in a folder
    that gave nothing; `ignored` files in a folder whose suffix no reader knows; `without_text` places of rows whose
    text is blank; `repeated` counts bulletins that came again, with the same id and content, in another file.
    """

    files: int = 0
    documents: int = 0
    repeated: int = 0
    encodings: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    without_text: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """One sentence for each thing that a person should know; nothing where all went as expected."""
        yield from (f"read {path} as {encoding}" for path, encoding in self.encodings)
        yield from (f"left out {path}: {reason}" for path, reason in self.unreadable)
        if self.ignored:
            count = _count(self.ignored, "file")
            yield f"left out {count} of other forms (save as .txt or .html): {_some(self.ignored)}"
        if self.without_text:
            yield f"left out {_count(self.without_text, 'row')} without text: {_some(self.without_text)}"
        if self.repeated:
            yield f"left out {self.repeated:,} bulletins that came before, with the same id and content"


def _count(items: list[str], what: str) -> str:
    return f"{len(items):,} {what}{'' if len(items) == 1 else 's'}"


def _some(items: list[str]) -> str:
    more = len(items) - _SHOWN
    return ", ".join(items[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
