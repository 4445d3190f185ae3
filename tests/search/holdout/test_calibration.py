"""The report's entry about calibration."""

from dataclasses import replace

import numpy as np
import pytest

from models.calibration.calibration import Calibration, CalibrationFit
from models.metrics.emotion import vote_metrics
from models.metrics.scores import scores
from search.final.sidecar import Winner, thresholds_entry
from search.holdout.calibration import calibration_parts
from search.reports.calibration_report import describe_calibration
from tests.strategies.metrics import drawn, unit_names

FIT = CalibrationFit(
    calibration=Calibration(temperature=1.7, units={"AU2": (0.4, -0.25)}),
    left={"AU1": "3 images with it, of 2 subjects; it needs 20 of 10"},
    nll={"emotion": (0.7, 0.6), "action_units": (0.4, 0.3)},
)
UNITS = unit_names(6)


def parts_of(fit, votes=None):
    """Writes the entry of drawn predictions, and both sides of them."""
    targets, raw, _ = drawn(3, rows=200)
    sides = raw, fit.calibration.apply(raw, UNITS)
    return calibration_parts(fit, targets, votes and targets, sides), targets, sides


def test_errors_are_those_of_both_sides():
    """Each head has its numbers and reasons, and errors as metrics compute them."""
    parts, targets, sides = parts_of(FIT, votes=True)
    assert parts["emotion"]["temperature"] == 1.7
    assert parts["action_units"]["units"] == {"AU2": [0.4, -0.25]}
    assert parts["action_units"]["left"] == FIT.left
    for when, side in zip(("before", "after"), sides, strict=True):
        table = scores(targets, side)
        for head, error in (("emotion", "ece"), ("action_units", "mean_nll")):
            assert parts[head][when][error] == table[f"{head}.{error}"]
        votes = vote_metrics(targets, side, np.ones((1, len(side))))
        found = parts["votes"][when]["cross_entropy"]
        assert found == pytest.approx(votes["cross_entropy"][0])
    lines = list(describe_calibration({"calibration": parts}))
    assert (lines.pop(0), len(lines)) == ("", 3)
    before, after = (parts["emotion"][when]["nll"] for when in ("before", "after"))
    assert f"nll {before:.3f} to {after:.3f}" in lines[0]


def test_a_head_that_stays_has_no_change():
    """It has its reason and no errors, and no line is printed."""
    parts, _, _ = parts_of(CalibrationFit(left={"emotion": "few"}), votes=True)
    assert parts["emotion"] == {"temperature": None, "left": "few"}
    assert set(parts["action_units"]) == {"units", "left"}
    assert "votes" not in parts
    assert list(describe_calibration({"calibration": parts})) == []


def test_a_sidecar_has_the_thresholds_of_its_models_outputs():
    """They decide as those of the raw outputs do; without a fit they are the same."""
    thresholds = dict.fromkeys(UNITS, 0.35)
    winner = Winner(trial=1, epoch=2, thresholds=thresholds, weights="none")
    assert thresholds_entry(winner) == {"thresholds": thresholds}
    entry = thresholds_entry(replace(winner, calibration=FIT))
    assert entry["calibration"] == FIT.entry()
    _, _, (raw, after) = parts_of(FIT)
    moved = np.array([entry["thresholds"][unit] for unit in UNITS])
    decided = after.action_units >= moved
    assert (decided == (raw.action_units.astype(float) >= 0.35)).all()
    assert moved[1] != 0.35
