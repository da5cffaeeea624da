"""Where a learning curve leads."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.score.growth import gains, growth

SIZES = np.array([10.0, 20.0, 40.0, 80.0])


def test_a_power_law_is_found_and_followed() -> None:
    f1 = 0.9 - 0.8 * SIZES**-0.5
    assert gains(SIZES, f1[None], 100)[0] == pytest.approx(0.8 * (80**-0.5 - 180**-0.5), abs=1e-9)


def test_three_points_are_taken_for_growth_with_the_logarithm() -> None:
    f1 = 0.2 + 0.1 * np.log(SIZES[1:])
    assert gains(SIZES[1:], f1[None], 100)[0] == pytest.approx(0.1 * math.log(180 / 80), abs=1e-9)


def test_a_curve_that_falls_promises_nothing_and_none_goes_beyond_1() -> None:
    falling, steep = np.array([0.5, 0.5, 0.4, 0.3]), np.array([0.1, 0.4, 0.7, 0.99])
    assert gains(SIZES, np.stack([falling, np.full(4, 0.5)]), 100).tolist() == [0, 0]
    assert gains(SIZES, steep[None], 10**9)[0] <= 0.01 + 1e-9


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.integers(1, 10_000))
def test_a_gain_is_never_negative_and_grows_with_what_is_added(f1: list[float], more: int) -> None:
    row = np.array([f1])
    here, further = gains(SIZES, row, more)[0], gains(SIZES, row, 2 * more)[0]
    assert 0 <= here <= further + 1e-12


def runs(*right: int, documents: int = 40) -> np.ndarray:
    """Runs that find so many of ten spans in every other document, and one more in the rest."""
    return np.array([[[n + d % 2, 1, 10 - n - d % 2] for d in range(documents)] for n in right])


def test_points_are_means_with_intervals_that_hold_runs_and_documents() -> None:
    found = growth({10: runs(2, 4, 6), 20: runs(4, 5, 6), 40: runs(6, 6, 6), 80: runs(7, 7, 7)})
    f1 = {n: 2 * (n + 0.5) / (n + 1.5 + 10) for n in (2, 4, 6)}
    assert found.points[0].f1 == pytest.approx(sum(f1.values()) / 3)
    assert [point.documents for point in found.points] == [10, 20, 40, 80]
    widths = [point.interval.high - point.interval.low for point in found.points if point.interval]
    assert widths[0] > widths[1] > widths[2] > 0
    assert all(p.interval and p.interval.low <= p.f1 <= p.interval.high for p in found.points)
    assert found.projection is not None
    assert found.projection.interval is not None
    assert 0 <= found.projection.interval.low <= found.projection.gain <= found.projection.interval.high
    assert found == growth({10: runs(2, 4, 6), 20: runs(4, 5, 6), 40: runs(6, 6, 6), 80: runs(7, 7, 7)})


def test_too_few_points_and_one_dev_document_say_so() -> None:
    assert growth({10: runs(2), 20: runs(4)}).projection is None
    alone = growth({10: runs(2, documents=1), 20: runs(4, documents=1), 40: runs(5, documents=1)})
    assert [point.interval for point in alone.points] == [None, None, None]
    assert alone.projection is not None
    assert alone.projection.interval is None
