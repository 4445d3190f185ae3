"""The baseline: a constant predictor fitted to the development labels.

Results are compared with what this constant reaches. For emotions the constant is the
most frequent class. For action units it is "present" always: of the two constants it
has the higher F1 (the other has 0), so that a model below it is useless. Each constant
ranks all rows alike: its AUC is 0.5. For valence and arousal it is the mean rating, the
constant of least squared error, and so is that of an intensity.

A decision is not a probability: a certain "present" has an immense cross-entropy, and
every model looks good in comparison. Where probabilities are scored (calibration error,
Brier, cross-entropy) the constant is each unit's prevalence. The absolute error of
intensities is compared with that of their median, which no constant is below.
"""

from dataclasses import dataclass, replace

import numpy as np

from data_pipeline.targets.targets import Targets
from models.metrics.predictions import Predictions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constants:
    """What the constants predict for some rows: the usual one, and of least error."""

    usual: Predictions
    least_error: Predictions

    def take(self, rows: np.ndarray) -> "Constants":
        """Selects rows by position."""
        return Constants(
            usual=self.usual.take(rows), least_error=self.least_error.take(rows)
        )


def constants_of(development: Targets, *, count: int) -> Constants:
    """Fits both constants to development labels, to predict ``count`` rows."""
    return Constants(
        usual=baseline_predictions(development, count=count),
        least_error=least_error_predictions(development, count=count),
    )


def baseline_predictions(development: Targets, *, count: int) -> Predictions:
    """Predicts the same for every row.

    Args:
        development: the labels of all rows but the hold-out's.
        count: how many rows to predict.

    Returns:
        For emotions the frequency of each class in development, masked rows left
        out (all classes equal where none is labelled). For action units 1.0 where
        development has a positive row, else 0.0. For intensities, valence and arousal
        the mean of the labelled rows (0 where there is none).

    Shape: (count, E), (count, U), (count, I) and (count, D).
    """
    constants = {}
    if development.emotions:
        constants["emotion"] = _class_frequencies(development)
    if development.action_units:
        constants["action_units"] = _constant_units(development)
    if development.intensities:
        constants["action_unit_intensities"] = _column_means(
            development.intensity, development.intensity_mask
        )
    if development.dimensions:
        constants["valence_arousal"] = _column_means(
            development.valence_arousal, development.valence_arousal_mask
        )
    return Predictions.of(
        {head: np.tile(row, (count, 1)) for head, row in constants.items()}
    )


def least_error_predictions(development: Targets, *, count: int) -> Predictions:
    """Predicts for every row the constant of least error in development.

    As ``baseline_predictions``, but for action units the share of positives among a
    unit's labelled rows, and for intensities their median (0 where none is labelled).
    """
    constant = baseline_predictions(development, count=count)
    if constant.action_units is not None:
        prevalence = np.tile(_unit_prevalence(development), (count, 1))
        constant = replace(constant, action_units=prevalence)
    if constant.action_unit_intensities is not None:
        medians = np.tile(_medians(development), (count, 1))
        constant = replace(constant, action_unit_intensities=medians)
    return constant


def _medians(targets: Targets) -> np.ndarray:
    """Computes each unit's median intensity over its labelled rows; (I,)."""
    columns = zip(targets.intensity.T, targets.intensity_mask.T, strict=True)
    return np.array(
        [np.median(x[labelled]) if labelled.any() else 0.0 for x, labelled in columns]
    )


def _unit_prevalence(targets: Targets) -> np.ndarray:
    """Computes each unit's share of positives among its labelled rows; (U,)."""
    labelled = targets.action_unit_mask
    positive = (targets.action_unit > 0) & labelled
    return np.asarray(positive.sum(axis=0) / np.maximum(labelled.sum(axis=0), 1))


def _class_frequencies(targets: Targets) -> np.ndarray:
    """Computes each class's share of the labelled rows; (E,), sums to 1."""
    labelled = targets.emotion_mask.astype(np.float64)
    counts = labelled @ targets.emotion
    if not counts.any():
        return np.full(len(targets.emotions), 1 / len(targets.emotions))
    return np.asarray(counts / counts.sum())


def _constant_units(targets: Targets) -> np.ndarray:
    """Returns each unit's constant of higher F1; (U,), 0 or 1."""
    positive = (targets.action_unit > 0) & targets.action_unit_mask
    return np.asarray(positive.any(axis=0), dtype=np.float64)


def _column_means(values: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Computes each column's mean over its labelled rows, 0 where none is."""
    total = values.sum(axis=0, where=labelled, dtype=np.float64)
    return np.asarray(total / np.maximum(labelled.sum(axis=0), 1))
