"""A step of a trial is an epoch of a fold, and a fold has a score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.ledger.pruners import Steps
from tests.strategies.pruners import STEPS, curve


@given(st.integers(1, 40), st.integers(1, 9), st.data())
def test_steps_and_places(stride, folds, data):
    """Step to fold and epoch and back is the identity."""
    steps = Steps(folds=folds, stride=stride)
    step = data.draw(st.integers(1, folds * stride))
    fold, epoch = steps.place(step)
    assert (fold * stride + epoch, 1 <= epoch <= stride) == (step, True)


def test_fold_score():
    """A fold is worth the peak of its curve smoothed over three epochs."""
    reports = curve([0.1] * 9 + [0.0, 0.9, 0.3, 0.3, 0.6, 0.6, 0.3])
    assert STEPS.fold_score(reports, 0) == pytest.approx(0.1)
    assert STEPS.fold_score(reports, 1) == pytest.approx(0.5)
    assert STEPS.fold_score(reports, 2) is None
