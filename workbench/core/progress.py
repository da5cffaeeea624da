"""How long work tells that it goes on. The library takes any of these; the command line passes one that draws a bar."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Passes items through, telling somebody; `total` is None where it is not known."""

    def __call__(self, items: Iterable[T], *, what: str, total: int | None = None) -> Iterator[T]:
        """The same items in the same order."""
        ...


def silent(items: Iterable[T], *, what: str, total: int | None = None) -> Iterator[T]:
    """Tells nobody."""
    del what, total
    yield from items
