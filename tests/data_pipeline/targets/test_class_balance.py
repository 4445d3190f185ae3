"""Balance: only training rows count, weights average 1, classes become equal."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from data_pipeline.system.errors import DataError
from data_pipeline.targets.balances import BALANCES, NONE
from data_pipeline.targets.class_balance import OVERSAMPLERS, WEIGHTINGS, balance
from data_pipeline.targets.oversampling import MOST_CLONED, MOST_REPEATS
from data_pipeline.targets.targets import read_targets
from tests.strategies.tables import LAW, UNITS, sample, table_of, tables


def targets_of(table, wanted=("emotion", "action_units")):
    """Reads targets, assuming that there are labels."""
    assume(table.frame["high_level_emotion"].notna().any())
    assume(table.frame[list(UNITS)].notna().any(axis=None))
    return read_targets(table, wanted=wanted, emotions="high_level")


def test_every_balance_is_implemented():
    """Each name that a study may give is implemented, and no other."""
    assert (NONE, *WEIGHTINGS, *OVERSAMPLERS) == BALANCES


@LAW
@given(tables(), st.sampled_from(BALANCES), st.integers(0, 99))
def test_never_both(table, mode, seed):
    """Labels are weighted or rows repeated, never both; no row is lost."""
    targets = targets_of(table)
    everything = np.arange(len(table))
    found = balance(targets, everything, mode, seed)
    weighed = (found.emotion_weights != 1).any() or (found.au_weights != 1).any()
    repeated = len(found.rows) > len(table)
    assert not (weighed and repeated)
    assert found.rows[: len(table)].tolist() == everything.tolist()
    assert found.rows.tolist() == balance(targets, everything, mode, seed).rows.tolist()


@LAW
@given(tables(), st.sampled_from(BALANCES), st.integers(0, 99))
def test_training_rows_only(table, mode, seed):
    """Labels of other rows change nothing, and no other row is repeated."""
    targets = targets_of(table)
    rows = np.arange(len(table))[::2]
    found = balance(targets, rows, mode, seed)
    alone = balance(targets.take(rows), np.arange(len(rows)), mode, seed)
    assert set(found.rows) == set(rows)
    assert found.rows.tolist() == rows[alone.rows].tolist()
    assert found.emotion_weights.tolist() == alone.emotion_weights.tolist()
    assert found.au_weights.tolist() == alone.au_weights.tolist()


@LAW
@given(tables(), st.sampled_from(BALANCES))
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
@given(tables(), st.sampled_from(sorted(WEIGHTINGS)), st.floats(0, 0.999999))
def test_mean_weight(table, mode, beta):
    """Class weights average 1 over the labelled rows; rarer classes weigh no less."""
    targets = targets_of(table)
    weights = balance(
        targets, np.arange(len(table)), mode, 1, beta=beta
    ).emotion_weights
    labelled = targets.emotion[targets.emotion_mask]
    assert (labelled @ weights).mean() == pytest.approx(1.0, rel=1e-5)
    counts = labelled.sum(axis=0)
    rarest_first = weights[np.argsort(counts, kind="stable")][(counts == 0).sum() :]
    assert (np.diff(rarest_first) <= 1e-6).all()


@LAW
@given(tables())
def test_inverse(table):
    """Classes have equal total weight; with beta towards 1 both weightings agree."""
    targets = targets_of(table)
    rows = np.arange(len(table))
    found = balance(targets, rows, "class_weights", 1)
    sums = targets.emotion[targets.emotion_mask].sum(axis=0) * found.emotion_weights
    np.testing.assert_allclose(sums[sums > 0], sums.max(), rtol=1e-5)
    limit = balance(targets, rows, "effective_number", 1, beta=0.999999)
    np.testing.assert_allclose(limit.emotion_weights, found.emotion_weights, rtol=1e-3)
    np.testing.assert_allclose(limit.au_weights, found.au_weights, rtol=1e-3)
    flat = balance(targets, rows, "effective_number", 1, beta=0.0)
    np.testing.assert_allclose(flat.emotion_weights, 1, rtol=1e-6)


def test_effective_number():
    """Weights are those of the paper's formula, brought to a mean of 1."""
    high = ["negative"] * 30 + ["positive"] * 10
    rows = [sample("S005", n, high_level=own) for n, own in enumerate(high)]
    targets = read_targets(table_of(rows), wanted=("emotion",), emotions="high_level")
    found = balance(targets, np.arange(40), "effective_number", 1, beta=0.9)
    raw = np.array([0.1 / (1 - 0.9**30), 0.1 / (1 - 0.9**10)])
    expected = raw * 40 / (raw @ [30, 10])
    np.testing.assert_allclose(found.emotion_weights[:2], expected, rtol=1e-6)
    assert found.emotion_weights[2] == 1


