"""Metrics of the user's own, named ``TARGET.package.module:name`` in an objective.

An own metric is a function ``metric(truth, predicted, weights)`` of the labelled rows
of one head, and returns a number: higher is better, and 1 is perfect.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from data_pipeline.own_code.named_code import Kind, is_own, load, unusable
from models.metrics.predictions import HEADS, Predictions, as_doubles

if TYPE_CHECKING:  # a study file is checked with this module, without pandas
    from data_pipeline.targets.targets import Targets

OWN_METRIC = Kind(
    group="metrics",
    key="[objective]",
    must="a function of truth, predictions and weights that returns a number",
)

AT_THRESHOLDS = "_at_thresholds"
"""Ends the names of metrics whose decisions are at chosen thresholds."""

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


def is_own_metric(name: str) -> bool:
    """Checks whether a name, not registered, can be that of an own metric."""
    target, _, code = name.partition(".")
    return target in HEADS and is_own(OWN_METRIC, code)


def is_own_code(metric: str) -> bool:
    """Checks whether a metric of a head, named as in a report, is the user's own.

    Example:
        >>> is_own_code("mine:top2_at_thresholds"), is_own_code("macro_f1")
        (True, False)
    """
    return is_own(OWN_METRIC, metric.removesuffix(AT_THRESHOLDS))


def codes_of(target: str, names: Iterable[str]) -> list[str]:
    """Lists the own metrics of a target among names, without the target.

    Example:
        >>> codes_of("emotion", ["emotion.mine:top2", "valence_arousal.mine:within"])
        ['mine:top2']
    """
    split = (name.partition(".") for name in names)
    return [code for found, _, code in split if found == target]


def load_metric(code: str) -> Metric:
    """Imports an own metric, given without its target.

    Raises:
        StudyError: it cannot be imported, or is no function.
    """
    found = load(OWN_METRIC, code)
    if not callable(found):
        raise unusable(OWN_METRIC, code, f"it is {found!r:.60}")
    metric: Metric = found
    return metric


def own_scores(
    target: str,
    codes: Iterable[str],
    targets: "Targets",
    predictions: Predictions,
    weights: np.ndarray,
) -> dict[str, np.ndarray]:
    """Computes own metrics of a head once per weighting of the rows, (B, N).

    ``codes`` are without the target. Returns (B,) each; NaN where a prediction is not
    finite, or the metric raises ``ValueError``.
    """
    truth, predicted, rows = labelled(target, targets, predictions)
    finite = bool(np.isfinite(predicted).all())
    return {
        code: np.array(
            [
                _score(code, truth, predicted, row) if finite else np.nan
                for row in weights[:, rows]
            ]
        )
        for code in codes
    }


def labelled(
    target: str, targets: "Targets", predictions: Predictions
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Selects the labelled rows of a head: truth, predictions, and which they are.

    The truth of emotions is the number of the class, (n,); that of the other heads has
    a column for each output, (n, K), with NaN where a label is unknown.
    """
    if target == "emotion":
        rows = np.asarray(targets.emotion_mask)
        truth = targets.emotion[rows].argmax(axis=1)
        return truth, as_doubles(predictions.emotion)[rows], rows
    if target == "action_units":
        values, known = targets.action_unit, targets.action_unit_mask
        output = as_doubles(predictions.action_units)
    elif target == "action_unit_intensities":
        values, known = targets.intensity, targets.intensity_mask
        output = as_doubles(predictions.action_unit_intensities)
    else:
        values, known = targets.valence_arousal, targets.valence_arousal_mask
        output = as_doubles(predictions.valence_arousal)
    rows = np.asarray(known.any(axis=1))
    return np.where(known, values, np.nan)[rows], output[rows], rows


def _score(
    code: str, truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray
) -> float:
    """Calls a metric with the rows that count; NaN if they do not determine it."""
    counted = weights > 0
    if not counted.any():
        return np.nan
    metric = load_metric(code)
    try:
        found: object = metric(truth[counted], predicted[counted], weights[counted])
    except ValueError:
        return np.nan
    except Exception as error:  # code of others may raise anything
        raise unusable(OWN_METRIC, code, error) from error
    return _number(code, found)


def _number(code: str, found: Any) -> float:
    """Converts what a metric returned; text is no number, even where it names one."""
    try:
        if not isinstance(found, str | bytes):
            return float(found)
    except Exception as error:  # an object of others may raise anything
        raise unusable(OWN_METRIC, code, f"it returned {found!r:.60}") from error
    raise unusable(OWN_METRIC, code, f"it returned {found!r:.60}")
