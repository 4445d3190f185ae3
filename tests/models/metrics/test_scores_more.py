"""The field's further metrics against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn import metrics as sk

from models.metrics.calibration import BINS
from models.metrics.scores import Predictions, scores
from tests.strategies.metrics import drawn, labels, outputs


@pytest.mark.parametrize("seed", range(3))
def test_emotion_agrees_with_scikit_learn(seed):
    """Averages, agreement, likelihood and Brier are scikit-learn's."""
    targets, predictions, _ = drawn(seed)
    labelled = targets.emotion_mask
    truth = targets.emotion[labelled].argmax(axis=1)
    whole = predictions.emotion.astype(np.float64)
    whole /= whole.sum(axis=1, keepdims=True)
    chances, predicted = whole[labelled], whole[labelled].argmax(axis=1)
    found = scores(targets, Predictions(emotion=whole, action_units=None))
    for average in ("micro", "weighted"):
        for name in ("precision", "recall", "f1"):
            peer = getattr(sk, f"{name}_score")
            expected = peer(truth, predicted, average=average, zero_division=0)
            assert found[f"emotion.{average}_{name}"] == pytest.approx(expected)
    expected = {
        "kappa": sk.cohen_kappa_score(truth, predicted),
        "mcc": sk.matthews_corrcoef(truth, predicted),
        "nll": sk.log_loss(truth, chances),
        "brier": sk.brier_score_loss(truth, chances, labels=[0, 1, 2]),
    }
    for name, value in expected.items():
        assert found[f"emotion.{name}"] == pytest.approx(value), name


@pytest.mark.parametrize("seed", range(3))
def test_action_units_agree_with_scikit_learn(seed):
    """Pooled, skew-free and ranked scores are scikit-learn's of labelled rows."""
    targets, predictions, _ = drawn(seed)
    mask = targets.action_unit_mask
    score = predictions.action_units.astype(np.float64)
    columns = [
        (targets.action_unit[labelled, unit], score[labelled, unit])
        for unit, labelled in enumerate(mask.T)
    ]

    def each(peer, *, cut):
        return [peer(t, s >= 0.5 if cut else s) for t, s in columns]

    flat, predicted = targets.action_unit[mask], score[mask] >= 0.5
    expected = {
        "micro_precision": sk.precision_score(flat, predicted),
        "micro_recall": sk.recall_score(flat, predicted),
        "micro_f1": sk.f1_score(flat, predicted),
        "mean_balanced_accuracy": np.mean(each(sk.balanced_accuracy_score, cut=True)),
        "mean_kappa": np.mean(each(sk.cohen_kappa_score, cut=True)),
        "mean_pr_auc": np.mean(each(sk.average_precision_score, cut=False)),
        "weighted_auc": np.average(
            each(sk.roc_auc_score, cut=False), weights=[t.sum() for t, _ in columns]
        ),
        "hamming": (flat != predicted).mean(),
    }
    found = scores(targets, predictions)
    for name, value in expected.items():
        assert found[f"action_units.{name}"] == pytest.approx(value), name


def test_exact_match_and_hamming_are_of_labelled_units():
    """Rows count by their labelled units; a row without any counts nowhere."""
    targets = labels(units=[[1, 0], [1, -1], [0, 1], [-1, -1]])
    predictions = outputs(units=[[0.9, 0.1], [0.9, 0.9], [0.1, 0.2], [0.9, 0.9]])
    found = scores(targets, predictions)
    assert found["action_units.exact_match"] == pytest.approx(2 / 3)
    assert found["action_units.hamming"] == pytest.approx(1 / 5)
    whole = labels(units=np.tile([[1, 0], [0, 1]], (3, 1)))
    predicted = outputs(units=[[0.9, 0.1], [0.9, 0.9], [0.1, 0.2]] * 2)
    truth, calls = whole.action_unit, predicted.action_units >= 0.5
    found = scores(whole, predicted)
    expected = sk.accuracy_score(truth, calls)
    assert found["action_units.exact_match"] == pytest.approx(expected)
    expected = sk.hamming_loss(truth, calls)
    assert found["action_units.hamming"] == pytest.approx(expected)


