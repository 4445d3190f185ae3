"""Laws of fitting a calibration to out-of-fold predictions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, softmax

from models.calibration.calibration import Calibration, CalibrationFit
from models.calibration.fitting import (
    AT_HALF,
    ENOUGH,
    LOWEST,
    MULTI_TARGET,
    SUBJECTS,
    TOO_RIGHT,
    TOO_WRONG,
    fit_calibration,
    fit_temperature,
)
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from tests.strategies.metrics import labels, unit_names


def simulated(seed, *, rows=4000, sharper=2.0, line=(0.5, -0.6)):
    """Draws labels with known probabilities, and what a wrong model predicts.

    It predicts emotions ``1 / sharper`` too flat; ``line`` corrects its units.
    """
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 1.5, (rows, 4))
    truth = [generator.choice(4, p=p) for p in softmax(logits, axis=1)]
    slope, offset = line
    raw = generator.normal(-1, 2, (rows, 3))
    units = generator.random((rows, 3)) < expit(slope * raw + offset)
    targets = labels(truth, units.astype(int), emotions=("a", "b", "c", "d"))
    predictions = Predictions(
        emotion=softmax(sharper * logits, axis=1).astype(np.float32),
        action_units=expit(raw).astype(np.float32),
    )
    return targets, predictions, np.arange(rows) % 50


def fitted(targets, predictions, subjects, **more):
    """Fits a calibration."""
    return fit_calibration(targets, predictions, subjects=subjects, **more)


@pytest.mark.parametrize("sharper", [0.5, 1.5, 3.0])
def test_a_temperature_is_recovered(sharper):
    """Of logits that were multiplied by a factor, the temperature is that factor."""
    found = fitted(*simulated(1, rows=8000, sharper=sharper)).calibration
    assert found.temperature == pytest.approx(sharper, rel=0.06)


def test_a_line_is_recovered():
    """The slope and the offset that units were drawn with are found for each unit."""
    found = fitted(*simulated(2, rows=8000, line=(0.5, -0.6))).calibration.units
    assert set(found) == {"AU1", "AU2", "AU3"}
    for slope, offset in found.values():
        assert slope == pytest.approx(0.5, abs=0.05)
        assert offset == pytest.approx(-0.6, abs=0.1)


@pytest.mark.parametrize("seed", range(20))
def test_the_likelihood_never_gets_worse(seed):
    """On the rows of the fit the cross-entropy of every head falls or stays."""
    generator = np.random.default_rng(seed)
    line = (generator.uniform(0.3, 2), generator.uniform(-1, 1))
    given = simulated(
        seed, rows=150, sharper=generator.choice([1.0, 1.05, 3.0]), line=line
    )
    targets, predictions, _ = given
    fit = fitted(*given)
    after = fit.calibration.apply(predictions, targets.action_units)
    before, now = scores(targets, predictions), scores(targets, after)
    for name in ("emotion.nll", "action_units.mean_nll"):
        assert now[name] <= before[name]
    if fit.calibration.temperature is not None:
        pair = (before["emotion.nll"], now["emotion.nll"])
        assert fit.nll["emotion"] == pytest.approx(pair)


def test_certain_predictions_stay_finite():
    """Predictions of exactly 0 and 1, right and wrong ones, give finite numbers."""
    targets, predictions, subjects = simulated(3, rows=300)
    predictions = Predictions(
        emotion=np.eye(4, dtype=np.float32)[predictions.emotion.argmax(axis=1)],
        action_units=predictions.action_units.round(),
    )
    fit = fitted(targets, predictions, subjects)
    numbers = [fit.calibration.temperature or 1.0]
    numbers += [n for line in fit.calibration.units.values() for n in line]
    assert np.isfinite(numbers).all()
    assert {*fit.left, *fit.calibration.units} >= set(targets.action_units)


def test_separated_units_have_a_finite_slope():
    """Where probabilities tell a unit's rows apart, the line is not a step."""
    present = np.arange(200) < 60
    chances = np.where(present, 0.7, 0.3) + np.linspace(0, 0.1, 200)
    targets = labels(units=present[:, None].astype(int))
    predictions = Predictions(emotion=None, action_units=chances[:, None])
    ((slope, _),) = fitted(
        targets, predictions, np.arange(200) % 30
    ).calibration.units.values()
    assert 1 < slope < 20


def with_few(positives, people):
    """Makes rows of a unit of so many positives, of so many people, and of another."""
    generator = np.random.default_rng(positives)
    rare = np.arange(400) < positives
    other = generator.random(400) < 0.5
    units = np.stack([rare, other], axis=1)
    raw = generator.normal(0, 1, (400, 2)) + 2 * units
    subjects = np.where(rare, np.arange(400) % people, 100 + np.arange(400) % 50)
    predictions = Predictions(emotion=None, action_units=expit(3 * raw))
    return labels(units=units.astype(int)), predictions, subjects


