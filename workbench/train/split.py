"""Who is trained on and who is tested: by document, never by span, and frozen by the text's hash."""

import hashlib
from collections.abc import Iterator, Sequence

from workbench.core.corpus import Entry
from workbench.core.errors import CorpusError
from workbench.read.duplicates import near_duplicate_clusters


def cluster_keys(entries: Sequence[Entry]) -> list[str]:
    """For each document the smallest text hash among its near-duplicates, itself included: one key a cluster."""
    keys = [entry.document.hash for entry in entries]
    for cluster in near_duplicate_clusters([entry.document for entry in entries]):
        smallest = min(keys[index] for index in cluster)
        for index in cluster:
            keys[index] = smallest
    return keys


def frozen_split(entries: Sequence[Entry], *, share: float, salt: str) -> tuple[list[Entry], list[Entry]]:
    """The larger part and the one of about `share` of the documents that is held out.

    A document's side follows from its cluster's hash and the salt alone, so new documents never move old ones, and
    splits of different salts (test, dev) are independent. Both sides get at least one cluster. Raises CorpusError
    where there is only one.
    """
    keys = cluster_keys(entries)
    place = {key: _place(key, salt) for key in keys}
    ranked = sorted(place, key=place.__getitem__)
    if len(ranked) < 2:
        raise CorpusError(
            "training needs at least two different bulletins, one to learn from and one to measure on; "
            f"found {len(entries)}{' of the same text' if len(entries) > 1 else ''}: "
            "annotate another, or name one with --dev"
        )
    held = {key for key in ranked if place[key] < share} or {ranked[0]}
    held -= {ranked[-1]}
    kept = [entry for entry, key in zip(entries, keys, strict=True) if key not in held]
    return kept, [entry for entry, key in zip(entries, keys, strict=True) if key in held]


def corpus_split(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The part that may be learned from and the fifth that is only ever measured on, the same wherever it is asked."""
    return frozen_split(entries, share=0.2, salt="test")


def _place(key: str, salt: str) -> float:
    """A number from 0 to 1 that looks random and never changes."""
    return int(hashlib.sha256(f"{salt}:{key}".encode()).hexdigest()[:8], 16) / 2**32


def folds(entries: Sequence[Entry], *, count: int, seed: int) -> Iterator[tuple[list[Entry], list[Entry]]]:
    """Cross-validation: `count` pairs of training and test part; near-duplicates stay on one side (GroupKFold)."""
    from sklearn.model_selection import GroupKFold

    keys = cluster_keys(entries)
    if len(set(keys)) < count:
        raise CorpusError(f"{count} folds need as many different bulletins; found {len(set(keys))}")
    splitter = GroupKFold(n_splits=count, shuffle=True, random_state=seed)
    for train_rows, test_rows in splitter.split(keys, groups=keys):
        yield [entries[i] for i in train_rows], [entries[i] for i in test_rows]
