"""The objective of the worst group is the lowest of those of each group's rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.trial.objective import objective_values, score
from tests.strategies.metrics import drawn
from tests.strategies.tables import LAW

OBJECTIVE = {"emotion.macro_f1": 3.0, "action_units.mean_auc": 1.0}


@LAW
@given(st.integers(0, 1000))
def test_the_worst_group_counts(seed):
    """A value is the lowest of the groups' own; rows of no group count for none."""
    targets, predictions, _ = drawn(seed, rows=90)
    groups = np.random.default_rng(seed).integers(-1, 3, 90)
    alone = [
        score(targets.take(rows), predictions.take(rows), OBJECTIVE)
        for rows in (np.flatnonzero(groups == group) for group in range(3))
    ]
    assert score(targets, predictions, OBJECTIVE, groups) == pytest.approx(min(alone))


def test_resamples_weigh_rows_in_their_groups():
    """A weight of 2 is a row that comes twice, in its group."""
    targets, predictions, _ = drawn(3, rows=60)
    generator = np.random.default_rng(1)
    groups, weights = generator.integers(0, 2, 60), generator.integers(0, 3, (5, 60))
    found = objective_values(
        targets, predictions, weights * 1.0, OBJECTIVE, groups=groups
    )
    for row, value in zip(weights, found, strict=True):
        rows = np.repeat(np.arange(60), row)
        again = score(
            targets.take(rows), predictions.take(rows), OBJECTIVE, groups[rows]
        )
        assert value == pytest.approx(again)


def test_a_group_that_is_not_there_is_left_out():
    """A fold without a group has the worst of the others; without any, all rows."""
    targets, predictions, _ = drawn(4)
    whole = score(targets, predictions, OBJECTIVE)
    assert score(targets, predictions, OBJECTIVE, np.full(60, -1)) == whole
    assert score(targets, predictions, OBJECTIVE, np.full(60, 7)) == whole
    labelled = targets.labelled()
    lone = np.where(labelled, 0, 1)
    assert score(targets, predictions, OBJECTIVE, lone) == pytest.approx(whole)
