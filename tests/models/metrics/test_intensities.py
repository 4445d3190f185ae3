"""Metrics of intensities against peers and tables of variance, and where undefined."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, mean_squared_error

from models.evaluation import report
from models.evaluation.baseline import (
    baseline_predictions,
    constants_of,
    least_error_predictions,
)
from models.evaluation.jackknife import intervals
from models.evaluation.report import evaluate
from models.metrics.intensities import MEASURES, unit_intensity_metrics
from models.metrics.scores import scores
from tests.strategies.metrics import drawn, labels, outputs


def of_unit(wanted, predicted):
    """Scores one unit."""
    one = np.ones((1, len(wanted)))
    found = unit_intensity_metrics(
        labels(intensities=np.array(wanted, float)[:, None]),
        outputs(intensities=np.array(predicted, float)[:, None]),
        one,
    )
    return {name: float(values[0, 0]) for name, values in found.items()}


def means_of(wanted, predicted):
    """Scores several units, a column each, and returns the means."""
    targets = labels(intensities=wanted)
    found = scores(targets, outputs(intensities=predicted))
    return {
        name.removeprefix("action_unit_intensities."): x for name, x in found.items()
    }


def icc_by_loops(ratings):
    """ICC(3,1) of Shrout and Fleiss, by the sums of squares of a two-way table."""
    count, raters = ratings.shape
    grand = sum(sum(row) for row in ratings) / (count * raters)
    between = total = columns = 0.0
    for row in ratings:
        between += raters * (sum(row) / raters - grand) ** 2
        total += sum((value - grand) ** 2 for value in row)
    for rater in range(raters):
        columns += count * (sum(ratings[:, rater]) / count - grand) ** 2
    mean_square = between / (count - 1)
    error = (total - between - columns) / ((count - 1) * (raters - 1))
    return (mean_square - error) / (mean_square + (raters - 1) * error)


def test_published_example():
    """The judges 1 and 4 of Shrout and Fleiss's table 2, by the table of variance."""
    judges = np.array([[9, 8], [6, 2], [8, 8], [7, 6], [10, 9], [6, 7]], float)
    found = of_unit(judges[:, 0] - 5, judges[:, 1] - 5)
    assert found["icc"] == pytest.approx(icc_by_loops(judges))