def test_a_unit_of_few_stays_as_it_is():
    """With 20 positives of 10 people it is calibrated, with one less it is not."""
    enough = fitted(*with_few(2 * ENOUGH, SUBJECTS))
    assert set(enough.calibration.units) == {"AU1", "AU2"}
    for positives, people in ((2 * ENOUGH - 1, SUBJECTS), (2 * ENOUGH, SUBJECTS - 1)):
        fit = fitted(*with_few(positives, people))
        assert set(fit.calibration.units) == {"AU2"}
        why = f"{positives} images with it, of {people} subjects; it needs 20 of 10"
        assert fit.left == {"AU1": why}


def test_a_unit_that_ranks_backwards_stays_as_it_is():
    """A line that falls or is flat would change decisions: it is not used."""
    targets, predictions, subjects = simulated(4, rows=600)
    output = predictions.action_units.copy()
    output[:, 0] = 1 - output[:, 0]
    output[:, 1] = 0.25
    fit = fitted(targets, replace(predictions, action_units=output), subjects)
    assert set(fit.calibration.units) == {"AU3"}
    assert set(fit.left) == {"AU1", "AU2"}


def test_all_right_has_no_temperature():
    """Where (nearly) every row is right, sharper is always better: nothing is done."""
    targets = labels(np.arange(300) % 3)
    chances = 0.7 * np.eye(3)[np.arange(300) % 3] + 0.1
    assert fit_temperature(targets.emotion, chances) == LOWEST
    predictions = Predictions(emotion=chances, action_units=None)
    fit = fitted(targets, predictions, np.arange(300))
    assert not fit.calibration
    assert fit.left["emotion"].startswith("0 images wrong")


@pytest.mark.parametrize(
    ("wrong", "reason"), [(12, TOO_RIGHT), (200, TOO_WRONG)], ids=["few", "most"]
)
def test_a_temperature_at_its_end_is_not_used(wrong, reason):
    """Where a lower one would always be better, or a higher one, emotions stay."""
    truth = np.arange(300) % 3
    sure = 1e-6 if reason == TOO_WRONG else 0.333
    chances = np.where(np.eye(3)[truth], 1 - 2 * sure, sure)
    chances[:wrong] = np.roll(chances[:wrong], 1, axis=1)
    predictions = Predictions(emotion=chances, action_units=None)
    fit = fitted(labels(truth), predictions, np.arange(300))
    assert (fit.left, fit.calibration) == ({"emotion": reason}, Calibration())


def test_votes_are_fitted_as_shares():
    """Shares of votes give the temperature at which predictions are the shares."""
    generator = np.random.default_rng(6)
    logits = generator.normal(0, 1, (2000, 4))
    shares = generator.multinomial(10, softmax(logits, axis=1)) / 10
    targets = labels(np.zeros(2000, int), emotions=("a", "b", "c", "d"))
    targets = replace(targets, emotion=shares.astype(np.float32))
    predictions = Predictions(emotion=softmax(2 * logits, axis=1), action_units=None)
    found = fitted(targets, predictions, np.arange(2000)).calibration
    assert found.temperature == pytest.approx(2.0, rel=0.05)
    several = replace(targets, learning_mode="multi_target")
    fit = fitted(several, predictions, np.arange(2000))
    assert (fit.calibration, fit.left) == (Calibration(), {"emotion": MULTI_TARGET})


def test_masked_and_missing_rows_are_not_read():
    """Rows without label or prediction have no influence, whatever they hold."""
    targets, predictions, subjects = simulated(7, rows=900)
    targets.emotion_mask[::3] = False
    targets.action_unit_mask[::2] = False
    whole = fitted(targets, predictions, subjects)
    targets.emotion[::3] = 0.25
    targets.action_unit[::2] = 1
    predictions.emotion[::3] = np.nan
    predictions.action_units[::2] = np.nan
    assert fitted(targets, predictions, subjects) == whole


def test_decisions_at_one_half_are_left_alone():
    """Where the objective needs them, units stay, and emotions are calibrated."""
    fit = fitted(*simulated(8), units_at_half=True)
    assert fit.left == dict.fromkeys(unit_names(3), AT_HALF)
    assert fit.calibration.temperature is not None
    assert fit.calibration.units == {}


def test_it_is_written_and_read():
    """A fit survives JSON, numbers to the bit."""
    fit = fitted(*simulated(9))
    assert CalibrationFit.of(fit.entry()) == fit
