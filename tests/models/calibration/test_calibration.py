"""Laws of a calibration: what it must not change, and how it is undone."""

import numpy as np
import pytest

from models.calibration.calibration import Calibration
from models.metrics.scores import scores
from tests.strategies.metrics import drawn, unit_names

UNITS = unit_names(6)
SOME = Calibration(
    temperature=2.5, units={"AU1": (0.4, -0.7), "AU2": (3.0, 0.2), "AU5": (1.0, 1.5)}
)
KEPT = (
    "accuracy",
    "macro_f1",
    "kappa",
    "mean_auc",
    "mean_pr_auc",
    "mean_f1",
    "exact_match",
    "hamming",
)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("calibration", [SOME, SOME.inverse()], ids=["some", "inverse"])
def test_no_decision_changes(seed, calibration):
    """Classes, ranks, and decisions at moved thresholds are the same to the bit."""
    targets, predictions, _ = drawn(seed, rows=300)
    levels = np.random.default_rng(seed).choice(101, 6) / 100
    thresholds = dict(zip(UNITS, levels.tolist(), strict=True))
    after = calibration.apply(predictions, UNITS)
    same = calibration.thresholds(thresholds)
    found = scores(targets, predictions, thresholds=thresholds)
    moved = scores(targets, after, thresholds=same)
    names = [name for name in found if name.partition(".")[2] in KEPT]
    assert len(names) == len(KEPT) + 1  # both heads have an accuracy
    assert {n: moved[n] for n in names} == {n: found[n] for n in names}
    assert moved["emotion.nll"] != found["emotion.nll"]


def test_ends_stay():
    """Certain predictions stay certain, and the extreme thresholds extreme."""
    predictions = drawn(1)[1]
    predictions.action_units[:3, 0] = (0.0, 1.0, 0.5)
    predictions.emotion[0] = (1.0, 0.0, 0.0)
    after = SOME.apply(predictions, UNITS)
    assert after.action_units[:2, 0].tolist() == [0.0, 1.0]
    assert after.emotion[0].tolist() == [1.0, 0.0, 0.0]
    assert SOME.thresholds({"AU1": 0.0, "AU2": 1.0}) == {"AU1": 0.0, "AU2": 1.0}


def test_the_inverse_undoes_it():
    """There and back gives the same probabilities; rows of emotions sum to 1."""
    predictions = drawn(2)[1]
    after = SOME.apply(predictions, UNITS)
    back = SOME.inverse().apply(after, UNITS)
    np.testing.assert_allclose(after.emotion.sum(axis=1), 1.0)
    np.testing.assert_allclose(back.emotion, predictions.emotion, rtol=1e-6)
    np.testing.assert_allclose(back.action_units, predictions.action_units, atol=1e-9)


def test_what_it_does_not_name_stays():
    """Other units, other heads and absent ones are untouched; an empty one is false."""
    predictions = drawn(3, rated=True)[1]
    after = SOME.apply(predictions, UNITS)
    assert (after.action_units[:, 2] == predictions.action_units[:, 2]).all()
    assert after.valence_arousal is predictions.valence_arousal
    assert SOME.threshold("AU3", 0.3) == 0.3
    assert SOME
    assert not Calibration()
    assert Calibration.of(SOME.entry()) == SOME
