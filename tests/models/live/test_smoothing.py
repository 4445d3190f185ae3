"""Laws of smoothing over the frames of one face."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.inference.predictor import FacePrediction
from models.live.smoothing import Smoother

BOX = (10.0, 10.0, 40.0, 50.0)
SHARES = st.floats(0, 0.99)
VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def prediction(value):
    """One number in every head; the two emotions sum to 1."""
    emotions = {"a": value, "b": 1 - value}
    return FacePrediction(
        emotions=emotions, units={"AU1": value}, ratings={"valence": value}
    )


def smoothed(share, values, boxes=None):
    """Smooths a sequence; returns the last prediction."""
    smoother = Smoother(share)
    places = boxes or [BOX] * len(values)
    pairs = zip(values, places, strict=True)
    return [smoother.smooth(prediction(value), box) for value, box in pairs][-1]


@given(share=SHARES, values=VALUES)
def test_the_average_is_the_formulas(share, values):
    """Each frame keeps a share of the average before it, in every head alike."""
    expected = values[0]
    for value in values[1:]:
        expected = share * expected + (1 - share) * value
    found = smoothed(share, values)
    assert found.units["AU1"] == pytest.approx(expected)
    assert found.ratings["valence"] == pytest.approx(expected)
    assert sum(found.emotions.values()) == pytest.approx(1)
    assert min(values) - 1e-9 <= found.units["AU1"] <= max(values) + 1e-9


@given(values=VALUES)
def test_no_share_smooths_nothing(values):
    """With a share of 0 frames do not affect each other."""
    assert smoothed(0.0, values) == prediction(values[-1])


def test_another_face_begins_anew():
    """A box that jumps resets the smoothing."""
    near, far = (20.0, 12.0, 40.0, 50.0), (90.0, 10.0, 40.0, 50.0)
    assert smoothed(0.5, [0, 1], [BOX, near]).units["AU1"] == 0.5
    assert smoothed(0.5, [0, 1], [BOX, far]).units["AU1"] == 1
