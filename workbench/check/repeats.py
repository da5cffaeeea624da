"""The same text, or nearly, in two places: twice in a file, or on both sides of a split."""

from collections.abc import Iterator, Sequence

from workbench.check.finding import Finding
from workbench.check.rows import Placed
from workbench.core.progress import Progress, silent
from workbench.read.duplicates import identical_clusters, near_duplicate_clusters


def check_repeats(rows: Sequence[Placed], *, near: float, progress: Progress = silent) -> Iterator[Finding]:
    """One finding for each later bulletin of a cluster, naming the earlier one; `near` 0 looks for equal texts only.

    The same id with another text in another file is an error.
    """
    documents = [row.entry.document for row in rows]
    clusters = (
        near_duplicate_clusters(documents, threshold=near, progress=progress) if near else identical_clusters(documents)
    )
    for cluster in clusters:
        for index, place in enumerate(cluster[1:], start=1):
            yield from _about(rows[place], [rows[earlier] for earlier in cluster[:index]])
    first: dict[str, Placed] = {}
    for row in rows:
        other = first.setdefault(row.entry.document.id, row)
        if other.file != row.file and other.entry.document.text != row.entry.document.text:
            yield row.finding("id-twice", f"the id of another text, {other.file} {other.place}; give each its own")


def _about(row: Placed, earlier: list[Placed]) -> Iterator[Finding]:
    inside = [other for other in earlier if other.file == row.file]
    outside = [other for other in earlier if other.file != row.file]
    for others, in_file in ((inside, True), (outside, False)):
        if not others:
            continue
        same = [other for other in others if other.entry.document.hash == row.entry.document.hash]
        other = (same or others)[0]
        if in_file and other.entry.document.id == row.entry.document.id:
            continue  # the id that comes twice was named already
        kind = "split-leak" if not in_file else "same-text" if same else "near-duplicate"
        where = other.place if in_file else f"{other.file} {other.place}"
        yield row.finding(kind, f"{'the' if same else 'nearly the'} text of {other.entry.document.id} ({where})")
