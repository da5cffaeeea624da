"""Agreement beyond chance over items that everybody put into one category each."""

import numpy as np

from workbench.score.columns import Columns, Ints
from workbench.score.tokens import TokenSpans

OUTSIDE = 0


def cohen_kappa(table: Ints) -> float | None:
    """Cohen's kappa (1960) of a square table: how often the first said the row and the second the column.

    None for no items, and where both always said the same one category: chance alone would agree then.
    """
    items, agreed = int(table.sum()), int(np.trace(table))
    by_chance = int(table.sum(axis=1) @ table.sum(axis=0))
    return (items * agreed - by_chance) / (items**2 - by_chance) if items**2 != by_chance else None


def fleiss_kappa(ratings: Ints) -> float | None:
    """Fleiss' kappa (1971) of (items, categories) counts of raters, the same number of raters for each item.

    None for no items or one rater, and where everybody always said the same one category.
    """
    if not len(ratings) or (raters := int(ratings[0].sum())) < 2:
        return None
    items = len(ratings)
    shares = ratings.sum(axis=0) / (items * raters)
    by_chance = float(shares @ shares)
    agreed = float((ratings * (ratings - 1)).sum() / (items * raters * (raters - 1)))
    return (agreed - by_chance) / (1 - by_chance) if (shares > 0).sum() > 1 else None


def one_against_rest(table: Ints, category: int) -> Ints:
    """The 2 x 2 table of one category and everything else."""
    both = int(table[category, category])
    first, second = int(table[category].sum()) - both, int(table[:, category].sum()) - both
    return np.array([[both, first], [second, int(table.sum()) - both - first - second]], dtype=np.int64)


def cross_table(first: Ints, second: Ints, categories: int) -> Ints:
    """How often each category of the first met each of the second: (categories, categories)."""
    cells: Ints = np.bincount(first * categories + second, minlength=categories**2)
    return cells.reshape(categories, categories)


def token_categories(spans: Columns, touched: TokenSpans) -> Ints:
    """The category of every token: OUTSIDE, or one more than the label number of the first span that touches it."""
    found = np.full(int(touched.documents[-1]), OUTSIDE, dtype=np.int64)
    many = np.maximum(touched.last - touched.first + 1, 0)
    row = np.repeat(np.arange(len(spans)), many)[::-1]
    within = (np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many))[::-1]
    # Written from the last span to the first, so that the first is what remains.
    found[touched.first[row] + within] = spans.label[row] + 1
    return found
