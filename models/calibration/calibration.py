"""A calibration: a temperature for emotions, a line in the logit for action units.

Both keep the order of the probabilities of a row and of a unit, and so every decision.

Source: Guo, Pleiss, Sun and Weinberger 2017, On calibration of modern neural networks
(temperature scaling); Platt 1999 (a logistic line for each action unit).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from models.metrics.predictions import Predictions

EMOTION = "emotion"
"""Name of the emotions among the labels of a fit; the others are action units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The numbers of a calibration; what it does not name stays as it is.

    Emotions p become the softmax of log(p) / ``temperature``. ``units`` gives a slope,
    above 0, and an offset by a unit's name: p becomes the sigmoid of
    slope x logit(p) + offset.
    """

    temperature: float | None = None
    units: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return self.temperature is not None or bool(self.units)

    @staticmethod
    def of(entry: Mapping[str, Any]) -> "Calibration":
        """Reads ``entry``; other keys are ignored."""
        lines = {unit: (line[0], line[1]) for unit, line in entry["units"].items()}
        return Calibration(temperature=entry["temperature"], units=lines)

    def entry(self) -> dict[str, Any]:
        """Writes the numbers as JSON has them."""
        lines = {unit: list(line) for unit, line in self.units.items()}
        return {"temperature": self.temperature, "units": lines}

    def inverse(self) -> "Calibration":
        """Returns the calibration that undoes this one."""
        temperature = None if self.temperature is None else 1 / self.temperature
        lines = {u: (1 / slope, -by / slope) for u, (slope, by) in self.units.items()}
        return Calibration(temperature=temperature, units=lines)

    def apply(
        self, predictions: Predictions, action_units: Sequence[str]
    ) -> Predictions:
        """Corrects predictions whose columns of action units have these names."""
        emotion, units = predictions.emotion, predictions.action_units
        if emotion is not None and self.temperature is not None:
            emotion = tempered(emotion, self.temperature)
        if units is not None:
            columns = [
                self._unit(name, column)
                for name, column in zip(action_units, units.T, strict=True)
            ]
            units = np.stack(columns, axis=1) if columns else units
        return replace(predictions, emotion=emotion, action_units=units)

    def threshold(self, unit: str, value: float) -> float:
        """Moves a unit's threshold so that the decisions stay as they were."""
        return float(self._unit(unit, np.array(value)))

    def thresholds(self, given: Mapping[str, float]) -> dict[str, float]:
        """Moves the threshold of each unit."""
        return {unit: self.threshold(unit, value) for unit, value in given.items()}

    def _unit(self, name: str, chances: np.ndarray) -> np.ndarray:
        line = self.units.get(name)
        return chances if line is None else moved(chances, *line)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationFit:
    """A calibration and how it was found.

    ``left`` is the reason for ``emotion`` or a unit that stays as it is. ``nll`` is the
    mean cross-entropy before and after, on the rows of the fit: of ``emotion``, and of
    ``action_units`` as the mean over those that are calibrated.
    """

    calibration: Calibration = field(default_factory=Calibration)
    left: Mapping[str, str] = field(default_factory=dict)
    nll: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @staticmethod
    def of(entry: Mapping[str, Any]) -> "CalibrationFit":
        """Reads ``entry``."""
        pairs = {name: (pair[0], pair[1]) for name, pair in entry["nll"].items()}
        found = Calibration.of(entry)
        return CalibrationFit(calibration=found, left=dict(entry["left"]), nll=pairs)

    def entry(self) -> dict[str, Any]:
        """Writes it as JSON has it."""
        pairs = {name: list(pair) for name, pair in self.nll.items()}
        return self.calibration.entry() | {"left": dict(self.left), "nll": pairs}


def tempered(chances: np.ndarray, temperature: float) -> np.ndarray:
    """Applies a temperature to distributions, (N, E); above 1 makes them flatter.

    Example:
        >>> tempered(np.array([[0.8, 0.2]]), 2.0).round(3).tolist()
        [[0.667, 0.333]]
    """
    with np.errstate(divide="ignore"):
        logs = np.log(chances.astype(np.float64)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def moved(chances: np.ndarray, slope: float, offset: float) -> np.ndarray:
    """Applies a line to the logits of probabilities of any shape; 0 and 1 stay."""
    from scipy.special import expit, logit  # noqa: PLC0415 - slow, and rarely needed

    return np.asarray(expit(slope * logit(chances.astype(np.float64)) + offset))
