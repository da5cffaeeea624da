"""How far models differ: by hand, and of real models."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.active.committee import kl_to_mean, on_common_units, vote_entropy
from workbench.active.order import order_project
from workbench.active.strategies import signals_of
from workbench.core.corpus import Document
from workbench.core.errors import InputError
from workbench.core.workspace import packaged
from workbench.tag.model import load_model
from workbench.tag.units import Units

SURE_O = (0.9, 0.1, 0.0)
SURE_B = (0.1, 0.9, 0.0)


def member(*rows: tuple[float, ...]) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(rows, dtype=np.float32))


def test_vote_entropy_by_hand() -> None:
    two_to_one = [member(SURE_O), member(SURE_O), member(SURE_B)]
    # -(2/3 ln 2/3 + 1/3 ln 1/3) / ln 3
    assert vote_entropy(two_to_one) == pytest.approx(0.63651 / 1.09861, rel=1e-4)
    assert vote_entropy([member(SURE_O), member(SURE_B)]) == pytest.approx(1.0)
    assert vote_entropy([member(SURE_O), member((0.4, 0.3, 0.3))]) == 0.0


def test_kl_to_mean_by_hand_and_it_sees_what_votes_do_not() -> None:
    # The mean is (0.5, 0.5): 0.9 ln 1.8 + 0.1 ln 0.2, over ln 2.
    assert kl_to_mean([member(SURE_O), member(SURE_B)]) == pytest.approx(0.36806 / 0.69315, rel=1e-4)
    certain = [member((1.0, 0.0, 0.0)), member((0.0, 1.0, 0.0))]
    assert kl_to_mean(certain) == pytest.approx(1.0)
    # The same votes, other certainty.
    first, second = (0.9, 0.05, 0.05), (0.4, 0.3, 0.3)
    mean = [(a + b) / 2 for a, b in zip(first, second, strict=True)]
    by_hand = sum(p * math.log(p / m) for row in (first, second) for p, m in zip(row, mean, strict=True)) / 2
    assert vote_entropy([member(first), member(second)]) == 0.0
    assert kl_to_mean([member(first), member(second)]) == pytest.approx(by_hand / math.log(2), rel=1e-4)


def test_the_mean_is_over_the_tenth_of_the_units_that_differ_most() -> None:
    def pair(units: int, torn: int) -> list[np.ndarray]:
        return [member(*[SURE_O] * units), member(*[SURE_B] * torn, *[SURE_O] * (units - torn))]

    assert vote_entropy(pair(10, 1)) == pytest.approx(1.0)
    assert vote_entropy(pair(20, 1)) == pytest.approx(0.5)
    assert vote_entropy(pair(3, 1)) == pytest.approx(1.0)


@given(st.integers(2, 5), st.integers(1, 12), st.integers(2, 7), st.integers(0, 1000))
def test_both_are_shares_and_nothing_where_all_agree(members: int, units: int, tags: int, seed: int) -> None:
    scores = np.random.default_rng(seed).dirichlet(np.ones(tags), size=(members, units))
    apart = [np.log(np.maximum(each, 1e-30)).astype(np.float32) for each in scores]
    for measure in (vote_entropy, kl_to_mean):
        assert 0.0 <= measure(apart) <= 1.0 + 1e-6
        assert measure([apart[0]] * members) == pytest.approx(0.0, abs=1e-6)
        assert measure(apart[:1]) == 0.0
        assert measure([each[:0] for each in apart]) == 0.0


def test_members_that_cut_differently_are_compared_where_they_cut_alike() -> None:
    def units(*edges: tuple[int, int]) -> Units:
        starts, ends = (np.array(each, dtype=np.int64) for each in zip(*edges, strict=True))
        return Units("", np.zeros(len(starts), dtype=np.int64), np.arange(len(starts)), starts, ends)

    first, second = units((0, 3), (4, 9), (9, 10)), units((0, 3), (4, 10))
    found = on_common_units([first, second], [member(SURE_O, SURE_B, SURE_B), member(SURE_B, SURE_B)])
    np.testing.assert_array_equal(found[0], member(SURE_O))
    np.testing.assert_array_equal(found[1], member(SURE_B))


def test_a_real_model_agrees_with_itself() -> None:
    model = load_model(packaged("models/starter"))
    documents = [Document("a", "Two people were killed in Kabul on Friday, police said."), Document("b", "")]
    for signals in signals_of(model, documents, others=[model]):
        assert (signals.votes, signals.divergence) == (0.0, pytest.approx(0.0, abs=1e-6))


def test_a_committee_of_one_is_refused_before_the_server_is_asked() -> None:
    with pytest.raises(InputError, match="vote_entropy asks how far models differ, but there is one"):
        order_project(None, "any", model=None, strategy="vote_entropy")  # type: ignore[arg-type]
