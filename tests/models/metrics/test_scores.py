"""Laws of the metrics, and the traps that other reports fell into."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn import metrics as sk

from models.metrics.counts import confusion
from models.metrics.predictions import HEADS
from models.metrics.scores import METRIC_NAMES, REPORTED_NAMES, Predictions, scores
from tests.strategies.metrics import drawn, labels, outputs

MACRO = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")
MEANS = ("mean_precision", "mean_recall", "mean_f1", "mean_auc")


def of(found, head, names):
    """Takes metrics of one head by their short names."""
    return {f"{head}.{name}": found[f"{head}.{name}"] for name in names}


def test_names_are_what_is_scored():
    """Names of objectives and of reported metrics are those that are computed."""
    targets, predictions, _ = drawn(0, rated=True)
    assert set(scores(targets, predictions)) == {*METRIC_NAMES, *REPORTED_NAMES}
    assert not set(METRIC_NAMES) & set(REPORTED_NAMES)


def test_emotion_by_hand():
    """Emotion metrics of a worked example are the values computed on paper."""
    # True classes by row; the confusion is [[3, 1, 0], [1, 1, 0], [1, 0, 1]].
    found = scores(labels([0, 0, 0, 0, 1, 1, 2, 2]), outputs([0, 0, 0, 1, 0, 1, 0, 2]))
    assert of(found, "emotion", MACRO) == pytest.approx(
        {
            "emotion.accuracy": 5 / 8,
            "emotion.balanced_accuracy": (3 / 4 + 1 / 2 + 1 / 2) / 3,
            "emotion.macro_precision": (3 / 5 + 1 / 2 + 1) / 3,
            "emotion.macro_recall": (3 / 4 + 1 / 2 + 1 / 2) / 3,
            "emotion.macro_f1": (6 / 9 + 2 / 4 + 2 / 3) / 3,
        }
    )


def test_action_units_by_hand():
    """Action-unit metrics of a worked example are the values computed on paper."""
    targets = labels(units=[[1, 0], [1, 0], [0, 0], [0, 1]])
    found = scores(
        targets, outputs(units=[[0.9, 0.1], [0.4, 0.6], [0.4, 0.2], [0.1, 0.5]])
    )
    # AU1: one of two found; pairs won 1, 1, 1/2, 1. AU2: found, one false alarm.
    assert of(found, "action_units", MEANS) == pytest.approx(
        {
            "action_units.mean_precision": (1 + 1 / 2) / 2,
            "action_units.mean_recall": (1 / 2 + 1) / 2,
            "action_units.mean_f1": (2 / 3 + 2 / 3) / 2,
            "action_units.mean_auc": (3.5 / 4 + 2 / 3) / 2,
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_emotion_agrees_with_scikit_learn(seed):
    """Over labelled rows the emotion metrics are scikit-learn's macro averages."""
    targets, predictions, _ = drawn(seed)
    labelled = targets.emotion_mask
    truth = targets.emotion[labelled].argmax(axis=1)
    predicted = predictions.emotion[labelled].argmax(axis=1)
    average = {"labels": np.unique(truth), "average": "macro", "zero_division": 0}
    found = scores(targets, predictions)
    assert list(of(found, "emotion", MACRO).values()) == pytest.approx(
        [
            sk.accuracy_score(truth, predicted),
            sk.balanced_accuracy_score(truth, predicted),
            sk.precision_score(truth, predicted, **average),
            sk.recall_score(truth, predicted, **average),
            sk.f1_score(truth, predicted, **average),
        ]
    )


@pytest.mark.parametrize("seed", range(5))
def test_action_units_agree_with_scikit_learn(seed):
    """Means over units are scikit-learn's scores of each unit's labelled rows."""
    targets, predictions, _ = drawn(seed)
    table = []
    for unit, labelled in enumerate(targets.action_unit_mask.T):
        truth = targets.action_unit[labelled, unit]
        score = predictions.action_units[labelled, unit].astype(np.float64)
        predicted = score >= 0.5
        table.append(
            [
                sk.precision_score(truth, predicted, zero_division=0),
                sk.recall_score(truth, predicted),
                sk.f1_score(truth, predicted),
                sk.roc_auc_score(truth, score),
            ]
        )
    found = scores(targets, predictions)
    assert list(of(found, "action_units", MEANS).values()) == pytest.approx(
        np.mean(table, axis=0)
    )


