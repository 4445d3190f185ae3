"""How far predictions are from votes: by hand, and by SciPy and scikit-learn."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import metrics as sk

from models.evaluation.baseline import constants_of
from models.evaluation.report import evaluate_votes
from models.metrics.calibration import LEAST
from models.metrics.emotion import vote_metrics
from models.metrics.scores import Predictions
from tests.strategies.metrics import labels, outputs


def test_divergences_are_those_of_scipy():
    """KL and JS to a distribution are SciPy's; masked rows are left out."""
    generator = np.random.default_rng(3)
    shares = generator.dirichlet(np.ones(3), 8).astype(np.float32)
    shares[0] = [1, 0, 0]
    targets = labels([0] * 7 + [-1])
    targets.emotion[:7] = shares[:7]
    predicted = generator.dirichlet(np.ones(3), 8)
    predictions = Predictions(emotion=predicted, action_units=None)
    found = vote_metrics(targets, predictions, np.ones((1, 8)))
    kl = np.mean(stats.entropy(shares[:7], predicted[:7], axis=1))
    js = np.mean(jensenshannon(shares[:7], predicted[:7], axis=1) ** 2)
    assert found["kl_divergence"] == pytest.approx([kl], rel=1e-5)
    assert found["js_divergence"] == pytest.approx([js], rel=1e-5)


def test_cross_entropy_by_hand():
    """It is -sum p log q of rows with votes; it stays finite at q = 0."""
    targets = labels([0, -1])
    targets.emotion[0] = [0.5, 0.25, 0.25]
    predicted = np.array([[0.25, 0.75, 0.0], [1.0, 0.0, 0.0]])
    found = vote_metrics(
        targets, Predictions(emotion=predicted, action_units=None), np.ones((1, 2))
    )
    logs = 0.5 * np.log(0.25) + 0.25 * np.log(0.75) + 0.25 * np.log(LEAST)
    assert found["cross_entropy"] == pytest.approx([-logs])


def test_cross_entropy_is_that_of_scipy_and_scikit_learn():
    """It is KL and the votes' entropy, and the log loss of rows weighed by shares."""
    generator = np.random.default_rng(4)
    shares = generator.dirichlet(np.ones(3), 9).astype(np.float32)
    predicted = generator.dirichlet(np.ones(3), 10)
    targets = labels([0] * 9 + [-1])
    targets.emotion[:9] = shares
    predictions = Predictions(emotion=predicted, action_units=None)
    found = vote_metrics(targets, predictions, np.ones((1, 10)))
    both = stats.entropy(shares, axis=1) + stats.entropy(shares, predicted[:9], axis=1)
    assert found["cross_entropy"] == pytest.approx([both.mean()], rel=1e-5)
    entropy = np.mean(stats.entropy(shares, axis=1))
    assert found["cross_entropy"] > entropy
    each = sk.log_loss(
        np.tile([0, 1, 2], 9),
        np.repeat(predicted[:9], 3, axis=0),
        sample_weight=shares.ravel(),
    )
    assert found["cross_entropy"] == pytest.approx([each], rel=1e-5)


def test_vote_metrics_without_votes_are_undefined():
    """No row with votes, and a broken output of one: NaN, never 0."""
    predicted = np.array([[0.2, 0.3, 0.5], [np.nan, 0.5, 0.5]])
    predictions = Predictions(emotion=predicted, action_units=None)
    for classes in ([-1, -1], [0, 1]):
        found = vote_metrics(labels(classes), predictions, np.ones((1, 2)))
        assert all(np.isnan(values).all() for values in found.values())


def test_votes_are_scored_with_interval_and_baseline():
    """The distance from the votes is beside that of the development's shares."""
    votes = labels([0, 1, 2, 0])
    votes.emotion[0] = [0.6, 0.4, 0.0]
    found = evaluate_votes(
        votes,
        outputs([0, 1, 2, 0]),
        subjects=list("aabb"),
        constants=constants_of(labels([0, 1, 2, 0]), count=4),
        seed=11,
    )["votes"]
    assert found["images"] == 4
    for name in ("kl_divergence", "cross_entropy"):
        far = found["metrics"][name]
        assert far["low"] <= far["value"] <= far["high"]
        assert far["value"] > found["baseline"][name] > 0
