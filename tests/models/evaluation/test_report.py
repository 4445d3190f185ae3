"""Laws of the report of one test: what it holds, and that JSON can hold it."""

import json

import numpy as np
import pytest

from models.evaluation.baseline import constants_of
from models.evaluation.jackknife import LEAST_SUBJECTS
from models.evaluation.report import evaluate
from models.evaluation.tables import NO_INTERVAL
from models.metrics.predictions import HEADS
from models.metrics.scores import Predictions, scores
from models.metrics.thresholds import choose_thresholds
from tests.strategies.metrics import drawn, labels, outputs

SEED = 11
MEANS = ("mean_precision", "mean_recall", "mean_f1", "mean_auc")


def report_of(targets, predictions, subjects, thresholds=None, development=None):
    """Evaluates with the test's seed, and with the targets as development."""
    return evaluate(
        targets,
        predictions,
        subjects=subjects,
        thresholds=thresholds or {},
        constants=constants_of(development or targets, count=len(targets)),
        seed=SEED,
    )


def test_both_heads_are_whole():
    """Each head has its metrics with ends, the same names for the baseline, tables."""
    report = report_of(*drawn(1, rated=True))
    assert set(report) == set(HEADS)
    for part in report.values():
        assert set(part["metrics"]) == set(part["baseline"])
        for name, found in part["metrics"].items():
            assert list(found) == ["value", "low", "high"]
            if name in NO_INTERVAL:
                assert (found["low"], found["high"]) == (None, None)
            else:
                assert found["low"] <= found["value"] <= found["high"]
    assert set(report["emotion"]) == {
        "images", "metrics", "baseline", "per_class", "absent", "confusion",
        "if_calibrated",
    }  # fmt: skip
    assert set(report["action_units"]) == {
        "images", "metrics", "baseline", "per_au", "absent", "if_calibrated",
    }  # fmt: skip
    assert set(report["action_unit_intensities"]) == {
        "images", "metrics", "baseline", "per_au", "absent",
    }  # fmt: skip
    assert set(report["valence_arousal"]) == {
        "images", "metrics", "baseline", "per_dimension", "absent",
    }  # fmt: skip


def test_values_are_the_scores():
    """Values at 0.5 and at the thresholds are those of ``scores``."""
    targets, predictions, subjects = drawn(2)
    thresholds = choose_thresholds(targets, predictions)
    report = report_of(targets, predictions, subjects, thresholds)
    half = scores(targets, predictions)
    chosen = scores(targets, predictions, thresholds=thresholds)
    for head, part in report.items():
        for name, found in part["metrics"].items():
            source = chosen if name.endswith("_at_thresholds") else half
            short = name.removesuffix("_at_thresholds")
            assert found["value"] == pytest.approx(source[f"{head}.{short}"])


def test_baseline_is_fitted_to_development():
    """The baseline predicts the commonest class of the development part."""
    targets = labels([0, 0, 0, 1], [[1], [0], [0], [0]])
    development = labels([1, 1, 2], [[1], [0], [0]])
    predictions = outputs([0, 0, 0, 1], [[0.9], [0.1], [0.1], [0.1]])
    report = report_of(targets, predictions, list("aabb"), development=development)
    assert report["emotion"]["baseline"]["accuracy"] == 1 / 4
    baseline = report["action_units"]["baseline"]
    means = {name: baseline[name] for name in baseline if name.startswith(MEANS)}
    assert means == pytest.approx(
        {
            "mean_precision": 1 / 4,
            "mean_recall": 1.0,
            "mean_f1": 2 / 5,
            "mean_auc": 0.5,
            "mean_precision_at_thresholds": 1 / 4,
            "mean_recall_at_thresholds": 1.0,
            "mean_f1_at_thresholds": 2 / 5,
            "mean_f1_norm": 2 / 3,
            "mean_f1_norm_at_thresholds": 2 / 3,
        }
    )


def test_baseline_probabilities_are_the_prevalence():
    """Errors of the baseline's probabilities are those of the prevalence, not of 1."""
    targets = labels(units=[[1], [0], [0], [0]])
    predictions = outputs(units=[[0.9], [0.1], [0.1], [0.1]])
    baseline = report_of(targets, predictions, list("aabb"))["action_units"]["baseline"]
    entropy = -(np.log(1 / 4) + 3 * np.log(3 / 4)) / 4
    assert baseline["mean_nll"] == pytest.approx(entropy)
    assert baseline["mean_brier"] == pytest.approx(1 / 4 * 3 / 4)
    assert baseline["mean_ece"] == pytest.approx(0.0)
    assert baseline["mean_recall"] == 1.0


