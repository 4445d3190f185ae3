"""Fits a calibration to out-of-fold predictions, where they are enough for it.

A label whose rows are too few, or whose fit does not lower the cross-entropy on them,
stays as it is, with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, logit

from data_pipeline.targets.targets import Targets
from models.calibration.calibration import (
    EMOTION,
    Calibration,
    CalibrationFit,
    moved,
    tempered,
)
from models.metrics.calibration import LEAST
from models.metrics.predictions import Predictions

ENOUGH = 10
"""Rows of the rarer outcome that each fitted number needs: of an emotion, right or
wrong rows; of a unit, which has two numbers, those that show it or do not.

Source: Peduzzi et al. 1996, ten events for each variable of a logistic regression.
"""

SUBJECTS = 10
"""Subjects that those rows need: rows of one person repeat each other. It is the number
below which a label's scores have no interval either."""

LOWEST, HIGHEST = 0.1, 10.0
"""Temperatures between which the best one must lie."""

TOLERANCE = 1e-6
"""Of the logarithm of a temperature."""

TINY = 1e-30
"""Lower bound on probabilities in a fit, beyond which models predict 0."""

MULTI_TARGET = (
    "any class with a vote counts as right in training, so that its probabilities are "
    "not of one outcome"
)
TOO_RIGHT = "any lower temperature is better: nearly every image is right"
TOO_WRONG = "any higher temperature is better: the probabilities tell hardly anything"
AT_HALF = (
    "the objective has a metric of decisions at 0.5, which would be other decisions"
)


