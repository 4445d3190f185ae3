"""Intervals of a mean over seeds, for other subjects and other seeds."""

import numpy as np
import pytest

from models.evaluation.crossed import crossed_interval
from models.evaluation.jackknife import DIFFERENCE, SHARE, jackknife, leave_out_weights

SUBJECTS, SEEDS, DRAWS = 25, 5, 600
NAMES = [f"S{number:02}" for number in range(SUBJECTS)]
WEIGHTS = leave_out_weights(NAMES, seed=0)


def scores(generator, *, of_subjects, of_seeds, of_both, seeds=SEEDS):
    """Draws a score of each subject and seed around 0; their means, (K, 1 + G)."""
    drawn = (
        of_subjects * generator.standard_normal(SUBJECTS)
        + of_seeds * generator.standard_normal((seeds, 1))
        + of_both * generator.standard_normal((seeds, SUBJECTS))
    )
    return drawn @ WEIGHTS.T / WEIGHTS.sum(axis=1)


@pytest.mark.parametrize(
    "parts",
    [
        {"of_subjects": 1.0, "of_seeds": 0.0, "of_both": 1.0},
        {"of_subjects": 1.0, "of_seeds": 0.2, "of_both": 1.0},
        {"of_subjects": 0.5, "of_seeds": 0.3, "of_both": 0.5},
    ],
)
def test_it_covers(parts):
    """About 95 % contain the mean of all subjects and seeds, whichever differ more."""
    generator = np.random.default_rng(1)
    found = [
        crossed_interval(scores(generator, **parts), DIFFERENCE, subjects=SUBJECTS)
        for _ in range(DRAWS)
    ]
    assert np.mean([low <= 0 <= high for low, high in found]) == pytest.approx(
        0.95, abs=0.025
    )


def test_seeds_make_it_wider():
    """The interval over subjects alone is too short where seeds differ."""
    generator = np.random.default_rng(1)
    parts = {"of_subjects": 0.5, "of_seeds": 0.3, "of_both": 0.5}
    found = []
    for _ in range(DRAWS):
        mean = scores(generator, **parts).mean(axis=0)[:, None]
        ends = jackknife(mean, DIFFERENCE, subjects=np.array([SUBJECTS]))
        found.append(ends[0][0] <= 0 <= ends[1][0])
    assert np.mean(found) < 0.85


def test_equal_seeds_have_the_interval_over_subjects():
    """Seeds that all give the same add nothing."""
    values = np.random.default_rng(1).uniform(0.6, 0.8, len(WEIGHTS))
    low, high = jackknife(values[:, None], SHARE, subjects=np.array([SUBJECTS]))
    found = crossed_interval(np.tile(values, (3, 1)), SHARE, subjects=SUBJECTS)
    assert found == pytest.approx((low[0], high[0]))


def test_it_is_inside_its_scale():
    """A share stays between 0 and 1; a perfect one is as that of few subjects."""
    right = np.random.default_rng(1).random((SEEDS, SUBJECTS)) < 0.93
    shares = right @ WEIGHTS.T / WEIGHTS.sum(axis=1)
    low, high = crossed_interval(shares, SHARE, subjects=SUBJECTS)
    assert 0 < low < shares[:, 0].mean() < high < 1
    low, high = crossed_interval(np.ones_like(shares), SHARE, subjects=SUBJECTS)
    assert (0.8 < low < 0.9, high) == (True, 1.0)


@pytest.mark.parametrize("subjects", [1, SUBJECTS])
def test_what_is_undefined_has_none(subjects):
    """Neither a score that one subject alone determines, nor one subject."""
    values = np.full((SEEDS, len(WEIGHTS)), 0.5)
    if subjects > 1:
        values[2, 4] = np.nan
    assert crossed_interval(values, SHARE, subjects=subjects) is None