def test_calibrated_model_shows_the_expected_error():
    """The error of outcomes drawn with the model's own chances is near the expected."""
    rng = np.random.default_rng(5)
    chance = rng.random((115, 40))
    targets = labels(units=(rng.random(chance.shape) < chance).astype(int))
    predictions = outputs(units=chance)
    part = report_of(targets, predictions, [str(n) for n in range(115)])["action_units"]
    expected = part["if_calibrated"]["mean_ece"]
    assert 0.05 < expected < 0.15
    assert part["metrics"]["mean_ece"]["value"] == pytest.approx(expected, abs=0.01)
    sure = report_of(targets, outputs(units=np.round(chance)), ["a"] * 115)
    assert sure["action_units"]["if_calibrated"]["mean_ece"] == 0.0


def test_emotion_tables_by_hand():
    """Classes, confusion and the absent class of a worked example."""
    part = report_of(
        labels([0, 0, 1, -1]), outputs([0, 1, 1, 2]), ["a", "a", "b", "c"]
    )["emotion"]
    assert part["images"] == 3
    assert part["absent"] == ["surprise"]
    assert part["confusion"] == {
        "labels": ["negative", "positive", "surprise"],
        "counts": [[1, 1, 0], [0, 1, 0], [0, 0, 0]],
    }
    none = {"precision": None, "recall": None, "f1": None}
    assert part["per_class"]["surprise"] == {
        "images": 0, "subjects": 0, **none, "intervals": none,
    }  # fmt: skip
    row = dict(part["per_class"]["negative"])
    assert row.pop("intervals") == none
    assert row == pytest.approx(
        {"images": 2, "subjects": 1, "precision": 1.0, "recall": 0.5, "f1": 2 / 3}
    )


def test_action_unit_table_by_hand():
    """Counts and scores of a unit, at 0.5 and at its threshold."""
    targets = labels(units=[[1, 0], [1, 0], [0, -1], [-1, 0]])
    predictions = outputs(units=[[0.9, 0.1], [0.4, 0.1], [0.2, 0.9], [0.9, 0.2]])
    part = report_of(targets, predictions, list("abcd"), {"AU1": 0.3})["action_units"]
    row = dict(part["per_au"]["AU1"])
    assert set(row.pop("intervals").values()) == {None}
    assert row == pytest.approx(
        {
            "images": 3,
            "positives": 2,
            "subjects": 2,
            "prevalence": 2 / 3,
            "threshold": 0.3,
            "auc": 1.0,
            "pr_auc": 1.0,
            "ece": (0.1 + 0.6 + 0.2) / 3,
            "brier": (0.1**2 + 0.6**2 + 0.2**2) / 3,
            "nll": -np.log([0.9, 0.4, 0.8]).mean(),
            "precision": 1.0,
            "recall": 0.5,
            "f1": 2 / 3,
            "f1_norm": 2 / 3,
            "balanced_accuracy": 3 / 4,
            "kappa": 0.4,
            "kappa_norm": 1 / 2,
            "mcc": 1 / np.sqrt(2 * 1 * 1 * 2),
            "precision_at_threshold": 1.0,
            "recall_at_threshold": 1.0,
            "f1_at_threshold": 1.0,
            "f1_norm_at_threshold": 1.0,
            "balanced_accuracy_at_threshold": 1.0,
            "kappa_at_threshold": 1.0,
            "kappa_norm_at_threshold": 1.0,
            "mcc_at_threshold": 1.0,
        }
    )
    assert part["absent"] == ["AU2"]
    absent = part["per_au"]["AU2"]
    assert (absent["images"], absent["positives"], absent["threshold"]) == (3, 0, 0.5)
    undefined = [
        value for name, value in absent.items() if name.startswith(("f1", "auc"))
    ]
    assert set(undefined) == {None}


