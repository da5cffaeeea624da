"""An order that does not begin with forty near-copies of one bulletin."""

from collections.abc import Sequence

from workbench.core.corpus import Document
from workbench.core.progress import Progress, silent
from workbench.read.duplicates import near_duplicate_clusters


def ranking(values: Sequence[float], clusters: Sequence[Sequence[int]] = ()) -> list[int]:
    """Positions in the order to label them: the highest value first, but one of each cluster before a second of any.

    `clusters` are groups of positions; those in none stand for themselves. Equal values keep their order.
    """
    by_value = sorted(range(len(values)), key=lambda place: -values[place])
    group = {place: number for number, cluster in enumerate(clusters) for place in cluster}
    taken: dict[int, int] = {}
    rounds = {}
    for place in by_value:
        rounds[place] = taken.get(group[place], 0) if place in group else 0
        if place in group:
            taken[group[place]] = rounds[place] + 1
    return sorted(by_value, key=lambda place: rounds[place])  # sorting is stable: within a round, by value


def near_copies(documents: Sequence[Document], *, progress: Progress = silent) -> list[tuple[int, ...]]:
    """Groups of positions whose texts are the same or nearly; a copy teaches little that its twin has not."""
    return near_duplicate_clusters(documents, progress=progress)
