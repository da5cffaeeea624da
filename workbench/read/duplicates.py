"""Bulletins that are the same, or nearly: wires are copied, updated and sent again.

Near means a Jaccard similarity of the sets of three-word shingles. Candidates come from MinHash with locality
sensitive hashing (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3), and each
is verified by the exact similarity, so a pair that is named is one; a pair at the threshold may rarely be missed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

from workbench.core.corpus import Document, Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent

_WORD = re.compile(r"\w+")
_WORDS_A_SHINGLE = 3
_PERMUTATIONS = 128
_SEED = 17
# A missed pair costs more than one verified in vain, so misses weigh nine times as much in the choice of bands.
_WEIGHTS = (0.1, 0.9)


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """All runs of three words, lower case, without punctuation; a shorter text is one run; empty without words."""
    words = _WORD.findall(text.lower())
    if len(words) <= _WORDS_A_SHINGLE:
        return frozenset({tuple(words)}) if words else frozenset()
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def jaccard(one: frozenset[Any], other: frozenset[Any]) -> float:
    """Shared members among all members; 0.0 for two empty sets."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def identical_clusters(documents: Iterable[Document]) -> list[tuple[int, ...]]:
    """Positions of documents with the same content, two or more a cluster, in order of first appearance."""
    groups: dict[str, list[int]] = {}
    for place, document in enumerate(documents):
        groups.setdefault(document.hash, []).append(place)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def near_duplicate_clusters(
    documents: Sequence[Document], *, threshold: float = 0.8, progress: Progress = silent
) -> list[tuple[int, ...]]:
    """Positions of documents that are identical, or similar at `threshold` or above, two or more a cluster.

    Clusters are closed: where A is near B and B near C, all three are one. They are in order of their first
    document, and which documents are together does not hang on the order given.
    Raises InputError for a threshold outside 0 to 1.
    """
    if not 0.0 < threshold <= 1.0:
        raise InputError(f"the threshold of near duplicates is {threshold}; expected more than 0 and at most 1")
    parents = list(range(len(documents)))
    for group in identical_clusters(documents):
        for place in group[1:]:
            _join(parents, group[0], place)
    firsts = [place for place in range(len(documents)) if parents[place] == place]
    shingles_of = lru_cache(maxsize=4096)(lambda place: shingles(documents[place].text))
    for one, other in _candidates(documents, firsts, threshold, progress):
        if _root(parents, one) != _root(parents, other) and jaccard(shingles_of(one), shingles_of(other)) >= threshold:
            _join(parents, one, other)
    clusters: dict[int, list[int]] = {}
    for place in range(len(documents)):
        clusters.setdefault(_root(parents, place), []).append(place)
    return [tuple(cluster) for cluster in clusters.values() if len(cluster) > 1]


def cluster_ids(documents: Sequence[Document], *, threshold: float = 0.8) -> Mapping[str, str]:
    """Document id -> the smallest document id of its cluster, for every document: what a split must not tear apart."""
    names = {document.id: document.id for document in documents}
    for cluster in near_duplicate_clusters(documents, threshold=threshold):
        ids = [documents[place].id for place in cluster]
        names |= dict.fromkeys(ids, min(ids))
    return names


def without_repeats(entries: Iterable[Entry], *, repeats: dict[str, str] | None = None) -> Iterator[Entry]:
    """The first entry of each content; `repeats` hears, for each one left out, the id of the one that stays."""
    first: dict[str, str] = {}
    for entry in entries:
        kept = first.setdefault(entry.document.hash, entry.document.id)
        if kept == entry.document.id:
            yield entry
        elif repeats is not None:
            repeats[entry.document.id] = kept


def _candidates(
    documents: Sequence[Document], places: list[int], threshold: float, progress: Progress
) -> Iterator[tuple[int, int]]:
    """Pairs of positions that share a band of their MinHash; later position first."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS, weights=_WEIGHTS)
    blank = MinHash(num_perm=_PERMUTATIONS, seed=_SEED, hashfunc=_shingle_hash, scheme="affine32")
    for place in progress(places, what="looking for near duplicates", total=len(places)):
        members = shingles(documents[place].text)
        if not members:
            continue
        sketch = blank.copy()
        sketch.update_batch(members)
        yield from ((place, other) for other in index.query(sketch))
        index.insert(place, sketch)


def _shingle_hash(shingle: tuple[str, ...]) -> int:
    """32 bits that are the same in every run (Python's own hash is not)."""
    return crc32("\n".join(shingle).encode("utf-8", "surrogatepass"))


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _join(parents: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low
