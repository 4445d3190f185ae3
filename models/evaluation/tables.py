"""Tables of a test: each class, action unit and dimension by itself.

Each row has the scores of its label, the number of subjects that have it, and an
interval of each score, where enough subjects have the label.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets
from models.evaluation.jackknife import intervals
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
Columns = dict[str, np.ndarray]
"""Scores by name, (B, labels) each."""

NO_INTERVAL = frozenset({"ece", "mean_ece"})
"""A calibration error has a bias that depends on the number of rows: in simulation its
interval covers from 0 to 90 %."""


def emotion_tables(
    targets: Targets, predictions: Predictions, *, subjects: Sequence[str], seed: int
) -> Tables:
    """Returns ``per_class`` scores, ``absent`` classes and ``confusion`` counts."""

    def columns(weights: np.ndarray) -> Columns:
        found = class_scores(emotion_confusion(targets, predictions, weights))
        return dict(zip(("precision", "recall", "f1"), found, strict=True))

    cells = emotion_confusion(targets, predictions, np.ones((1, len(predictions))))
    known = np.broadcast_to(targets.emotion_mask[:, None], targets.emotion.shape)
    classes = targets.emotion.argmax(axis=1)
    shown = np.eye(len(targets.emotions), dtype=bool)[classes]
    images = (shown & known).sum(axis=0)
    carriers = count_carriers(shown, known, subjects)
    rows = _rows(columns, targets.emotions, subjects, carriers, seed=seed)
    return {
        "per_class": {
            name: {"images": int(images[place])} | rows[place]
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
    targets: Targets,
    predictions: Predictions,
    thresholds: Mapping[str, float],
    *,
    subjects: Sequence[str],
    seed: int,
) -> Tables:
    """Returns ``per_au`` counts and scores, and ``absent`` units.

    A unit without threshold has 0.5.
    """
    labelled = targets.action_unit_mask.sum(axis=0)
    present = targets.action_unit > 0
    positives = (present & targets.action_unit_mask).sum(axis=0)
    carriers = count_carriers(present, targets.action_unit_mask, subjects)
    rows = _rows(
        lambda weights: _unit_columns(targets, predictions, thresholds, weights),
        targets.action_units,
        subjects,
        carriers,
        seed=seed,
    )
    return {
        "per_au": {
            unit: {
                "images": int(labelled[place]),
                "positives": int(positives[place]),
                "prevalence": plain(positives[place] / max(labelled[place], 1)),
                "threshold": float(thresholds.get(unit, DEFAULT_THRESHOLD)),
            }
            | rows[place]
            for place, unit in enumerate(targets.action_units)
        },
        "absent": _absent(
            targets.action_units, (positives > 0) & (positives < labelled)
        ),
    }


def _unit_columns(
    targets: Targets,
    predictions: Predictions,
    thresholds: Mapping[str, float],
    weights: np.ndarray,
) -> Columns:
    """Computes each unit's scores: without threshold, at 0.5, at its threshold."""
    roc_auc, average_precision = action_unit_areas(targets, predictions, weights)
    columns = {"auc": roc_auc, "pr_auc": average_precision}
    columns |= action_unit_errors(targets, predictions, weights)
    for ending, least in (("", {}), ("_at_threshold", thresholds)):
        counts = action_unit_counts(targets, predictions, weights, thresholds=least)
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
        columns |= {name + ending: scores for name, scores in found.items()}
    return columns


def intensity_tables(
    targets: Targets, predictions: Predictions, *, subjects: Sequence[str], seed: int
) -> Tables:
    """Returns ``per_au`` intensities and scores, and ``absent``: constant ones.

    ``levels`` counts the rows of each intensity, from 0 to 5.
    """
    mask = targets.intensity_mask
    rows = _rows(
        lambda weights: unit_intensity_metrics(targets, predictions, weights),
        targets.intensities,
        subjects,
        count_carriers(targets.intensity > 0, mask, subjects),
        seed=seed,
    )
    coded = [
        targets.intensity[labelled, place].astype(np.float64)
        for place, labelled in enumerate(mask.T)
    ]
    return {
        "per_au": {
            unit: _described(coded[place])
            | {"levels": np.bincount(coded[place].astype(int), minlength=6).tolist()}
            | rows[place]
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


def rating_tables(
    targets: Targets, predictions: Predictions, *, subjects: Sequence[str], seed: int
) -> Tables:
    """Returns ``per_dimension`` ratings and scores, and ``absent``: constant ones."""
    mask = targets.valence_arousal_mask
    have = count_carriers(mask, mask, subjects).have
    rows = _rows(
        lambda weights: dimension_metrics(targets, predictions, weights),
        targets.dimensions,
        subjects,
        Carriers(have=have, lack=have),
        seed=seed,
    )
    rated = [
        targets.valence_arousal[labelled, place].astype(np.float64)
        for place, labelled in enumerate(mask.T)
    ]
    return {
        "per_dimension": {
            name: _described(rated[place]) | rows[place]
            for place, name in enumerate(targets.dimensions)
        },
        "absent": _absent(targets.dimensions, _vary(rated, VARIES)),
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Carriers:
    """How many subjects have each label in some row, and lack it in some; (K,) each."""

    have: np.ndarray
    lack: np.ndarray


def count_carriers(
    present: np.ndarray, mask: np.ndarray, subjects: Sequence[str]
) -> Carriers:
    """Counts subjects by labels, of rows where they are known; (N, K), bool."""
    names, place = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    counts = []
    for rows in (present & mask, ~present & mask):
        found = np.zeros((len(names), present.shape[1]), dtype=bool)
        np.logical_or.at(found, place, rows)
        counts.append(found.sum(axis=0))
    return Carriers(have=counts[0], lack=counts[1])


def _rows(
    columns: Callable[[np.ndarray], Columns],
    labels: Sequence[str],
    subjects: Sequence[str],
    carriers: Carriers,
    *,
    seed: int,
) -> list[dict[str, Any]]:
    """Returns each label's subjects, scores and intervals."""
    values = columns(np.ones((1, len(subjects))))
    ends = intervals(
        columns,
        subjects,
        seed=seed,
        carriers=np.minimum(carriers.have, carriers.lack),
    )
    return [
        {
            "subjects": int(carriers.have[place]),
            **{name: plain(column[0, place]) for name, column in values.items()},
            "intervals": {
                name: None if name in NO_INTERVAL or pair is None else list(pair)
                for name, pairs in ends.items()
                for pair in pairs[place : place + 1]
            },
        }
        for place, _ in enumerate(labels)
    ]


def _absent(names: Sequence[str], occurs: np.ndarray) -> list[str]:
    """Lists the labels that do not occur."""
    return [name for name, here in zip(names, occurs, strict=True) if not here]


def plain(value: float) -> float | None:
    """Converts a NumPy number to a JSON one; NaN, which JSON lacks, to ``None``."""
    return None if np.isnan(value) else float(value)


def _whole(count: float) -> int | None:
    """Converts a count to a JSON integer; ``None`` where it is undefined."""
    return None if np.isnan(count) else int(count)
