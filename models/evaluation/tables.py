"""Tables of a test: each class, action unit and dimension by itself."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets
from models.metrics.action_units import (
    DEFAULT_THRESHOLD,
    action_unit_areas,
    action_unit_counts,
    action_unit_errors,
)
from models.metrics.agreement import (
    unit_balanced_accuracy,
    unit_correlation,
    unit_f1_norm,
    unit_kappa,
    unit_kappa_norm,
)
from models.metrics.calibration import expected_if_calibrated
from models.metrics.counts import class_scores, unit_scores
from models.metrics.emotion import emotion_confusion
from models.metrics.intensities import VARIES as LEVELS_VARY
from models.metrics.intensities import unit_intensity_metrics
from models.metrics.predictions import Predictions
from models.metrics.valence_arousal import VARIES, dimension_metrics

Tables = dict[str, Any]
Columns = Mapping[str, np.ndarray]


def emotion_tables(targets: Targets, predictions: Predictions) -> Tables:
    """Returns ``per_class`` scores, ``absent`` classes and ``confusion`` counts."""
    cells = emotion_confusion(targets, predictions, np.ones((1, len(predictions))))
    found = [scores[0] for scores in class_scores(cells)]
    labelled = targets.emotion[targets.emotion_mask]
    images = np.bincount(labelled.argmax(axis=1), minlength=len(targets.emotions))
    columns = dict(zip(("precision", "recall", "f1"), found, strict=True))
    return {
        "per_class": {
            name: {"images": int(images[place])} | _cells(columns, place)
            for place, name in enumerate(targets.emotions)
        },
        "absent": _absent(targets.emotions, images > 0),
        "confusion": {
            "labels": list(targets.emotions),
            "counts": [[_whole(cell) for cell in row] for row in cells[0]],
        },
    }


def emotion_if_calibrated(
    targets: Targets, predictions: Predictions, *, seed: int
) -> Tables:
    """Returns the calibration error of a calibrated model on as many rows."""
    if predictions.emotion is None:
        raise ValueError("a calibration error needs predictions of emotions")
    chances = predictions.emotion[targets.emotion_mask].max(axis=1)
    error = expected_if_calibrated(chances.astype(np.float64), seed=seed)
    return {"if_calibrated": {"ece": plain(error)}}


def units_if_calibrated(
    targets: Targets, predictions: Predictions, *, seed: int
) -> Tables:
    """Returns the same for each action unit that occurs, and their mean."""
    if predictions.action_units is None:
        raise ValueError("a calibration error needs predictions of action units")
    output, mask = predictions.action_units.astype(np.float64), targets.action_unit_mask
    present = (targets.action_unit > 0) & mask
    occurs = np.asarray(present.any(axis=0) & (mask & ~present).any(axis=0))
    errors = {
        unit: expected_if_calibrated(output[mask[:, place], place], seed=seed)
        for place, unit in enumerate(targets.action_units)
        if occurs[place]
    }
    mean = float(np.mean(list(errors.values()))) if errors else np.nan
    found = {"mean_ece": mean, **errors}
    return {"if_calibrated": {name: plain(error) for name, error in found.items()}}


def unit_tables(
    targets: Targets, predictions: Predictions, thresholds: Mapping[str, float]
) -> Tables:
    """Returns ``per_au`` counts and scores, and ``absent`` units.

    A unit without threshold has 0.5.
    """
    labelled = targets.action_unit_mask.sum(axis=0)
    positives = ((targets.action_unit > 0) & targets.action_unit_mask).sum(axis=0)
    columns = _unit_columns(targets, predictions, thresholds)
    return {
        "per_au": {
            unit: {
                "images": int(labelled[place]),
                "positives": int(positives[place]),
                "prevalence": plain(positives[place] / max(labelled[place], 1)),
                "threshold": float(thresholds.get(unit, DEFAULT_THRESHOLD)),
            }
            | _cells(columns, place)
            for place, unit in enumerate(targets.action_units)
        },
        "absent": _absent(
            targets.action_units, (positives > 0) & (positives < labelled)
        ),
    }


def _unit_columns(
    targets: Targets, predictions: Predictions, thresholds: Mapping[str, float]
) -> Columns:
    """Computes each unit's scores: without threshold, at 0.5, at its threshold."""
    ones = np.ones((1, len(predictions)))
    roc_auc, average_precision = action_unit_areas(targets, predictions, ones)
    errors = action_unit_errors(targets, predictions, ones)
    columns = {"auc": roc_auc[0], "pr_auc": average_precision[0]}
    columns |= {name: error[0] for name, error in errors.items()}
    for ending, least in (("", {}), ("_at_threshold", thresholds)):
        counts = action_unit_counts(targets, predictions, ones, thresholds=least)
        precision, recall, f1 = unit_scores(counts)
        found = {
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "f1_norm": unit_f1_norm(counts),
            "balanced_accuracy": unit_balanced_accuracy(counts),
            "kappa": unit_kappa(counts),
            "kappa_norm": unit_kappa_norm(counts),
            "mcc": unit_correlation(counts),
        }
        columns |= {name + ending: scores[0] for name, scores in found.items()}
    return columns


