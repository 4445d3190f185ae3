"""Laws of what a selection among candidates says."""

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.jackknife import SHARE, Moments, ends_of, moments
from models.evaluation.selection import (
    CandidateValues,
    corrected_value,
    gain_over_second,
    gains,
    selected_by,
    tied_with,
)

CHANCE = 0.7


def resampled(*, candidates=30, subjects=60, better=0.0, resamples=400, seed=1):
    """Draws the hits of candidates on subjects, and their shares in every weighting."""
    generator = np.random.default_rng(seed)
    chance = np.full(candidates, CHANCE)
    chance[0] += better
    hits = (generator.random((subjects, candidates)) < chance).astype(float)
    share = np.full(subjects, 1 / subjects)
    weights = generator.multinomial(subjects, share, size=resamples)
    leave_out = np.concatenate([np.ones((1, subjects)), 1 - np.eye(subjects)])
    without, inside, outside = (
        (each @ hits / each.sum(axis=1, keepdims=True)).T
        for each in (leave_out, weights, (weights == 0) * 1.0)
    )
    return CandidateValues(
        without=without, inside=inside, outside=outside, subjects=subjects
    )


def test_of_equal_candidates_the_best_value_is_too_high():
    """Of many with the same chance, the corrected value is nearer to it."""
    errors, corrected = [], []
    for seed in range(12):
        values = resampled(seed=seed)
        errors.append(values.whole.max() - CHANCE)
        corrected.append(corrected_value(values, SHARE).value - CHANCE)
    assert np.mean(errors) > 0.08
    assert abs(np.mean(corrected)) < 0.04


def test_intervals_contain_what_is_true_of_equal_candidates():
    """Their chance, and a gain of 0: in at least 93 %, where percentiles miss a fifth.

    ``tests.benchmarks.intervals.selection`` has 1,000 draws and other candidates.
    """
    inside = np.zeros((80, 3))
    for seed in range(len(inside)):
        values = resampled(candidates=10, subjects=25, resamples=100, seed=seed)
        winner = int(values.whole.argmax())
        other = 1 if winner == 0 else 0
        found = corrected_value(values, SHARE)
        gain = gains(values, winner=winner)[other]
        low, high = np.quantile(
            values.inside[winner] - values.inside[other], [0.025, 0.975]
        )
        inside[seed] = (
            found.low <= CHANCE <= found.high,
            gain.low <= 0 <= gain.high,
            low <= 0 <= high,
        )
    corrected, gained, percentiles = inside.mean(axis=0)
    assert min(corrected, gained) >= 0.93
    assert percentiles < 0.8


def test_corrected_value_is_that_of_an_explicit_loop():
    """In each resample the best candidate is scored on the subjects outside."""
    values = resampled(candidates=5, resamples=50)
    first = [max(range(5), key=lambda c: values.inside[c, draw]) for draw in range(50)]
    slow = np.mean([values.outside[c, draw] for draw, c in enumerate(first)])
    of_each = moments(values.without[first].T)
    error = np.sqrt(np.mean(of_each.error**2))
    found = corrected_value(values, SHARE)
    assert found.value == pytest.approx(slow)
    middle = Moments(
        centre=np.array([slow]),
        error=np.array([error]),
        freedom=np.array([of_each.freedom.mean()]),
    )
    ends = ends_of(np.array([[slow]]), middle, SHARE, subjects=np.array([60]))
    assert (found.low, found.high) == pytest.approx([end[0] for end in ends])
    assert found.low < found.value < found.high


def test_a_much_better_candidate_is_alone():
    """A winner far above all others is tied with itself only; equals are tied."""
    values = resampled(better=0.29)
    assert np.flatnonzero(tied_with(values, winner=0)).tolist() == [0]
    apart = gains(values, winner=0)
    assert apart[0].value == apart[0].low == apart[0].high == 0
    assert all(one.low > 0 for one in apart[1:])
    assert gain_over_second(values, winner=0).low > 0
    twice = replace(
        values,
        without=values.without[[0, 0]],
        inside=values.inside[[0, 0]],
        outside=values.outside[[0, 0]],
    )
    assert tied_with(twice, winner=0).all()


def test_gains_are_of_the_same_resamples():
    """A gain compares the selected candidate with the other one outside."""
    values = resampled(candidates=3)
    first = values.inside.argmax(axis=0)
    second = np.argsort(-values.inside, axis=0, kind="stable")[1]
    mine = values.outside[first, np.arange(len(first))]
    for place, gain in enumerate(gains(values, winner=1)):
        expected = 0 if place == 1 else (mine - values.outside[place]).mean()
        assert gain.value == pytest.approx(expected)
        assert gain.low <= gain.value <= gain.high
    expected = (mine - values.outside[second, np.arange(len(second))]).mean()
    assert gain_over_second(values, winner=1).value == pytest.approx(expected)


def test_one_that_every_resample_selects_has_an_interval():
    """By another score a trial was the best: its gain over the selected one is 0."""
    values = resampled(better=0.29, candidates=2)
    gain = gains(values, winner=1)[0]
    assert gain.value == 0
    assert gain.low < 0 < gain.high


def test_a_value_without_any_error_has_an_interval_too():
    """Where every selected candidate is right everywhere, as Clopper and Pearson."""
    values = resampled(better=0.3, candidates=2, subjects=20)
    found = corrected_value(values, SHARE)
    assert found.value == found.high == 1
    assert found.low == pytest.approx(0.025 ** (1 / 20))


def test_the_winner_by_another_value_is_what_resamples_select():
    """Gains are of the candidate that ``selected_by`` makes the best everywhere."""
    values = resampled(candidates=3)
    winner = int(values.whole.argmin())
    shifted = selected_by(values, np.eye(3)[winner] * 9)
    assert (shifted.first == winner).all()
    for place, gain in enumerate(gains(shifted, winner=winner)):
        apart = (values.outside[winner] - values.outside[place]).mean()
        assert gain.value == pytest.approx(apart)
    same = selected_by(values, values.whole)
    assert (same.inside == values.inside).all()


def test_an_undefined_gain_is_no_significant_one():
    """Where a value is undefined in one resample, no candidate is called worse."""
    values = resampled(candidates=2, better=0.29)
    undefined = values.outside.copy()
    undefined[:, 3] = np.nan
    assert tied_with(replace(values, outside=undefined), winner=0).all()