@pytest.mark.parametrize("skew", [1, 4, 20])
def test_skew_does_not_move_f1_norm(skew):
    """At TPR .8 and FPR .1 the skew-normalised F1 is .842, whatever the prevalence."""
    truth = np.repeat([1, 0], [10, 10 * skew])[:, None]
    predicted = np.concatenate([np.arange(10) < 8, np.arange(10 * skew) < skew])[
        :, None
    ]
    found = scores(labels(units=truth), outputs(units=predicted.astype(float)))
    assert found["action_units.mean_f1_norm"] == pytest.approx(0.842, abs=5e-4)
    expected = {1: 0.842, 4: 0.727, 20: 0.421}[skew]
    assert found["action_units.mean_f1"] == pytest.approx(expected, abs=5e-4)


def test_absent_units_are_left_out_of_ranked_means():
    """A unit without positives has no average precision: not 0, as elsewhere."""
    found = scores(
        labels(units=[[1, 0], [0, 0]]), outputs(units=[[0.9, 0.1], [0.2, 0.2]])
    )
    for name in ("mean_pr_auc", "mean_auc", "weighted_auc", "mean_kappa"):
        assert found[f"action_units.{name}"] == 1.0


def test_constant_predictions():
    """One class for all rows: agreement and correlation are 0."""
    found = scores(labels([0, 0, 1, 2]), outputs([0, 0, 0, 0]))
    assert (found["emotion.kappa"], found["emotion.mcc"]) == (0.0, 0.0)


def test_calibration_error_by_hand():
    """Certain and wrong in a quarter of the rows is an error of a quarter."""
    found = scores(labels([0, 0, 1, 1]), outputs([0, 0, 1, 0]))
    assert found["emotion.ece"] == pytest.approx(0.25)
    # Two bins: .9 came true once in two, .6 both times.
    chances = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    targets = labels([0, 1, 0, 0], emotions=("a", "b"))
    found = scores(targets, Predictions(emotion=chances, action_units=None))
    assert found["emotion.ece"] == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)
    units = outputs(units=[[0.2], [0.2], [0.7], [0.7]])
    found = scores(labels(units=[[0], [1], [1], [1]]), units)
    assert found["action_units.mean_ece"] == pytest.approx(0.5 * 0.3 + 0.5 * 0.3)


def binned(chances, came_true):
    """Sums the gaps of the bins (0, 1/15], ... (14/15, 1] by their share of rows."""
    total = 0.0
    for low, high in zip(range(BINS), range(1, BINS + 1), strict=True):
        inside = (chances > low / BINS) & (chances <= high / BINS)
        if inside.any():
            gap = abs(came_true[inside].mean() - chances[inside].mean())
            total += inside.mean() * gap
    return total


@pytest.mark.parametrize("seed", range(3))
def test_calibration_error_is_that_of_a_loop_over_bins(seed):
    """Of the predicted class, and of each unit; masked labels are left out."""
    targets, predictions, _ = drawn(seed, rows=200, skill=0.6)
    found = scores(targets, predictions)
    labelled = targets.emotion_mask
    chances = predictions.emotion[labelled].astype(np.float64)
    right = chances.argmax(axis=1) == targets.emotion[labelled].argmax(axis=1)
    assert found["emotion.ece"] == pytest.approx(binned(chances.max(axis=1), right))
    units = [
        binned(
            predictions.action_units[rows, unit].astype(np.float64),
            targets.action_unit[rows, unit],
        )
        for unit, rows in enumerate(targets.action_unit_mask.T)
    ]
    assert found["action_units.mean_ece"] == pytest.approx(np.mean(units))
