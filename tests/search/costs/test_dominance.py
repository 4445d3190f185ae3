"""Points in several objectives: the front, and what beats a point beyond chance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.costs.dominance import beats, dominates, front

POINTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12)


@given(POINTS)
def test_the_front_is_what_none_dominates(points):
    """Each point is on the front, or one of the front dominates it."""
    places = front(points)
    for place, point in enumerate(points):
        above = [one for one in places if dominates(points[one], point)]
        assert bool(above) != (place in places)


@given(POINTS)
def test_dominance_is_an_order(points):
    """No point dominates itself, and of two at most one dominates the other."""
    for one in points:
        for other in points:
            assert not (dominates(one, other) and dominates(other, one))


def test_a_margin_is_for_metrics_only():
    """Metrics must be higher by more than the margin, costs only not be worse."""
    point = (0.5, 0.5, -10.0)
    better = (0.6, 0.7, -10.0)
    assert beats(better, point, metrics=2, margin=0.09)
    assert not beats(better, point, metrics=2, margin=0.1)
    assert not beats((0.9, 0.5, -1.0), point, metrics=2, margin=0.0)
    assert not beats((0.9, 0.9, -10.5), point, metrics=2, margin=0.0)


def test_few_of_equally_good_trials_are_beaten():
    """Three of 30 others beat 11 % of them beyond the margin; see studies/README.md."""
    images, others, draws = 52, 30, 1500
    margin = 1 / math.sqrt(images)
    generator = np.random.default_rng(3)
    values = generator.binomial(images, 0.8, (draws, others + 1)) / images
    beaten = [
        sum(beats([one], [own], metrics=1, margin=margin) for one in rest) >= 3
        for own, *rest in values.tolist()
    ]
    assert np.mean(beaten) == pytest.approx(0.11, abs=0.03)
