"""The predictions of all outer parts are scored as those of one model would be."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from data_pipeline.system.errors import RunError
from models.evaluation.jackknife import intervals
from models.metrics.emotion import emotion_metrics
from search.holdout.scores import score_rows
from search.nested.pooled_csv import join_tables
from search.nested.pooling import pool, score_pooled
from search.nested.scores import across_parts
from tests.fakes.outer_parts import FEW, PEOPLE, predicted

THRESHOLDS = np.array([0.2, 0.5, 0.7])


@pytest.fixture(scope="module")
def pooled():
    """Predictions of three parts, with a threshold for each."""
    return pool(predicted())


@pytest.fixture(scope="module")
def report(pooled):
    """Their scores."""
    return score_pooled(pooled, seed=1)


def test_every_person_is_pooled_once(pooled):
    """The rows are all rows, each with its own labels, predictions and part."""
    order = np.argsort(PEOPLE.subject % 3, kind="stable")
    order = order[PEOPLE.subject[order] < FEW]
    assert pooled.rows.units == [f"S{name:03}" for name in PEOPLE.subject[order]]
    assert (pooled.part == PEOPLE.subject[order] % 3 + 1).all()
    assert (pooled.rows.targets.emotion == PEOPLE.targets.emotion[order]).all()
    made = pooled.rows.model.predictions
    assert (made.emotion == PEOPLE.better.emotion[order]).all()
    few = pooled.take(np.flatnonzero(pooled.part == 2))
    assert set(few.part) == {2}
    assert len(few.rows.units) == len(few.duplicates) == len(few.decided.units)


def test_scores_are_those_of_scikit_learn(pooled, report):
    """AUC is of the outputs; F1 at thresholds is of each part's own decisions."""
    targets, units = pooled.rows.targets, report["action_units"]["per_au"]
    least = THRESHOLDS[pooled.part - 1]
    output = pooled.rows.model.predictions.action_units
    compared = []
    for place, unit in enumerate(targets.action_units):
        known = targets.action_unit_mask[:, place]
        truth = targets.action_unit[known, place] > 0
        auc = roc_auc_score(truth, output[known, place])
        assert units[unit]["auc"] == pytest.approx(auc)
        for ending, at in (("", 0.5), ("_at_threshold", least[known])):
            f1 = f1_score(truth, output[known, place] >= at, zero_division=0)
            assert units[unit][f"f1{ending}"] == pytest.approx(f1)
        compared.append(f1)
        assert units[unit]["threshold"] is None
    found = report["action_units"]["metrics"]["mean_f1_at_thresholds"]
    assert found["value"] == pytest.approx(np.mean(compared))
    assert found["low"] < found["value"] < found["high"]


def test_equal_thresholds_give_the_scores_of_one_model():
    """With one threshold everywhere the report is that of an ordinary test."""
    parts = predicted(thresholds=(0.4, 0.4, 0.4))
    pooled = pool(parts)
    thresholds = parts[0].rows.model.thresholds
    whole = replace(
        pooled.rows,
        model=replace(pooled.rows.model, thresholds=thresholds),
        baselines={
            name: replace(each, thresholds=thresholds)
            for name, each in pooled.rows.baselines.items()
        },
    )
    expected = score_rows(whole, seed=1)
    for row in expected["action_units"]["per_au"].values():
        row["threshold"] = None
    # Decisions are not outputs: what is computed of either must not be mixed up.
    assert score_pooled(pooled, seed=1) == expected


def test_constants_are_those_of_the_parts(pooled, report):
    """The constant learned from each part's development rows, not from its people."""
    means = [
        PEOPLE.targets.valence_arousal[
            (PEOPLE.subject % 3 != part) & (PEOPLE.subject < FEW)
        ].mean(axis=0)
        for part in range(3)
    ]
    found = pooled.rows.constants.usual.valence_arousal
    assert found == pytest.approx(np.array(means)[pooled.part - 1], abs=1e-6)
    apart = pooled.rows.targets.valence_arousal - found
    rmse = np.sqrt((apart**2).mean(axis=0)).mean()
    assert report["valence_arousal"]["baseline"]["mean_rmse"] == pytest.approx(rmse)


def test_baselines_are_compared_at_the_thresholds_of_the_parts(pooled, report):
    """The difference at chosen thresholds is that of the decisions."""
    compared = report["action_units"]["baselines"]["linear_pixels"]
    found = compared["mean_f1_at_thresholds"]
    model = report["action_units"]["metrics"]["mean_f1_at_thresholds"]["value"]
    assert found["difference"] == pytest.approx(model - found["value"])
    assert found["value"] != pytest.approx(compared["mean_f1"]["value"])
    targets = pooled.rows.targets
    output = pooled.rows.baselines["linear_pixels"].predictions.action_units
    decided = output >= THRESHOLDS[pooled.part - 1][:, None]
    values = [
        f1_score(targets.action_unit[:, place] > 0, decided[:, place])
        for place in range(len(targets.action_units))
    ]
    assert targets.action_unit_mask.all()
    assert found["value"] == pytest.approx(np.mean(values))


def test_all_people_give_less_than_half_of_the_error():
    """Intervals over all 123 people are half as wide as those over parts of 25."""

    def width(rows):
        targets, made = PEOPLE.targets.take(rows), PEOPLE.better.take(rows)
        ends = intervals(
            lambda weights: emotion_metrics(targets, made, weights),
            PEOPLE.subject[rows].astype(str).tolist(),
            seed=1,
        )
        low, high = ends["macro_f1"]
        return high - low

    parts = [width(np.flatnonzero(PEOPLE.subject % 5 == part)) for part in range(5)]
    assert width(np.arange(len(PEOPLE.subject))) < np.mean(parts) / 2


def test_a_baseline_that_a_part_lacks_is_left_out():
    """Only what every part has can be pooled; other units cannot."""
    first, second, _ = predicted()
    fewer = replace(second, rows=replace(second.rows, baselines={}))
    assert pool([first, fewer]).rows.baselines == {}
    targets = replace(second.rows.targets, action_units=("AU99",))
    other = replace(second, rows=replace(second.rows, targets=targets))
    with pytest.raises(RunError, match="different classes, action units or heads"):
        pool([first, other])


def test_tables_are_joined(tmp_path):
    """The joined table has all rows and columns, and the part of each row."""
    (tmp_path / "1.csv").write_text("image,model.a\nx.png,0.25\n")
    (tmp_path / "2.csv").write_text("image,model.a,linear.a\n'=y.png,0.5,1.0\n")
    join_tables(tmp_path / "all.csv", [tmp_path / "1.csv", tmp_path / "2.csv"])
    assert (tmp_path / "all.csv").read_text() == (
        "part,image,model.a,linear.a\n1,x.png,0.25,\n2,'=y.png,0.5,1.0\n"
    )


def test_mean_and_deviation_over_parts():
    """A metric that is undefined in a part is left out there, and counted."""
    found = across_parts(
        [{"emotion": {"accuracy": 0.5, "mcc": None}}, {"emotion": {"accuracy": 0.7}}]
    )
    assert found["emotion"]["accuracy"]["mean"] == pytest.approx(0.6)
    assert found["emotion"]["accuracy"]["deviation"] == pytest.approx(0.02**0.5)
    assert found["emotion"]["mcc"] == {"parts": 0, "mean": None, "deviation": None}