def test_absent_class_is_left_out():
    """A class without a true row enters no mean, but calls into it are errors."""
    # The trap: .556 with all labels, .833 where the third is left out.
    found = scores(labels([0, 0, 1, 1]), outputs([0, 0, 1, 2]))
    assert found["emotion.macro_f1"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["emotion.macro_recall"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["emotion.accuracy"] == pytest.approx(3 / 4)


def test_absent_action_unit_is_left_out():
    """Units without positives or without negatives score neither 0 nor 1."""
    # Keras's AUC and F1 count a unit without positives as 0: .667 for this 1.0.
    truth = [[1, 0, 1], [0, 0, 1], [1, 0, 1]]
    score = [[0.9, 0.1, 0.9], [0.2, 0.2, 0.9], [0.8, 0.9, 0.1]]
    found = scores(labels(units=truth), outputs(units=score))
    assert set(of(found, "action_units", MEANS).values()) == {1.0}


def test_no_occurring_label_is_undefined():
    """Where nothing is labelled, or no unit occurs, every mean is NaN."""
    found = scores(labels([-1, -1], [[1], [1]]), outputs([0, 1], [[0.2], [0.3]]))
    defined = {name for name, value in found.items() if not np.isnan(value)}
    # These are of labels and rows, not of units.
    assert defined == {
        f"action_units.{name}"
        for name in ("micro_precision", "micro_recall", "micro_f1", "exact_match")
    } | {"action_units.accuracy", "action_units.hamming"}


def test_precision_and_f1_are_no_accuracy():
    """A majority predictor's macro scores differ from its accuracy."""
    # Seed 001 gave precision = recall = F1 = accuracy: micro averages of a softmax.
    truth = np.repeat([0, 1, 2], [328, 121, 111])
    found = scores(labels(truth), outputs(np.zeros(560, dtype=int)))
    assert of(found, "emotion", MACRO) == pytest.approx(
        {
            "emotion.accuracy": 0.586,
            "emotion.balanced_accuracy": 1 / 3,
            "emotion.macro_precision": 0.195,
            "emotion.macro_recall": 1 / 3,
            "emotion.macro_f1": 0.246,
        },
        abs=1e-3,
    )


def test_never_predicted_class_has_precision_zero():
    """A class that occurs but is never predicted lowers macro precision."""
    found = scores(labels([0, 1]), outputs([0, 0]))
    assert found["emotion.macro_precision"] == pytest.approx((1 / 2 + 0) / 2)


def test_thresholds_are_by_name_and_inclusive():
    """A score equal to its unit's threshold means present; others keep 0.5."""
    targets = labels(units=[[1, 1], [0, 0]])
    predictions = outputs(units=[[0.3, 0.3], [0.2, 0.2]])
    found = scores(targets, predictions, thresholds={"AU1": 0.3})
    assert found["action_units.mean_recall"] == pytest.approx((1 + 0) / 2)
    assert found["action_units.mean_auc"] == pytest.approx(1.0)


def test_non_finite_predictions_have_no_score():
    """One NaN among labelled rows leaves only its head undefined."""
    targets, predictions, _ = drawn(1, masked=0.0)
    clean = scores(targets, predictions)
    units = predictions.action_units.copy()
    units[3, 2] = np.nan
    found = scores(
        targets, Predictions(emotion=predictions.emotion, action_units=units)
    )
    for name, value in found.items():
        if name.startswith("emotion."):
            assert value == clean[name]
        else:
            assert np.isnan(value)


@pytest.mark.parametrize("columns", [2, 4])
def test_predictions_of_other_classes_are_refused(columns):
    """Four columns for three classes are an error, not calls of the next row."""
    with pytest.raises(ValueError, match=f"column for each class: 3, found {columns}"):
        scores(labels([0, 1]), outputs([0, 1], classes=columns))


@pytest.mark.parametrize(
    ("truth", "predicted", "which"), [(0, 3, "predicted"), (-1, 0, "true")]
)
def test_numbers_outside_the_classes_are_refused(truth, predicted, which):
    """A confusion has no cell for a class that there is not."""
    rows = np.array([0, truth]), np.array([2, predicted])
    number = predicted if which == "predicted" else truth
    with pytest.raises(ValueError, match=f"{which} classes .* 0 to 2, found {number}"):
        confusion(*rows, classes=3, weights=np.ones((1, 2)))


def test_one_head_alone():
    """A model or a study without a head has none of its metrics."""
    targets, predictions, _ = drawn(2, rated=True)
    for head in HEADS:
        none = {"emotion": None, "action_units": None}
        alone = Predictions(**none | {head: getattr(predictions, head)})
        assert {name.partition(".")[0] for name in scores(targets, alone)} == {head}


def test_scatter_marks_rows_without_a_fold():
    """Rows that no fold predicted are NaN, and a row of two folds is refused."""
    part = outputs([0, 1], [[0.1], [0.2]])
    whole = Predictions.scatter([part], [np.array([2, 0])], count=4)
    assert np.array_equal(
        np.isnan(whole.action_units[:, 0]), [False, True, False, True]
    )
    assert len(whole) == 4
    with pytest.raises(ValueError, match="predicted by one fold"):
        Predictions.scatter([part, part], [np.array([0, 1]), np.array([1, 2])], count=3)


def test_import_is_light():
    """The metrics load neither scikit-learn nor Keras: every epoch uses them."""
    code = (
        "import sys, models.metrics.scores;"
        "heavy = {'sklearn', 'scipy', 'keras', 'tensorflow', 'ray'};"
        "print(*heavy & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout.strip() == ""