def fit_calibration(
    targets: Targets,
    predictions: Predictions,
    *,
    subjects: np.ndarray,
    units_at_half: bool = False,
) -> CalibrationFit:
    """Fits the calibration of both heads.

    Args:
        targets: the labels that the model was trained for, row by row; shares of votes
            are fitted as shares.
        predictions: the outputs for the same rows, each by a model that was not trained
            on the row's subject.
        subjects: a number or name for the subject of each row, (N,).
        units_at_half: leave action units as they are, because decisions at 0.5 count.

    Returns:
        The calibration, which may change nothing, and the reasons.
    """
    found: list[_Fitted] = []
    if targets.emotions and predictions.emotion is not None:
        found.append(_fit_emotion(targets, predictions.emotion, subjects))
    if targets.action_units and predictions.action_units is not None:
        if units_at_half:
            found += [_Fitted(unit, AT_HALF) for unit in targets.action_units]
        else:
            found += _fit_units(targets, predictions.action_units, subjects)
    return _joined(found)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The fit of one label: its numbers, or the reason why there are none."""

    name: str
    reason: str = ""
    numbers: tuple[float, ...] = ()
    nll: tuple[float, float] = (0.0, 0.0)


def _joined(found: Sequence[_Fitted]) -> CalibrationFit:
    fits = {one.name: one for one in found if not one.reason}
    emotion = fits.pop(EMOTION, None)
    nll = {} if emotion is None else {EMOTION: emotion.nll}
    if fits:
        before, after = np.mean([one.nll for one in fits.values()], axis=0).tolist()
        nll["action_units"] = (before, after)
    lines = {name: (one.numbers[0], one.numbers[1]) for name, one in fits.items()}
    temperature = None if emotion is None else emotion.numbers[0]
    return CalibrationFit(
        calibration=Calibration(temperature=temperature, units=lines),
        left={one.name: one.reason for one in found if one.reason},
        nll=nll,
    )


def _fit_emotion(targets: Targets, output: np.ndarray, subjects: np.ndarray) -> _Fitted:
    if targets.learning_mode == "multi_target":
        return _Fitted(EMOTION, MULTI_TARGET)
    rows = targets.emotion_mask & np.isfinite(output).all(axis=1)
    shares = targets.emotion[rows].astype(np.float64)
    chances = output[rows].astype(np.float64)
    right = chances.argmax(axis=1) == shares.argmax(axis=1)
    few = _too_few(right, subjects[rows], least=ENOUGH, names=("right", "wrong"))
    if few:
        return _Fitted(EMOTION, few)
    temperature = fit_temperature(shares, chances)
    if not LOWEST < temperature < HIGHEST:
        return _Fitted(EMOTION, TOO_WRONG if temperature >= HIGHEST else TOO_RIGHT)
    after = _cross_entropy(shares, tempered(chances, temperature))
    return _kept(EMOTION, (temperature,), _cross_entropy(shares, chances), after)


def _fit_units(
    targets: Targets, output: np.ndarray, subjects: np.ndarray
) -> list[_Fitted]:
    known = targets.action_unit_mask & np.isfinite(output)
    return [
        _fit_unit(
            unit,
            targets.action_unit[rows, place] > 0,
            output[rows, place].astype(np.float64),
            subjects[rows],
        )
        for place, (unit, rows) in enumerate(
            zip(targets.action_units, known.T, strict=True)
        )
    ]


def _fit_unit(
    unit: str, present: np.ndarray, chances: np.ndarray, subjects: np.ndarray
) -> _Fitted:
    names = ("with it", "without it")
    few = _too_few(present, subjects, least=2 * ENOUGH, names=names)
    if few:
        return _Fitted(unit, few)
    slope, offset = fit_line(present, chances)
    if slope <= 0:
        return _Fitted(unit, "it is not more frequent where it is more probable")
    pair = np.stack([1 - chances, chances], axis=1)
    after = moved(chances, slope, offset)
    moved_pair = np.stack([1 - after, after], axis=1)
    shares = np.eye(2)[present.astype(int)]
    return _kept(
        unit,
        (slope, offset),
        _cross_entropy(shares, pair),
        _cross_entropy(shares, moved_pair),
    )


def _kept(
    name: str, numbers: tuple[float, ...], before: float, after: float
) -> _Fitted:
    if not after < before:
        return _Fitted(name, "the fit does not lower the cross-entropy of its rows")
    return _Fitted(name, numbers=numbers, nll=(before, after))


def fit_temperature(shares: np.ndarray, chances: np.ndarray) -> float:
    """Finds the temperature of least cross-entropy with shares of classes, (N, E) both.

    ``LOWEST`` or ``HIGHEST`` where it is not between them.
    """
    logs = np.log(np.maximum(chances, TINY))

    def loss(power: float) -> float:
        scaled = log_softmax(logs * np.exp(-power), axis=1)
        return float(-(shares * scaled).sum() / len(shares))

    ends = float(np.log(LOWEST)), float(np.log(HIGHEST))
    found = minimize_scalar(
        loss, bounds=ends, method="bounded", options={"xatol": TOLERANCE}
    )
    for end, temperature in zip(ends, (LOWEST, HIGHEST), strict=True):
        if abs(found.x - end) < 10 * TOLERANCE:
            return temperature
    return float(np.exp(found.x))


def fit_line(present: np.ndarray, chances: np.ndarray) -> tuple[float, float]:
    """Finds slope and offset of least cross-entropy with a label, (N,) both.

    As Platt does, positives count as (P + 1) / (P + 2) and negatives as 1 / (N + 2), so
    that the slope is finite where no probability is between the two.
    """
    inputs = logit(np.clip(chances, LEAST, 1 - LEAST))
    if not np.ptp(inputs):  # the deviation of equal numbers can round to more than 0
        return 0.0, 0.0
    middle, spread = float(inputs.mean()), float(inputs.std())
    positives = int(present.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(present) - positives + 2)
    wanted = np.where(present, high, low)
    # Of mean 0 and deviation 1, so that both numbers have one scale.
    table = np.stack([(inputs - middle) / spread, np.ones(len(inputs))], axis=1)

    def loss(numbers: np.ndarray) -> float:
        lines = table @ numbers
        return float(np.mean(np.logaddexp(0.0, lines) - wanted * lines))

    def slopes(numbers: np.ndarray) -> np.ndarray:
        return np.asarray(table.T @ (expit(table @ numbers) - wanted) / len(wanted))

    def curvature(numbers: np.ndarray) -> np.ndarray:
        reached = expit(table @ numbers)
        return np.asarray((table.T * (reached * (1 - reached))) @ table / len(wanted))

    start = np.array([spread, middle])
    found = minimize(loss, start, jac=slopes, hess=curvature, method="trust-exact")
    slope = float(found.x[0]) / spread
    return slope, float(found.x[1]) - slope * middle


def _cross_entropy(shares: np.ndarray, chances: np.ndarray) -> float:
    """Computes the mean of -sum q log p; of one class a row, that of the metrics."""
    logs = np.log(np.maximum(chances, LEAST))
    return float(-(shares * logs).sum() / len(shares))


def _too_few(
    outcome: np.ndarray, subjects: np.ndarray, *, least: int, names: tuple[str, str]
) -> str:
    """Describes the outcome with too few rows or subjects; empty where none has."""
    for name, rows in zip(names, (outcome, ~outcome), strict=True):
        count, people = int(rows.sum()), len(np.unique(subjects[rows]))
        if count < least or people < SUBJECTS:
            return (
                f"{count} images {name}, of {people} subjects; it needs {least} of "
                f"{SUBJECTS}"
            )
    return ""
