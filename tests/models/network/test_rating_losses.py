"""Losses of ratings and intensities against second formulations, and their masks."""

import numpy as np
import pytest
from keras import ops
from sklearn.metrics import log_loss

from models.network.losses import (
    discordance,
    intensity_loss,
    squared_error,
    valence_arousal_loss,
)
from models.training.mixup import mixed_target
from tests.factories.gradients import gradient


@pytest.fixture(name="rows")
def _rows():
    generator = np.random.default_rng(7)
    wanted = generator.uniform(-1, 1, (9, 2)).astype(np.float32)
    mask = np.ones((9, 2), np.float32)
    mask[[1, 4], 0] = mask[[4, 5, 8], 1] = 0
    return {
        "logits": generator.normal(size=(9, 2)).astype(np.float32),
        "wanted": wanted * mask,
        "mask": mask,
    }


def _target(values, weights):
    weights = np.broadcast_to(weights, values.shape)
    return ops.convert_to_tensor(np.stack([values, weights], -1).astype(np.float32))


def _number(loss):
    return float(ops.convert_to_numpy(loss))


def _ccc(x, y):
    """Writes the concordance with NumPy's own covariance."""
    (var_x, cov), (_, var_y) = np.cov(x, y, ddof=0)
    return 2 * cov / (var_x + var_y + (x.mean() - y.mean()) ** 2)


def _kept(rows, dimension):
    labelled = rows["mask"][:, dimension] > 0
    given = np.tanh(rows["logits"].astype(np.float64))
    return given[labelled, dimension], rows["wanted"][labelled, dimension].astype(float)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_mix_is_that_of_the_rows_that_are_there(rows, share):
    """Masked equals sliced: squared error and concordance of labelled rows only."""
    kept = [_kept(rows, dimension) for dimension in (0, 1)]
    error = np.mean(np.concatenate([(x - y) ** 2 for x, y in kept]))
    apart = np.mean([1 - _ccc(x, y) for x, y in kept])
    target = _target(rows["wanted"], rows["mask"])
    found = valence_arousal_loss(target, rows["logits"], share)
    assert _number(found) == pytest.approx((1 - share) * error + share * apart)


def test_weights_count_as_repeats(rows):
    """A weight of 2 moves mean and variance as the row, written twice, would."""
    twice = np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    weights = np.ones((9, 2), np.float32)
    weights[0] = 2
    ratings = np.tanh(rows["logits"])
    found = discordance(_target(rows["wanted"], weights), ratings)
    expected = discordance(_target(rows["wanted"][twice], 1.0), ratings[twice])
    assert _number(found) == pytest.approx(_number(expected), rel=1e-5)


def test_squared_error_weighs_elements():
    """By hand: the mean of w (x - y)^2 over the elements with a weight."""
    target = _target(np.array([[0.5, 0.0], [1.0, -1.0]]), [[2.0, 0.0], [1.0, 4.0]])
    found = squared_error(target, np.array([[0.0, 0.9], [0.0, -0.5]], np.float32))
    assert _number(found) == pytest.approx((2 * 0.25 + 1 + 4 * 0.25) / 3)


def test_concordance_of_equals_and_opposites():
    """Equal ratings cost 0, opposite ones 2, and a shift is between."""
    wanted = np.linspace(-0.9, 0.9, 7, dtype=np.float32)[:, None]
    target = _target(wanted, 1.0)
    assert _number(discordance(target, wanted)) == pytest.approx(0.0, abs=1e-6)
    assert _number(discordance(target, -wanted)) == pytest.approx(2.0)
    assert 0.05 < _number(discordance(target, wanted + 0.3)) < 0.5


@pytest.mark.parametrize("labelled", [0, 1])
def test_too_few_rows_have_no_concordance(rows, labelled):
    """A batch with one labelled row or none costs nothing, and NaN never."""
    mask = np.zeros((9, 2), np.float32)
    mask[:labelled] = 1
    target = _target(rows["wanted"], mask)
    assert _number(discordance(target, np.tanh(rows["logits"]))) == 0.0
    whole = valence_arousal_loss(target, rows["logits"], 1.0)
    assert _number(whole) == 0.0


def test_a_dimension_without_labels_is_left_out(rows):
    """The mean is over the dimensions that have labels."""
    mask = np.ones((9, 2), np.float32)
    mask[:, 1] = 0
    ratings = np.tanh(rows["logits"])
    both = discordance(_target(rows["wanted"], mask), ratings)
    one = discordance(_target(rows["wanted"][:, :1], 1.0), ratings[:, :1])
    assert _number(both) == pytest.approx(_number(one))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("case", ["mixed", "one", "none", "constant", "equal"])
