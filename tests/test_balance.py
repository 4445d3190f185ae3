"""Laws of balance: training rows alone decide, weights average 1, classes level."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from data_pipeline.balance import MOST_REPEATS, balance
from data_pipeline.errors import DataError
from data_pipeline.targets import read_targets
from tests.strategies_tables import LAW, UNITS, sample, table_of, tables

MODES = ("none", "class_weights", "oversample")


def targets_of(table, wanted=("emotion", "action_units")):
    """Reads targets, assuming that there are labels."""
    assume(table.frame["high_level_emotion"].notna().any())
    assume(table.frame[list(UNITS)].notna().any(axis=None))
    return read_targets(table, wanted=wanted, emotions="high_level")


@LAW
@given(tables(), st.sampled_from(MODES), st.integers(0, 99))
def test_training_rows_only(table, mode, seed):
    """Labels of other rows change nothing, and no other row is drawn."""
    targets = targets_of(table)
    rows = np.arange(len(table))[::2]
    found = balance(targets, rows, mode, seed)
    alone = balance(targets.take(rows), np.arange(len(rows)), mode, seed)
    assert set(found.rows) == set(rows)
    assert found.rows.tolist() == rows[alone.rows].tolist()
    assert found.emotion_weights.tolist() == alone.emotion_weights.tolist()
    assert found.au_weights.tolist() == alone.au_weights.tolist()


@LAW
@given(tables(), st.sampled_from(MODES))
def test_shapes(table, mode):
    """Weights are positive float32, one for each class and unit; AUs within 1 to 10."""
    targets = targets_of(table)
    found = balance(targets, np.arange(len(table)), mode, 1)
    assert found.emotion_weights.shape == (3,)
    assert found.au_weights.shape == (3,)
    assert found.emotion_weights.dtype == found.au_weights.dtype == np.float32
    assert (found.emotion_weights > 0).all()
    assert ((found.au_weights >= 1) & (found.au_weights <= 10)).all()


@LAW
@given(tables())
def test_mean_weight(table):
    """Class weights average 1 over the labelled rows; classes weigh alike in sum."""
    targets = targets_of(table)
    weights = balance(
        targets, np.arange(len(table)), "class_weights", 1
    ).emotion_weights
    labelled = targets.emotion[targets.emotion_mask]
    assert (labelled @ weights).mean() == pytest.approx(1.0, rel=1e-5)
    sums = labelled.sum(axis=0) * weights
    np.testing.assert_allclose(sums[sums > 0], sums.max(), rtol=1e-5)


@LAW
@given(tables(), st.integers(0, 99))
def test_oversampled(table, seed):
    """Each emotion that occurs is as frequent as the others; nothing else repeats."""
    targets = targets_of(table)
    found = balance(targets, np.arange(len(table)), "oversample", seed)
    counts = targets.emotion[found.rows].sum(axis=0)
    assert set(counts) <= {0, counts.max()}
    assert counts.max() == targets.emotion.sum(axis=0).max()
    masked = found.rows[~targets.emotion_mask[found.rows]]
    assert len(masked) == (~targets.emotion_mask).sum()


@LAW
@given(tables(), st.integers(0, 99))
def test_evenly(table, seed):
    """Rows of one emotion are repeated equally often, give or take one."""
    targets = targets_of(table)
    found = balance(targets, np.arange(len(table)), "oversample", seed)
    times = np.bincount(found.rows, minlength=len(table))
    for column in range(3):
        of_class = times[targets.emotion[:, column] == 1]
        assert not len(of_class) or np.ptp(of_class) <= 1


@LAW
@given(tables(), st.integers(0, 99))
def test_oversampled_units(table, seed):
    """Without emotions rare action units gain, and no row more than ten times."""
    targets = targets_of(table, wanted=("action_units",))
    found = balance(targets, np.arange(len(table)), "oversample", seed)
    times = np.bincount(found.rows, minlength=len(table))
    assert times.min() >= 1
    assert times.max() <= MOST_REPEATS
    unknown = ~targets.action_unit_mask.any(axis=1)
    assert (times[unknown] == 1).all()


def test_unit_weights():
    """A unit's positives weigh negatives / positives, cut at 10, unknown left out."""
    rows = [sample("S005", n, units=(n < 3, n < 1, None)) for n in range(12)]
    targets = read_targets(
        table_of(rows), wanted=("action_units",), emotions="high_level"
    )
    found = balance(targets, np.arange(12), "class_weights", 1)
    assert found.au_weights.tolist() == [3.0, 10.0, 1.0]


def test_seeded():
    """The seed decides which rows are repeated."""
    rows = [
        sample("S005", n, high_level="negative" if n < 20 else "positive")
        for n in range(27)
    ]
    targets = read_targets(table_of(rows), wanted=("emotion",), emotions="high_level")
    drawn = {
        tuple(balance(targets, np.arange(27), "oversample", seed).rows)
        for seed in (1, 1, 2)
    }
    assert len(drawn) == 2


def test_unknown_mode():
    """An unknown mode is refused with the modes there are."""
    targets = read_targets(
        table_of([sample("S005", 1)]), wanted=("emotion",), emotions="high_level"
    )
    with pytest.raises(
        DataError, match="none, class_weights or oversample, found 'so'"
    ):
        balance(targets, np.arange(1), "so", 1)