def intensity_tables(targets: Targets, predictions: Predictions) -> Tables:
    """Returns ``per_au`` intensities and scores, and ``absent``: constant ones.

    ``levels`` counts the rows of each intensity, from 0 to 5.
    """
    ones = np.ones((1, len(predictions)))
    columns = {
        name: found[0]
        for name, found in unit_intensity_metrics(targets, predictions, ones).items()
    }
    coded = [
        targets.intensity[labelled, place].astype(np.float64)
        for place, labelled in enumerate(targets.intensity_mask.T)
    ]
    return {
        "per_au": {
            unit: _described(coded[place])
            | {"levels": np.bincount(coded[place].astype(int), minlength=6).tolist()}
            | _cells(columns, place)
            for place, unit in enumerate(targets.intensities)
        },
        "absent": _absent(targets.intensities, _vary(coded, LEVELS_VARY)),
    }


def _described(values: np.ndarray) -> Tables:
    """Returns the number, mean and deviation of labels."""
    return {
        "images": len(values),
        "mean": plain(values.mean()) if len(values) else None,
        "deviation": plain(values.std()) if len(values) else None,
    }


def _vary(columns: Sequence[np.ndarray], least: float) -> np.ndarray:
    """Marks columns whose variance is above the least."""
    return np.array([len(x) > 0 and x.var() > least for x in columns], bool)


def rating_tables(targets: Targets, predictions: Predictions) -> Tables:
    """Returns ``per_dimension`` ratings and scores, and ``absent``: constant ones."""
    ones = np.ones((1, len(predictions)))
    columns = {
        name: found[0]
        for name, found in dimension_metrics(targets, predictions, ones).items()
    }
    rated = [
        targets.valence_arousal[labelled, place].astype(np.float64)
        for place, labelled in enumerate(targets.valence_arousal_mask.T)
    ]
    return {
        "per_dimension": {
            name: _described(rated[place]) | _cells(columns, place)
            for place, name in enumerate(targets.dimensions)
        },
        "absent": _absent(targets.dimensions, _vary(rated, VARIES)),
    }


def _cells(columns: Columns, place: int) -> dict[str, float | None]:
    """Returns one label's value of each column."""
    return {column: plain(values[place]) for column, values in columns.items()}


def _absent(names: Sequence[str], occurs: np.ndarray) -> list[str]:
    """Lists the labels that do not occur."""
    return [name for name, here in zip(names, occurs, strict=True) if not here]


def plain(value: float) -> float | None:
    """Converts a NumPy number to a JSON one; NaN, which JSON lacks, to ``None``."""
    return None if np.isnan(value) else float(value)


def _whole(count: float) -> int | None:
    """Converts a count to a JSON integer; ``None`` where it is undefined."""
    return None if np.isnan(count) else int(count)
