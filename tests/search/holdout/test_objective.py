"""The value of the objective on tested rows, and its gains over baselines."""

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.report import evaluate
from search.holdout.objective import describe_objective
from search.trial.objective import score
from tests.search.holdout.test_rescore import SEED, drawn_rows

ONE = {"emotion.macro_f1": 1.0}
TWO = {"emotion.macro_f1": 1.0, "action_units.mean_auc": 3.0}


@pytest.fixture(scope="module")
def rows():
    """Draws a model and a worse baseline."""
    return drawn_rows().rows


def test_one_metric(rows):
    """With one metric it is that metric, with the same interval."""
    model = rows.model
    parts = evaluate(
        rows.targets,
        model.predictions,
        subjects=rows.units,
        thresholds=model.thresholds,
        constants=rows.constants,
        seed=SEED,
    )
    found = describe_objective(rows, ONE, seed=SEED)
    metric = parts["emotion"]["metrics"]["macro_f1"]
    assert [found[key] for key in ("value", "low", "high")] == pytest.approx(
        [metric[key] for key in ("value", "low", "high")]
    )


def test_gain(rows):
    """A gain is the difference of the two values, inside its interval."""
    (baseline,) = rows.baselines.values()
    values = [
        score(rows.targets, each.predictions, TWO) for each in (rows.model, baseline)
    ]
    found = describe_objective(rows, TWO, seed=SEED)
    gain = found["gains"]["linear_pixels"]
    assert found["value"] == pytest.approx(values[0])
    assert gain["difference"] == pytest.approx(values[0] - values[1])
    assert gain["low"] < gain["difference"] < gain["high"]


def test_equal_models(rows):
    """A baseline that predicts the same has a gain of 0, without a doubt."""
    same = {"same": rows.model}
    found = describe_objective(replace(rows, baselines=same), TWO, seed=SEED)
    assert np.allclose(list(found["gains"]["same"].values()), 0.0)
