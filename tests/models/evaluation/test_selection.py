"""Laws of what a selection among candidates says."""

import numpy as np
import pytest

from models.evaluation.selection import corrected_value, gains, tied_with


def resampled(*, candidates=30, subjects=60, better=0.0, resamples=400, seed=1):
    """Draws the hits of candidates, and their shares in and out of resamples."""
    generator = np.random.default_rng(seed)
    chance = np.full(candidates, 0.7)
    chance[0] += better
    hits = (generator.random((subjects, candidates)) < chance).astype(float)
    share = np.full(subjects, 1 / subjects)
    weights = generator.multinomial(subjects, share, size=resamples)
    left = (weights == 0).astype(float)
    inside = (weights @ hits / weights.sum(axis=1, keepdims=True)).T
    outside = (left @ hits / left.sum(axis=1, keepdims=True)).T
    return hits.mean(axis=0), inside, outside


def test_of_equal_candidates_the_best_value_is_too_high():
    """Of many with the same chance, the corrected value is nearer to it."""
    errors, corrected = [], []
    for seed in range(12):
        values, inside, outside = resampled(seed=seed)
        errors.append(values.max() - 0.7)
        corrected.append(corrected_value(inside, outside).value - 0.7)
    assert np.mean(errors) > 0.08
    assert abs(np.mean(corrected)) < 0.04


def test_corrected_value_is_that_of_an_explicit_loop():
    """In each resample the best candidate is scored on the subjects outside."""
    _, inside, outside = resampled(candidates=5, resamples=50)
    slow = [
        outside[max(range(5), key=lambda c, draw=draw: inside[c, draw]), draw]
        for draw in range(50)
    ]
    found = corrected_value(inside, outside)
    assert found.value == pytest.approx(np.mean(slow))
    assert (found.low, found.high) == pytest.approx(np.quantile(slow, [0.025, 0.975]))


def test_a_much_better_candidate_is_alone():
    """A winner far above all others is tied with itself only; equals are tied."""
    values, inside, _ = resampled(better=0.29)
    assert np.flatnonzero(tied_with(inside, winner=0)).tolist() == [0]
    _, inside, _ = resampled(candidates=2)
    assert tied_with(np.stack([inside[0], inside[0]]), winner=0).all()
    apart = gains(values, resampled(better=0.29)[1], winner=0)
    assert apart[0].value == apart[0].low == apart[0].high == 0
    assert all(one.low > 0 for one in apart[1:])


def test_gains_are_of_the_same_resamples():
    """A gain is the difference of the values; its ends are of paired differences."""
    values, inside, _ = resampled(candidates=3)
    for place, gain in enumerate(gains(values, inside, winner=1)):
        assert gain.value == pytest.approx(values[1] - values[place])
        ends = np.quantile(inside[1] - inside[place], [0.025, 0.975])
        assert (gain.low, gain.high) == pytest.approx(ends)
