"""What was taken for what: gold labels against predicted ones, spans that overlap side by side."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.core.span import Span
from workbench.score.mismatch import Mismatch
from workbench.score.pairs import Pairs


@dataclass(frozen=True)
class Confusion:
    """How often each gold label met each predicted one; None stands for no span on that side.

    Two spans meet where they are the same or were paired because they overlap, so a wrong boundary under the right
    label counts as the right label.
    """

    cells: Mapping[tuple[str | None, str | None], int]
    labels: tuple[str, ...]

    def gold(self, label: str | None) -> int:
        """How many gold spans have that label; for None, how many predicted spans met none."""
        return sum(count for (gold, _), count in self.cells.items() if gold == label)

    def most(self) -> list[tuple[str, str, int]]:
        """The pairs of two different labels, the most frequent first."""
        found = [(g, p, n) for (g, p), n in self.cells.items() if g is not None and p is not None and g != p]
        return sorted(found, key=lambda cell: (-cell[2], cell[0], cell[1]))


def confuse(pairs: Pairs, differing: Iterable[Mismatch], labels: Iterable[str]) -> Confusion:
    """Counts of the pairs and their mismatches; `labels` gives the order, those that never occur are left out."""
    cells = Counter[tuple[str | None, str | None]]()
    for gold, predicted in zip(pairs.gold, pairs.predicted, strict=True):
        cells.update((span.label, span.label) for span in set(gold) & set(predicted))
    cells.update((_label(one.first), _label(one.second)) for one in differing)
    met = {label for pair in cells for label in pair}
    return Confusion(dict(cells), tuple(label for label in labels if label in met))


def _label(span: Span | None) -> str | None:
    return span.label if span else None
