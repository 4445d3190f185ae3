"""Weighted, skew-free and calibration metrics of action units: by hand and by peers."""

import numpy as np
import pytest
from sklearn import metrics as sk

from models.metrics.calibration import LEAST
from models.metrics.scores import Predictions, scores
from tests.strategies.metrics import drawn, labels, outputs

WEIGHTED = ("weighted_precision", "weighted_recall", "weighted_f1")
ADDED = (
    *WEIGHTED,
    "mean_kappa_norm",
    "mean_mcc",
    "mean_brier",
    "mean_nll",
)


def of_units(targets, predictions, names=ADDED, **more):
    """Takes metrics of action units by their short names."""
    found = scores(targets, predictions, **more)
    return {name: found[f"action_units.{name}"] for name in names}


def columns(targets, predictions):
    """Lists each unit's labels and scores of labelled rows."""
    score = predictions.action_units.astype(np.float64)
    return [
        (targets.action_unit[labelled, unit], score[labelled, unit])
        for unit, labelled in enumerate(targets.action_unit_mask.T)
    ]


def test_by_hand():
    """A unit of each kind: cautious, eager with a masked row, and one without any."""
    targets = labels(units=[[1, 1, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0], [0, -1, 0]])
    predicted = [[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 1], [0, 1, 1]]
    names = (*WEIGHTED, "mean_kappa_norm", "mean_mcc", "accuracy")
    # AU1: TP 1, FN 2, TN 2. AU2: TP 1, FP 1, TN 2. AU3 counts in the accuracy only.
    assert of_units(targets, outputs(units=predicted), names) == pytest.approx(
        {
            "weighted_precision": (3 * 1 + 1 * 1 / 2) / 4,
            "weighted_recall": (3 * 1 / 3 + 1 * 1) / 4,
            "weighted_f1": (3 * 2 / 4 + 1 * 2 / 3) / 4,
            "mean_kappa_norm": ((1 / 3 + 1 - 1) + (1 + 2 / 3 - 1)) / 2,
            "mean_mcc": (2 / np.sqrt(1 * 3 * 2 * 4) + 2 / np.sqrt(2 * 1 * 3 * 2)) / 2,
            "accuracy": (3 + 3 + 0) / (5 + 4 + 5),
        }
    )


def test_brier_and_likelihood_by_hand():
    """Squared error and -log of the label's probability; absent units left out."""
    targets = labels(units=[[1, 0], [0, 0], [-1, 0]])
    predictions = outputs(units=[[0.9, 0.7], [0.4, 0.7], [0.1, 0.7]])
    found = of_units(targets, predictions, ("mean_brier", "mean_nll"))
    assert found["mean_brier"] == pytest.approx((0.1**2 + 0.4**2) / 2)
    assert found["mean_nll"] == pytest.approx(-(np.log(0.9) + np.log(0.6)) / 2)
    sure = of_units(labels(units=[[1], [0]]), outputs(units=[[0.0], [0.0]]))
    assert sure["mean_brier"] == pytest.approx(1 / 2)
    # Sure and wrong is bad, not infinite.
    assert sure["mean_nll"] == pytest.approx(-np.log(LEAST) / 2)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_learn(seed):
    """Each is scikit-learn's of each unit's labelled rows, then the named mean."""
    targets, predictions, _ = drawn(seed)
    units = columns(targets, predictions)
    calls = [(t, s >= 0.5) for t, s in units]
    positives = [t.sum() for t, _ in units]
    expected = {
        f"weighted_{name}": np.average(
            [getattr(sk, f"{name}_score")(*case, zero_division=0) for case in calls],
            weights=positives,
        )
        for name in ("precision", "recall", "f1")
    } | {
        "mean_kappa_norm": np.mean(
            [sk.balanced_accuracy_score(*case, adjusted=True) for case in calls]
        ),
        "mean_mcc": np.mean([sk.matthews_corrcoef(*case) for case in calls]),
        "mean_brier": np.mean([sk.brier_score_loss(*case) for case in units]),
        "mean_nll": np.mean([sk.log_loss(*case) for case in units]),
    }
    assert of_units(targets, predictions) == pytest.approx(expected)
    mask = targets.action_unit_mask
    accuracy = sk.accuracy_score(
        targets.action_unit[mask], predictions.action_units[mask] >= 0.5
    )
    found = of_units(targets, predictions, ("accuracy", "hamming"))
    assert found["accuracy"] == pytest.approx(accuracy)
    assert found["accuracy"] + found["hamming"] == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(3))