@LAW
@given(tables(), st.integers(0, 99))
def test_oversampled(table, seed):
    """Each emotion that occurs becomes equally frequent; nothing else repeats."""
    targets = targets_of(table)
    found = balance(targets, np.arange(len(table)), "oversample", seed)
    counts = targets.emotion[found.rows].sum(axis=0)
    assert set(counts) <= {0, counts.max()}
    assert counts.max() == targets.emotion.sum(axis=0).max()
    masked = found.rows[~targets.emotion_mask[found.rows]]
    assert len(masked) == (~targets.emotion_mask).sum()


@LAW
@given(tables(), st.sampled_from([("action_units",), ("emotion", "action_units")]))
def test_oversampled_labels(table, wanted):
    """At most a quarter of the rows is added, of rows with a label, none ten times."""
    targets = targets_of(table, wanted=wanted)
    found = balance(targets, np.arange(len(table)), "oversample_labels", 1)
    times = np.bincount(found.rows, minlength=len(table))
    assert times.min() >= 1
    assert times.max() <= MOST_REPEATS
    assert len(found.rows) <= len(table) * (1 + MOST_CLONED)
    shown = ((targets.action_unit > 0) & targets.action_unit_mask).any(axis=1)
    assert (times[~shown & ~targets.emotion_mask] == 1).all()


@LAW
@given(tables(), st.integers(0, 99))
def test_units_alone(table, seed):
    """Without emotions to level, rows are repeated for the sake of action units."""
    targets = targets_of(table, wanted=("action_units",))
    everything = np.arange(len(table))
    found = balance(targets, everything, "oversample", seed)
    labels = balance(targets, everything, "oversample_labels", seed)
    assert found.rows.tolist() == labels.rows.tolist()


def test_rare_labels_gain():
    """A rare emotion and a rare unit become more frequent; common ones hardly."""
    rows = [
        sample(
            "S005",
            n,
            high_level="surprise" if n % 20 == 1 else "negative",
            units=(n % 2 == 0, n % 25 == 0, None),
        )
        for n in range(200)
    ]
    targets = read_targets(
        table_of(rows), wanted=("emotion", "action_units"), emotions="high_level"
    )
    found = balance(targets, np.arange(200), "oversample_labels", 1)
    before = np.concatenate([targets.emotion, targets.action_unit], axis=1)
    after = before[found.rows]
    gain = after.mean(axis=0)[[2, 4]] / before.mean(axis=0)[[2, 4]]
    assert (gain > 1.5).all()
    assert after.mean(axis=0)[0] < before.mean(axis=0)[0]


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
        DataError, match=r"one of none, class_weights,.*oversample_labels, found 'so'"
    ):
        balance(targets, np.arange(1), "so", 1)


def test_rare_intensities_are_repeated():
    """A unit counts as present from intensity 1 on; one with presence counts once."""
    rows = [
        replace(
            sample("S005", n, units=(n == 0, n < 20, n < 20)),
            intensities={"AU17": 2 * (n == 0), "AU1": int(n < 20), "AU12": 3},
        )
        for n in range(40)
    ]
    table, everything = table_of(rows), np.arange(40)
    targets = {
        wanted: read_targets(table, wanted=wanted, emotions="basic")
        for wanted in (
            ("action_units",),
            ("action_unit_intensities",),
            ("action_units", "action_unit_intensities"),
        )
    }
    one, other, both = (
        balance(each, everything, "oversample_labels", 1).rows
        for each in targets.values()
    )
    assert np.flatnonzero(np.bincount(other) > 1).tolist() == [0]
    assert both.tolist() == one.tolist()