def test_gradients_are_finite_and_zero_where_masked(rows, share, case):
    """Masked ratings do not move; constant and equal ones have no infinite slope."""
    mask, wanted, logits = rows["mask"].copy(), rows["wanted"], rows["logits"]
    if case in ("one", "none"):
        mask[1 if case == "one" else 0 :] = 0
    if case == "constant":
        wanted = np.full((9, 2), 0.3, np.float32)
    if case == "equal":
        wanted, logits = np.zeros((9, 2), np.float32), np.zeros((9, 2), np.float32)
    target = _target(wanted, mask)
    found = gradient(lambda at: valence_arousal_loss(target, at, share), logits)
    assert np.isfinite(found).all()
    assert (np.abs(found) < 10).all()
    assert (found[mask == 0] == 0).all()
    assert case != "mixed" or (found[mask > 0] != 0).all()


def _levels(intensities):
    """Writes whether each of five levels is reached, unit by unit."""
    reached = np.asarray(intensities)[:, :, None] >= np.arange(1, 6)
    return reached.reshape(len(intensities), -1).astype(np.float32)


@pytest.fixture(name="graded")
def _graded():
    generator = np.random.default_rng(3)
    known = np.ones((7, 2))
    known[2, 0] = known[[2, 3], 1] = 0
    return {
        "logits": generator.normal(size=(7, 10)).astype(np.float32),
        "wanted": generator.integers(0, 6, (7, 2)),
        "known": known,
    }


def _intensity(graded, kind, logits=None):
    weights = np.repeat(graded["known"], 5, axis=1)
    target = _target(_levels(graded["wanted"]), weights)
    return intensity_loss(target, graded["logits"] if logits is None else logits, kind)


def test_intensity_losses_are_those_of_the_known_labels(graded):
    """Squared: of the five chances' sum. Ordinal: scikit-learn's five cross-entropies.

    Masked equals sliced.
    """
    chances = 1 / (1 + np.exp(-graded["logits"].astype(np.float64)))
    known = graded["known"] > 0
    expected = chances.reshape(7, 2, 5).sum(axis=2)
    squared = ((expected - graded["wanted"])[known] ** 2).mean()
    assert _number(_intensity(graded, 0.0)) == pytest.approx(squared)
    rows = np.repeat(known, 5, axis=1)
    each = log_loss(_levels(graded["wanted"])[rows], chances[rows], labels=[0, 1])
    assert _number(_intensity(graded, 1.0)) == pytest.approx(5 * each)


@pytest.mark.parametrize("kind", [0.0, 1.0])
def test_unknown_intensities_teach_nothing(graded, kind):
    """Their logits have no gradient, all others have one; without labels it costs 0."""
    found = gradient(lambda at: _intensity(graded, kind, at), graded["logits"])
    rows = np.repeat(graded["known"], 5, axis=1)
    assert (found[rows == 0] == 0).all()
    assert (found[rows > 0] != 0).all()
    graded["known"] = np.zeros((7, 2))
    assert _number(_intensity(graded, kind)) == 0.0


@pytest.mark.parametrize("kind", [0.0, 1.0])
def test_saturated_intensities_are_finite(graded, kind):
    """Logits far out, right or wrong, cost a finite loss with finite gradients."""
    logits = 200 * np.sign(graded["logits"])
    assert np.isfinite(_number(_intensity(graded, kind, logits)))
    slope = gradient(lambda at: _intensity(graded, kind, at), logits)
    assert np.isfinite(slope).all()


def test_mixed_intensities_keep_their_mean():
    """Mixed rows share levels: the sum of the shares is the mixed intensity."""
    first, second = (_target(_levels(np.array([[level]])), 1.0) for level in (1, 4))
    mixed = mixed_target(
        *map(ops.convert_to_numpy, (first, second)), np.array([[0.25]])
    )
    assert mixed[..., 0].sum() == pytest.approx(0.25 * 1 + 0.75 * 4)
    exact = 200 * (2 * mixed[..., 0] - 1)
    logits = np.where(mixed[..., 0] == 0.75, np.log(3), exact).astype(np.float32)
    assert _number(intensity_loss(ops.convert_to_tensor(mixed), logits, 0.0)) < 1e-6