def test_the_loops_give_the_published_value():
    """The second formulation gives .71 for all four judges, as printed in the paper."""
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8]]
    table += [[7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert icc_by_loops(np.array(table, float)) == pytest.approx(0.71, abs=0.005)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_peers(seed):
    """Each unit is SciPy's, scikit-learn's and the loops' of its labelled rows."""
    targets, predictions, _ = drawn(seed, rated=True)
    ones = np.ones((1, len(targets)))
    found = unit_intensity_metrics(targets, predictions, ones)
    for unit, labelled in enumerate(targets.intensity_mask.T):
        y = targets.intensity[labelled, unit].astype(np.float64)
        p = predictions.action_unit_intensities[labelled, unit].astype(np.float64)
        expected = {
            "icc": icc_by_loops(np.stack([y, p], axis=1)),
            "pcc": pearsonr(y, p).statistic,
            "mae": mean_absolute_error(y, p),
            "mse": mean_squared_error(y, p),
        }
        assert {k: v[0, unit] for k, v in found.items()} == pytest.approx(expected)
    mean = scores(targets, predictions)
    for name, values in found.items():
        assert mean[f"action_unit_intensities.mean_{name}"] == pytest.approx(
            values.mean()
        )


@given(st.lists(st.integers(0, 5), min_size=3, max_size=30), st.integers(0, 10**6))
def test_offset_and_mirror(wanted, seed):
    """An offset costs no ICC; a wider spread does; opposites have its negative."""
    generator = np.random.default_rng(seed)
    predicted = generator.uniform(0, 2, len(wanted))
    plain, moved, mirrored = (
        of_unit(wanted, change) for change in (predicted, predicted + 1, -predicted)
    )
    if len(set(wanted)) == 1:
        assert np.isnan(list(plain.values())).all()
        return
    assert moved["icc"] == pytest.approx(plain["icc"])
    assert mirrored["icc"] == pytest.approx(-plain["icc"])
    assert abs(plain["icc"]) <= abs(plain["pcc"]) + 1e-12


def test_perfect_and_constant():
    """Equal intensities have 1 and no error; a constant has 0, not a missing score."""
    assert of_unit([0, 1, 5], [0, 1, 5]) == pytest.approx(
        {"icc": 1.0, "pcc": 1.0, "mae": 0.0, "mse": 0.0}
    )
    constant = of_unit([0, 1, 5], [2, 2, 2])
    assert (constant["icc"], constant["pcc"]) == (0.0, 0.0)
    assert constant["mae"] == pytest.approx(2.0)


def test_the_mean_leaves_out_units_that_do_not_vary():
    """A unit that is always 0 enters no mean, and its small error flatters nobody."""
    wanted = np.array([[0, 0], [2, 0], [5, 0]], float)
    found = means_of(wanted, np.array([[1, 0], [2, 0], [4, 0]], float))
    alone = of_unit(wanted[:, 0], [1, 2, 4])
    assert found == pytest.approx({f"mean_{name}": x for name, x in alone.items()})
    nothing = means_of(np.zeros((3, 2)), np.ones((3, 2)))
    assert len(nothing) == len(MEASURES)
    assert np.isnan(list(nothing.values())).all()


def test_constant_units_lower_the_mean():
    """A model that answers one unit alone does not score as if there were no other."""
    wanted = np.array([[0, 0], [2, 3], [5, 1]], float)
    half = wanted.copy()
    half[:, 1] = 2
    assert means_of(wanted, half)["mean_icc"] == pytest.approx(0.5)
    assert means_of(wanted, half)["mean_pcc"] == pytest.approx(0.5)


def test_masked_rows_do_not_matter_and_broken_ones_do():
    """NaN at an unknown intensity changes nothing; at a known one all is undefined."""
    targets, predictions, _ = drawn(2, rated=True, masked=0.3)
    clean, blanked = (predictions.action_unit_intensities.copy() for _ in range(2))
    blanked[~targets.intensity_mask] = np.nan
    expected = scores(targets, outputs(intensities=clean))
    assert scores(targets, outputs(intensities=blanked)) == expected
    blanked[np.flatnonzero(targets.intensity_mask[:, 0])[0], 0] = np.inf
    broken = scores(targets, outputs(intensities=blanked))
    assert np.isnan(list(broken.values())).all()


def test_baselines_are_the_constants_of_least_error():
    """The mean has the least squared error of all constants, the median the least."""
    targets, _, _ = drawn(3, rated=True)
    known = targets.intensity[targets.intensity_mask[:, 1], 1]
    mean = baseline_predictions(targets, count=1).action_unit_intensities[0, 1]
    median = least_error_predictions(targets, count=1).action_unit_intensities[0, 1]
    tried = np.linspace(0, 5, 101)
    assert ((known - mean) ** 2).mean() <= min(((known - c) ** 2).mean() for c in tried)
    assert abs(known - median).mean() <= min(abs(known - c).mean() for c in tried)
    nobody = labels(intensities=[[np.nan]])
    for constant in (baseline_predictions, least_error_predictions):
        assert constant(nobody, count=2).action_unit_intensities.tolist() == [[0], [0]]


def test_report_has_each_unit():
    """Each unit has its counts, and its scores with intervals beside the constant's."""
    targets, predictions, subjects = drawn(4, rated=True)
    part = evaluate(
        targets,
        predictions,
        subjects=subjects,
        thresholds={},
        constants=constants_of(targets, count=len(predictions)),
        seed=1,
    )["action_unit_intensities"]
    found = part["per_au"]["AU2"]
    labelled = targets.intensity_mask[:, 1]
    assert sum(found["levels"]) == found["images"] == labelled.sum()
    assert found["mean"] == pytest.approx(targets.intensity[labelled, 1].mean())
    own = part["metrics"]["AU2_icc"]
    assert own["value"] == found["icc"]
    assert own["low"] < own["value"] < own["high"]
    assert part["baseline"]["AU2_icc"] == 0.0
    assert part["absent"] == []
    alone = targets.take(targets.intensity[:, 1] == 0)
    few = evaluate(
        alone,
        predictions.take(targets.intensity[:, 1] == 0),
        subjects=["a"] * len(alone),
        thresholds={},
        constants=constants_of(targets, count=len(alone)),
        seed=1,
    )["action_unit_intensities"]
    assert few["absent"] == ["AU2"]
    assert few["per_au"]["AU2"]["icc"] is None


def test_each_interval_is_computed_once(monkeypatch):
    """A unit's interval is that of its table; other metrics have one of their own."""
    computed = []

    def recorded(*args, **options):
        found = intervals(*args, **options)
        computed.extend(found)
        return found

    monkeypatch.setattr(report, "intervals", recorded)
    targets, predictions, subjects = drawn(1, rated=True)
    part = evaluate(
        targets,
        replace(predictions, emotion=None, action_units=None, valence_arousal=None),
        subjects=subjects,
        thresholds={},
        constants=constants_of(targets, count=len(targets)),
        seed=1,
    )["action_unit_intensities"]
    assert computed == [f"mean_{name}" for name in MEASURES]
    for unit, row in part["per_au"].items():
        for name in MEASURES:
            metric = part["metrics"][f"{unit}_{name}"]
            ends = row["intervals"][name] or [None, None]
            assert [metric["low"], metric["high"]] == ends
