"""Metrics of valence and arousal against peers, and where they are undefined."""

import keras
import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import root_mean_squared_error

from data_pipeline.labels.labels import DIMENSIONS
from models.evaluation.baseline import baseline_predictions
from models.metrics.scores import Predictions, scores
from tests.strategies.metrics import drawn, labels, outputs


def ratings_of(wanted, predicted):
    """Scores one dimension, valence; the other is rated nowhere."""
    rated = np.stack([wanted, np.full(len(wanted), np.nan)], axis=1)
    found = scores(
        labels(ratings=rated), outputs(ratings=np.stack([predicted, predicted], axis=1))
    )
    return {name.removeprefix("valence_arousal."): v for name, v in found.items()}


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_peers(seed):
    """Each dimension is SciPy's and scikit-learn's of its labelled rows."""
    targets, predictions, _ = drawn(seed, rated=True)
    found = scores(targets, predictions)
    for place, name in enumerate(DIMENSIONS):
        labelled = targets.valence_arousal_mask[:, place]
        y = targets.valence_arousal[labelled, place].astype(np.float64)
        p = predictions.valence_arousal[labelled, place].astype(np.float64)
        together = np.mean((y - y.mean()) * (p - p.mean()))
        expected = {
            "ccc": 2 * together / (y.var() + p.var() + (y.mean() - p.mean()) ** 2),
            "pcc": pearsonr(y, p).statistic,
            "rmse": root_mean_squared_error(y, p),
            "sagr": np.mean(np.sign(y) == np.sign(p)),
        }
        for measure, value in expected.items():
            key = f"valence_arousal.{name}_{measure}"
            assert found[key] == pytest.approx(value), key
    mean = (found["valence_arousal.valence_ccc"], found["valence_arousal.arousal_ccc"])
    assert found["valence_arousal.mean_ccc"] == pytest.approx(np.mean(mean))


def test_concordance_is_that_of_the_whole_set():
    """Not the mean of batches, and not of dimensions within a row, as in Keras."""
    targets, predictions, _ = drawn(1, rated=True, masked=0.0, skill=0.6)
    y, p = targets.valence_arousal, predictions.valence_arousal
    found = scores(targets, predictions)
    peer = keras.metrics.ConcordanceCorrelation(axis=0)
    peer.update_state(y, p)
    whole = float(keras.ops.convert_to_numpy(peer.result()))
    assert found["valence_arousal.mean_ccc"] == pytest.approx(whole, rel=1e-4)
    peer.reset_state()
    for rows in np.array_split(np.arange(len(y)), 12):
        peer.update_state(y[rows], p[rows])
    batches = float(keras.ops.convert_to_numpy(peer.result()))
    assert abs(batches - found["valence_arousal.mean_ccc"]) > 0.01


def test_constant_predictions():
    """Saying the same always: no concordance, and a correlation that is undefined."""
    found = ratings_of([-0.5, 0.0, 0.7], [0.1, 0.1, 0.1])
    assert found["valence_ccc"] == 0.0
    assert np.isnan(found["valence_pcc"])
    assert found["valence_rmse"] == pytest.approx(np.sqrt((0.36 + 0.01 + 0.36) / 3))


def test_mean_of_one_dimension_is_undefined():
    """Where one dimension has no score, neither has the mean of both."""
    found = ratings_of([-0.5, 0.0, 0.7], [-0.4, 0.1, 0.6])
    for measure in ("ccc", "pcc", "sagr", "rmse"):
        assert np.isfinite(found[f"valence_{measure}"])
        assert np.isnan(found[f"mean_{measure}"])


@pytest.mark.parametrize("wanted", [[0.3, 0.3, 0.3], [0.3], [np.nan, np.nan]])
def test_ratings_that_do_not_vary_have_no_concordance(wanted):
    """One row, equal ratings, or none at all: undefined, neither 0 nor 1."""
    found = ratings_of(wanted, np.linspace(-0.1, 0.3, len(wanted)))
    assert np.isnan([found["valence_ccc"], found["valence_pcc"]]).all()
    assert np.isnan(found["valence_rmse"]) == np.isnan(wanted).all()
    assert np.isnan(found["arousal_ccc"])


def test_sign_of_zero():
    """The sign of 0 is that of 0 only."""
    found = ratings_of([0.0, 0.0, 0.5, -0.5], [0.0, 0.1, 0.2, 0.2])
    assert found["valence_sagr"] == 0.5


def test_shift_and_scale():
    """A shift leaves Pearson's 1 and lowers the concordance; equals have 1."""
    wanted = np.linspace(-0.8, 0.6, 9)
    assert ratings_of(wanted, wanted)["valence_ccc"] == pytest.approx(1.0)
    moved = ratings_of(wanted, wanted + 0.3)
    assert moved["valence_pcc"] == pytest.approx(1.0)
    assert 0.5 < moved["valence_ccc"] < 0.95
    assert ratings_of(wanted, -wanted)["valence_pcc"] == pytest.approx(-1.0)


def test_masked_and_broken():
    """Predictions of unrated rows change nothing; NaN at a rated row is an error."""
    targets, predictions, _ = drawn(2, rated=True, masked=0.3)
    blanked = predictions.valence_arousal.copy()
    blanked[~targets.valence_arousal_mask] = np.nan
    clean = scores(targets, predictions)
    found = scores(
        targets,
        Predictions(emotion=None, action_units=None, valence_arousal=blanked),
    )
    assert found == {name: clean[name] for name in found}
    row = np.flatnonzero(targets.valence_arousal_mask[:, 0])[0]
    blanked[row, 0] = np.inf
    found = scores(
        targets,
        Predictions(emotion=None, action_units=None, valence_arousal=blanked),
    )
    assert np.isnan(found["valence_arousal.valence_ccc"])
    assert found["valence_arousal.arousal_ccc"] == clean["valence_arousal.arousal_ccc"]


def test_baseline_is_the_mean_of_development():
    """The constant of least squared error: its RMSE there is the deviation."""
    targets, _, _ = drawn(3, rated=True)
    found = scores(targets, baseline_predictions(targets, count=len(targets)))
    valence = targets.valence_arousal[targets.valence_arousal_mask[:, 0], 0]
    assert found["valence_arousal.valence_rmse"] == pytest.approx(valence.std())
    assert found["valence_arousal.mean_ccc"] == pytest.approx(0.0, abs=1e-12)
    nobody = baseline_predictions(labels(ratings=[[np.nan, np.nan]]), count=2)
    assert nobody.valence_arousal.tolist() == [[0.0, 0.0], [0.0, 0.0]]