def test_dimension_table_by_hand():
    """Ratings and scores of each dimension; one that does not vary is named."""
    targets = labels(ratings=[[-0.5, 0.2], [0.5, 0.2], [np.nan, 0.2]])
    predictions = outputs(ratings=[[-0.5, 0.1], [0.5, 0.3], [0.9, 0.2]])
    part = report_of(targets, predictions, list("abc"))["valence_arousal"]
    assert part["images"] == 3
    row = dict(part["per_dimension"]["valence"])
    assert set(row.pop("intervals")) == {"ccc", "pcc", "sagr", "rmse"}
    assert row == pytest.approx(
        {
            "images": 2,
            "subjects": 2,
            "mean": 0.0,
            "deviation": 0.5,
            "ccc": 1.0,
            "pcc": 1.0,
            "sagr": 1.0,
            "rmse": 0.0,
        }
    )
    assert part["per_dimension"]["arousal"]["ccc"] is None
    assert part["absent"] == ["arousal"]
    assert part["metrics"]["valence_ccc"]["value"] == pytest.approx(1.0)
    assert part["metrics"]["mean_ccc"]["value"] is None


def test_labels_with_enough_subjects_have_intervals():
    """A label's scores have intervals around them where enough subjects have it."""
    targets, predictions, _ = drawn(9, rows=90, units=3, masked=0.0)
    subjects = [str(row // 3) for row in range(90)]
    rare = np.flatnonzero(targets.action_unit[:, 0])[LEAST_SUBJECTS - 2 :]
    targets.action_unit[rare, 0] = 0.0
    table = report_of(targets, predictions, subjects)["action_units"]["per_au"]
    assert table["AU1"]["subjects"] < LEAST_SUBJECTS
    assert set(table["AU1"]["intervals"].values()) == {None}
    positive = targets.action_unit[:, 1] > 0
    assert table["AU2"]["subjects"] == len(
        {s for s, p in zip(subjects, positive, strict=True) if p}
    )
    for name, ends in table["AU2"]["intervals"].items():
        assert (ends is None) == (name in NO_INTERVAL)
        assert ends is None or ends[0] <= table["AU2"][name] <= ends[1]


def test_means_are_of_the_tables():
    """Each mean is the plain mean of its column over the labels that occur."""
    targets, predictions, subjects = drawn(3)
    report = report_of(targets, predictions, subjects, {"AU1": 0.2, "AU2": 0.8})
    for head, table, prefix in (
        ("emotion", "per_class", "macro"),
        ("action_units", "per_au", "mean"),
    ):
        for column in ("precision", "recall", "f1"):
            column_values = [row[column] for row in report[head][table].values()]
            value = report[head]["metrics"][f"{prefix}_{column}"]["value"]
            assert value == pytest.approx(np.mean(column_values))


def test_json_takes_it_and_gives_it_back():
    """The report is JSON without NaN, even where nothing at all is defined."""
    nothing = labels([-1, -1], [[-1], [1]])
    broken = outputs([0, 1], [[np.nan], [np.nan]])
    for case in (drawn(4), (nothing, broken, ["a", "b"])):
        report = report_of(*case)
        assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_broken_model_has_no_numbers():
    """A model whose outputs are NaN is reported as undefined, never as 0."""
    targets, predictions, subjects = drawn(5)
    broken = Predictions(
        emotion=predictions.emotion * np.nan,
        action_units=predictions.action_units * np.nan,
    )
    report = report_of(targets, broken, subjects)
    for part in report.values():
        assert {value["value"] for value in part["metrics"].values()} == {None}
    assert report["emotion"]["confusion"]["counts"][0][0] is None


def test_masked_rows_count_nowhere():
    """Rows without a label change no number, in intervals neither."""
    targets, predictions, subjects = drawn(6, masked=0.3)
    labelled = np.flatnonzero(targets.emotion_mask)
    whole = report_of(targets, predictions, subjects)
    sliced = report_of(
        targets.take(labelled),
        predictions.take(labelled),
        [subjects[row] for row in labelled],
        development=targets,
    )
    assert whole["emotion"] == sliced["emotion"]


def test_one_subject_has_values_without_interval():
    """With one subject values are given, and each end is null."""
    targets, predictions, _ = drawn(7)
    report = report_of(targets, predictions, ["S001"] * len(predictions))
    for part in report.values():
        for found in part["metrics"].values():
            assert found["value"] is not None
            assert (found["low"], found["high"]) == (None, None)


def test_one_target_alone():
    """A study without a target has no part for it."""
    targets, predictions, subjects = drawn(8)
    emotion = labels([0, 1, 2])
    assert set(report_of(emotion, outputs([0, 1, 2]), list("abc"))) == {"emotion"}
    units = Predictions(emotion=None, action_units=predictions.action_units)
    assert set(report_of(targets, units, subjects)) == {"action_units"}