def test_weighted_is_scikit_learns_of_the_whole_table(seed):
    """Where nothing is masked, ``average="weighted"`` over all units is the same."""
    targets, predictions, _ = drawn(seed, masked=0.0)
    truth, predicted = targets.action_unit, predictions.action_units >= 0.5
    more = {"average": "weighted", "zero_division": 0}
    assert list(of_units(targets, predictions, WEIGHTED).values()) == pytest.approx(
        [
            sk.precision_score(truth, predicted, **more),
            sk.recall_score(truth, predicted, **more),
            sk.f1_score(truth, predicted, **more),
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_norms_are_scores_of_balanced_rows(seed):
    """Weighing negatives by positives over negatives gives both skew-free scores."""
    targets, predictions, _ = drawn(seed)
    f1, kappa = [], []
    for truth, score in columns(targets, predictions):
        share = truth.sum() / (len(truth) - truth.sum())
        weight = np.where(truth > 0, 1.0, share)
        case = truth, score >= 0.5
        f1.append(sk.f1_score(*case, sample_weight=weight))
        kappa.append(sk.cohen_kappa_score(*case, sample_weight=weight))
    found = of_units(targets, predictions, ("mean_f1_norm", "mean_kappa_norm"))
    assert list(found.values()) == pytest.approx([np.mean(f1), np.mean(kappa)])


def test_skew_does_not_move_kappa_norm():
    """At TPR .8 and FPR .1 it is .7; the correlation falls as units get rarer."""
    correlations = []
    for skew in (1, 4, 20):
        truth = np.repeat([1, 0], [10, 10 * skew])[:, None]
        predicted = np.concatenate([np.arange(10) < 8, np.arange(10 * skew) < skew])
        found = of_units(labels(units=truth), outputs(units=predicted[:, None]))
        assert found["mean_kappa_norm"] == pytest.approx(0.7)
        correlations.append(found["mean_mcc"])
    assert correlations == sorted(correlations, reverse=True)


def test_never_predicted_has_accuracy_only():
    """All zeros reach .8 of the labels where one in five is positive."""
    units = np.tile([[1], [0], [0], [0], [0]], (4, 2))
    names = ("accuracy", *ADDED[:5], "mean_f1")
    found = of_units(labels(units=units), outputs(units=np.zeros((20, 2))), names)
    assert found == dict.fromkeys(names, 0.0) | {"accuracy": pytest.approx(0.8)}


def test_what_does_not_occur_is_undefined():
    """No unit with both labels, no labelled row, a broken output: NaN, never 0."""
    one_sided = labels(units=[[1, 0, -1], [1, 0, -1]])
    nothing = labels(units=[[-1, -1, -1]])
    fair = outputs(units=np.full((2, 3), 0.4))
    broken = outputs(units=[[np.nan] * 3, [0.4] * 3])
    for targets, predictions in (
        (one_sided, fair),
        (nothing, fair.take(np.array([0]))),
        (labels(units=[[1, 0, 1], [0, 1, 0]]), broken),
    ):
        found = of_units(targets, predictions)
        assert np.isnan(list(found.values())).all()
    assert np.isnan(of_units(nothing, fair.take([0]), ["accuracy"])["accuracy"])


def test_absent_and_masked_units_move_no_mean():
    """Units that have one label only, or none, change none of the means."""
    targets, predictions, _ = drawn(4)
    rows = len(predictions)
    table = np.where(targets.action_unit_mask, targets.action_unit, -1)
    further = np.tile([0, 1, -1], (rows, 1))
    wide = labels(units=np.concatenate([table, further], axis=1))
    noise = np.random.default_rng(1).random((rows, 3))
    noise[:, 2] = np.nan
    predicted = np.concatenate([predictions.action_units, noise], axis=1)
    more = Predictions(emotion=None, action_units=predicted)
    found = of_units(targets, predictions)
    assert of_units(wide, more) == pytest.approx(found)


def test_thresholds_move_calls_only():
    """Another threshold is another accuracy and MCC, but the same chances."""
    targets = labels(units=[[1], [0], [0]])
    predictions = outputs(units=[[0.3], [0.2], [0.1]])
    names = ("accuracy", "mean_mcc", "weighted_f1", "mean_brier", "mean_nll")
    half = of_units(targets, predictions, names)
    chosen = of_units(targets, predictions, names, thresholds={"AU1": 0.3})
    assert (half["accuracy"], chosen["accuracy"]) == pytest.approx((2 / 3, 1))
    assert (half["mean_mcc"], chosen["mean_mcc"]) == (0.0, 1.0)
    assert (half["weighted_f1"], chosen["weighted_f1"]) == (0.0, 1.0)
    for name in ("mean_brier", "mean_nll"):
        assert half[name] == chosen[name]
