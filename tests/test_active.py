"""Active learning: what a strategy makes of probabilities, and an order without forty near-copies first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.active.diverse import near_copies, ranking
from workbench.active.strategies import STRATEGIES, Signals, label_deficit, signals, signals_of, strategy_named
from workbench.core.corpus import Document
from workbench.core.errors import InputError
from workbench.core.workspace import packaged
from workbench.tag.model import load_model

LABELS = ("DATE", "WEAPON")


def log_probs(*rows: tuple[float, ...]) -> np.ndarray:
    return np.log(np.asarray(rows, dtype=np.float32))


def test_signals_are_those_of_the_probabilities() -> None:
    found = signals(log_probs((0.5, 0.3, 0.1, 0.05, 0.05), (0.9, 0.025, 0.025, 0.025, 0.025)), LABELS)
    assert found.confidence == pytest.approx((0.5 * 0.9) ** 0.5, rel=1e-5)
    assert found.margin == pytest.approx((0.2 + 0.875) / 2, rel=1e-5)
    assert found.expected["DATE"] == pytest.approx(0.325, rel=1e-5)
    assert found.expected["WEAPON"] == pytest.approx(0.075, rel=1e-5)
    uniform = signals(log_probs((0.2,) * 5), LABELS)
    assert (uniform.entropy, uniform.margin) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-6))


def test_a_text_without_units_has_nothing_to_teach() -> None:
    nothing = signals(np.zeros((0, 5), dtype=np.float32), LABELS)
    assert [strategy(nothing, {}) for strategy in STRATEGIES.values()] == [0.0] * len(STRATEGIES)


def test_a_doubtful_text_comes_before_a_sure_one_by_each_strategy_of_doubt() -> None:
    sure = signals(log_probs((0.96, 0.01, 0.01, 0.01, 0.01)), LABELS)
    torn = signals(log_probs((0.4, 0.3, 0.1, 0.1, 0.1)), LABELS)
    for name in ("least_confidence", "margin", "entropy"):
        assert 0 <= strategy_named(name)(sure, {}) < strategy_named(name)(torn, {}) <= 1


def test_a_label_that_was_seldom_seen_weighs_more() -> None:
    dates, weapons = (Signals(0.9, 0.9, 0.1, dict(zip(LABELS, n, strict=True))) for n in ((1.0, 0.0), (0.0, 1.0)))
    seen = {"DATE": 99, "WEAPON": 1}
    assert label_deficit(weapons, seen) == pytest.approx(0.5 / (0.5 + 0.01))
    assert label_deficit(dates, seen) == pytest.approx(0.01 / (0.5 + 0.01))


def test_an_unknown_strategy_is_said_with_those_there_are() -> None:
    with pytest.raises(InputError, match="no strategy 'best'; choose one of least_confidence, margin"):
        strategy_named("best")


def test_near_copies_stand_behind_the_first_of_them() -> None:
    assert ranking([0.1, 0.9, 0.8, 0.7, 0.2], [(1, 2, 3)]) == [1, 4, 0, 2, 3]
    assert ranking([0.5, 0.5, 0.5]) == [0, 1, 2]


@given(st.lists(st.floats(0, 1), max_size=30), st.data())
def test_every_position_is_ranked_once_and_one_of_each_cluster_comes_first(
    values: list[float], data: st.DataObject
) -> None:
    groups = data.draw(st.lists(st.integers(0, 4), min_size=len(values), max_size=len(values)))
    clusters = [[place for place, group in enumerate(groups) if group == number] for number in range(5)]
    order = ranking(values, clusters)
    assert sorted(order) == list(range(len(values)))
    present = len({*groups})
    assert len({groups[place] for place in order[:present]}) == present


def test_the_copies_of_a_wire_are_found() -> None:
    text = "Six people were killed when a bomb went off in a market of Quetta on Friday morning, police said."
    documents = [Document("a", text), Document("b", "Talks were held in Kabul."), Document("c", text + " More soon.")]
    assert near_copies(documents) == [(0, 2)]


def test_a_real_model_is_surer_of_what_it_knows_than_of_strange_words() -> None:
    model = load_model(packaged("models/starter"))
    plain = Document("a", "Two people were killed in Kabul on Friday, police said.")
    strange = Document("b", "Zarb qux 14 flim of the Grobnar strelled; upwards of nine vorps, quoth Plinth.")
    known, unknown = signals_of(model, [plain, strange])
    assert known.confidence > unknown.confidence
    assert known.entropy < unknown.entropy
