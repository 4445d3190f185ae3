"""The report's entry about calibration: the numbers, and errors before and after."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.development import read_scoring_targets
from data_pipeline.targets.targets import Targets
from models.calibration.calibration import EMOTION, CalibrationFit
from models.evaluation.comparison import Candidate
from models.evaluation.tables import plain
from models.metrics.action_units import ERRORS
from models.metrics.emotion import EMOTION_REPORTED, vote_metrics
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from search.holdout.scores import HoldOutRows
from search.inputs.run import Run
from search.inputs.scoring_targets import read_votes
from search.trial.messages import CALIBRATION

UNITS, VOTES = "action_units", "votes"

Errors = dict[str, float | None]


def calibration_entry(
    run: Run,
    sidecar: Mapping[str, Any],
    rows: HoldOutRows,
    averaged: Sequence[Candidate] = (),
) -> dict[str, Any]:
    """Describes the calibration of the tested model; ``None`` where it has none.

    A part for each head that could be calibrated: its numbers, why labels stay as they
    are, and, where the model is calibrated, its errors on the hold-out without the
    calibration and with it. The model's outputs have it already: before is undone, in
    each model of those that an ensemble ``averaged``.
    """
    if sidecar.get(CALIBRATION) is None:
        return {CALIBRATION: None}
    fit, data = CalibrationFit.of(sidecar[CALIBRATION]), run.study.data
    targets = read_scoring_targets(data, rows.table)
    after = rows.model.predictions
    undo, units = fit.calibration.inverse(), targets.action_units
    models = averaged or (rows.model,)
    before = Predictions.mean([undo.apply(m.predictions, units) for m in models])
    votes = read_votes(data, rows.table)
    return {CALIBRATION: calibration_parts(fit, targets, votes, (before, after))}


def calibration_parts(
    fit: CalibrationFit,
    targets: Targets,
    votes: Targets | None,
    sides: tuple[Predictions, Predictions],
) -> dict[str, Any]:
    """Writes the part of each head; ``sides`` are without and with the calibration."""
    parts: dict[str, Any] = {}
    temperature, units = fit.calibration.temperature, fit.calibration.units
    if targets.emotions:
        parts[EMOTION] = {"temperature": temperature, "left": fit.left.get(EMOTION)}
    if targets.action_units:
        left = {name: why for name, why in fit.left.items() if name != EMOTION}
        lines = {name: list(line) for name, line in units.items()}
        parts[UNITS] = {"units": lines, "left": left}
    found = [_errors(targets, side) for side in sides]
    changed = {EMOTION: temperature is not None, UNITS: bool(units)}
    for head, part in parts.items():
        if changed[head]:
            part["before"], part["after"] = (one[head] for one in found)
    if votes is not None and changed[EMOTION]:
        before, after = (_vote_errors(votes, side) for side in sides)
        parts[VOTES] = {"before": before, "after": after}
    return parts


def _errors(targets: Targets, predictions: Predictions) -> dict[str, Errors]:
    """Computes the errors of emotions, and the means over units."""
    table = scores(targets, predictions)
    names = {EMOTION: EMOTION_REPORTED, UNITS: [f"mean_{error}" for error in ERRORS]}
    return {
        head: {name: plain(table.get(f"{head}.{name}", np.nan)) for name in errors}
        for head, errors in names.items()
    }


def _vote_errors(votes: Targets, predictions: Predictions) -> Errors:
    ones = np.ones((1, len(predictions)))
    table = vote_metrics(votes, predictions, ones)
    return {name: plain(values[0]) for name, values in table.items()}
