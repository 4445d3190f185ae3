"""Laws of the bootstrap over subjects."""

import numpy as np
import pytest

from models.evaluation.bootstrap import subject_weights
from models.metrics.scores import scores, weighted_scores
from tests.strategies.metrics import drawn


def test_each_draw_is_of_whole_subjects():
    """Rows of one subject are drawn together, as many subjects as there are."""
    subjects = ["a", "b", "a", "c", "b", "a"]
    drawn_weights = subject_weights(subjects, seed=1, resamples=50)
    for name in set(subjects):
        columns = drawn_weights[:, [s == name for s in subjects]]
        assert (columns == columns[:, :1]).all()
    firsts = drawn_weights[:, [0, 1, 3]]
    assert (firsts.sum(axis=1) == 3).all()
    assert len(np.unique(firsts, axis=0)) == 10  # multisets of 3 out of 3


def test_weights_equal_explicit_resampling():
    """Each draw's metrics are those of a table with the drawn subjects' rows."""
    targets, predictions, subjects = drawn(5, rows=40, rated=True)
    weights = subject_weights(subjects, seed=2, resamples=30)
    fast = weighted_scores(targets, predictions, weights)
    for draw, counts in enumerate(weights.astype(int)):
        rows = np.repeat(np.arange(len(subjects)), counts)
        slow = scores(targets.take(rows), predictions.take(rows))
        for name, value in slow.items():
            assert fast[name][draw] == pytest.approx(value, nan_ok=True)


def test_same_seed_same_draws():
    """Equal seeds give each row the same draws in any order; other seeds do not."""
    subjects = [f"S{row % 7}" for row in range(20)]
    once = subject_weights(subjects, seed=1, resamples=50)
    order = np.random.default_rng(0).permutation(len(subjects))
    moved = subject_weights([subjects[row] for row in order], seed=1, resamples=50)
    assert (moved == once[:, order]).all()
    assert (subject_weights(subjects, seed=2, resamples=50) != once).any()
