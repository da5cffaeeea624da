"""Which bulletins are the same or nearly: exact at the threshold, whatever the order."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.corpus import Document, Entry, read_corpus
from workbench.core.errors import InputError
from workbench.read.duplicates import (
    cluster_ids,
    identical_clusters,
    jaccard,
    near_duplicate_clusters,
    shingles,
    without_repeats,
)

GOLD = Path(__file__).parents[2] / "shared/data/gold/train.jsonl"
WORDS = [f"word{n}" for n in range(60)]


def documents(*texts: str) -> list[Document]:
    return [Document(f"d{n}", text) for n, text in enumerate(texts)]


def test_shingles_and_jaccard() -> None:
    assert shingles("Six killed, in Kabul") == {("six", "killed", "in"), ("killed", "in", "kabul")}
    assert shingles("Six!") == {("six",)}
    assert shingles(" … ") == frozenset()
    assert jaccard(frozenset("abc"), frozenset("bcd")) == 0.5
    assert jaccard(frozenset(), frozenset()) == 0.0


def test_clusters_of_same_near_and_other_texts() -> None:
    base = " ".join(WORDS)
    near = base + " more"  # 58 of 59 shingles shared
    other = " ".join(reversed(WORDS))
    found = documents(other, base, "short", near, base, "SHORT!", "…", "!!")
    assert near_duplicate_clusters(found) == [(1, 3, 4), (2, 5)]
    assert identical_clusters(found) == [(1, 4)]
    assert cluster_ids(found) == {
        "d0": "d0",
        "d1": "d1",
        "d3": "d1",
        "d4": "d1",
        "d2": "d2",
        "d5": "d2",
        "d6": "d6",
        "d7": "d7",
    }


def test_candidates_are_verified_exactly() -> None:
    """43 of 57 shingles shared is .754: near at .75, not at .76, whatever MinHash guesses."""
    one, other = " ".join(WORDS[:52]), " ".join([*WORDS[:45], *(f"new{n}" for n in range(7))])
    assert jaccard(shingles(one), shingles(other)) == pytest.approx(43 / 57)
    assert near_duplicate_clusters(documents(one, other), threshold=0.76) == []
    assert near_duplicate_clusters(documents(one, other), threshold=0.75) == [(0, 1)]


edits = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 59)), max_size=12)


@settings(max_examples=25)
@given(edits=edits, chance=st.randoms(use_true_random=False))
def test_the_clusters_do_not_hang_on_the_order(edits: list[tuple[int, int]], chance: random.Random) -> None:
    texts = []
    for base, place in edits:
        words = [f"{base}{word}" for word in WORDS]
        words[place] = "changed"
        texts.append(" ".join(words))
    found = [Document(str(n), text) for n, text in enumerate(texts)]
    shuffled = chance.sample(found, len(found))
    assert cluster_ids(found) == cluster_ids(shuffled)
    assert all(len(cluster) > 1 for cluster in near_duplicate_clusters(found))


def test_pairs_well_above_the_threshold_are_found() -> None:
    """Of 200 pairs of similarity .89, MinHash with these bands misses none."""
    texts = []
    for pair in range(200):
        words = [f"p{pair}w{n}" for n in range(102)]
        texts += [" ".join(words), " ".join([*words[:-6], *(f"p{pair}x{n}" for n in range(6))])]
    clusters = near_duplicate_clusters(documents(*texts))
    assert clusters == [(2 * pair, 2 * pair + 1) for pair in range(200)]


def test_each_content_once() -> None:
    repeats: dict[str, str] = {}
    entries = [Entry(document) for document in documents("a", "b", "a", "a")]
    assert [entry.document.id for entry in without_repeats(entries, repeats=repeats)] == ["d0", "d1"]
    assert repeats == {"d2": "d0", "d3": "d0"}


def test_a_threshold_outside_its_range() -> None:
    with pytest.raises(InputError, match=r"the threshold of near duplicates is 80; expected more than 0 and at most 1"):
        near_duplicate_clusters([], threshold=80)


def test_gold_holds_no_near_duplicates() -> None:
    if not GOLD.exists():
        pytest.skip("the shared data are not there")
    gold = [entry.document for entry in read_corpus(GOLD)]
    assert near_duplicate_clusters(gold) == []
    copy = Document("copy", gold[5].text.replace(" the ", " this ", 1))
    assert near_duplicate_clusters([*gold, copy]) == [(5, len(gold))]
