"""Laws of the baseline: constant, from development labels, and no straw man."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from models.evaluation.baseline import baseline_predictions, least_error_predictions
from models.metrics.scores import scores
from tests.strategies.metrics import drawn, labels


def test_coursework_majority():
    """On the coursework counts the baseline has the published trivial levels."""
    # reference/science.md, section 0: accuracy .586, UAR .333, macro-F1 .246.
    targets = labels(np.repeat([0, 1, 2], [328, 121, 111]))
    found = scores(targets, baseline_predictions(targets, count=560))
    assert found["emotion.accuracy"] == pytest.approx(0.586, abs=5e-4)
    assert found["emotion.balanced_accuracy"] == pytest.approx(1 / 3)
    assert found["emotion.macro_f1"] == pytest.approx(0.246, abs=5e-4)


def test_agrees_with_scikit_learn():
    """Frequencies and class are those of scikit-learn's prior baseline."""
    targets, _, _ = drawn(4)
    labelled = targets.emotion_mask
    classes = targets.emotion[labelled].argmax(axis=1)
    peer = DummyClassifier(strategy="prior").fit(np.zeros((labelled.sum(), 1)), classes)
    found = baseline_predictions(targets, count=3).emotion
    assert found == pytest.approx(peer.predict_proba(np.zeros((3, 1))))


def test_action_units_are_all_positive():
    """A unit of prevalence p is given F1 2p / (p + 1), precision p and AUC 0.5."""
    truth = np.zeros((100, 2), dtype=int)
    truth[:20, 0] = 1
    truth[:50, 1] = 1
    targets = labels(units=truth)
    found = scores(targets, baseline_predictions(targets, count=100))
    expected = {
        "action_units.mean_precision": (0.2 + 0.5) / 2,
        "action_units.mean_recall": 1.0,
        "action_units.mean_f1": (0.4 / 1.2 + 1 / 1.5) / 2,
        "action_units.mean_auc": 0.5,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_unit_never_present_is_never_predicted():
    """A unit without a positive row in development is predicted absent."""
    development = labels(units=[[1, 0], [-1, 0], [0, -1]])
    found = baseline_predictions(development, count=2)
    assert found.action_units.tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert found.emotion is None


def test_masked_labels_do_not_vote():
    """The majority is that of labelled rows; without any, classes are alike."""
    found = baseline_predictions(labels([-1, -1, -1, 2]), count=1)
    assert found.emotion.tolist() == [[0.0, 0.0, 1.0]]
    nobody = baseline_predictions(labels([-1, -1]), count=1)
    assert nobody.emotion == pytest.approx(np.full((1, 3), 1 / 3))


def test_prevalence_is_the_share_of_labelled_rows():
    """The probability of a unit is the share of positives among its labelled rows."""
    development = labels(units=[[1, 0], [-1, 0], [0, -1], [0, -1]])
    found = least_error_predictions(development, count=2)
    assert found.action_units == pytest.approx(np.array([[1 / 3, 0.0]] * 2))
