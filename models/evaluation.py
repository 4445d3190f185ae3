"""The report of one test: each metric with its interval, beside the dummy's.

What this returns is the ``emotion`` and ``action_units`` parts of
``holdout.json``: plain numbers, text, lists and ``None`` (undefined, never NaN).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.targets import Targets
from models.dummy import dummy_predictions
from models.intervals import intervals
from models.metrics import (
    DEFAULT_THRESHOLD,
    Predictions,
    action_unit_areas,
    action_unit_counts,
    action_unit_metrics,
    emotion_confusion,
    emotion_metrics,
)
from models.ratios import class_scores, unit_scores

Report = dict[str, Any]
_Score = Callable[[Targets, Predictions, np.ndarray], dict[str, np.ndarray]]


def evaluate(
    targets: Targets,
    predictions: Predictions,
    *,
    subjects: Sequence[str],
    thresholds: Mapping[str, float],
    development: Targets,
    seed: int,
) -> Report:
    """Scores predictions of rows that no part of the search has seen.

    Args:
        targets: the labels, row by row.
        predictions: the outputs for the same rows.
        subjects: whom each row is of; the image itself where nobody is named.
        thresholds: each action unit's threshold, chosen on development rows.
        development: the labels of all other rows, which the dummy is fitted to.
        seed: the seed of the intervals' draws.

    Returns:
        ``emotion`` and ``action_units``, as far as the targets have them, each
        with ``images`` (labelled), ``metrics`` (value, low and high by name),
        ``dummy``, ``per_class`` or ``per_au``, ``absent`` (labels that do not
        occur and are left out of means), and for emotion ``confusion``.
    """
    report: Report = {}
    if targets.emotions and predictions.emotion is not None:
        rows = np.flatnonzero(targets.emotion_mask)
        report["emotion"] = _common(
            targets.take(rows),
            predictions.take(rows),
            score=emotion_metrics,
            subjects=np.asarray(subjects)[rows],
            development=development,
            seed=seed,
        ) | _emotion_tables(targets, predictions)
    if targets.action_units and predictions.action_units is not None:
        rows = np.flatnonzero(targets.action_unit_mask.any(axis=1))
        report["action_units"] = _common(
            targets.take(rows),
            predictions.take(rows),
            score=_at_both(thresholds),
            subjects=np.asarray(subjects)[rows],
            development=development,
            seed=seed,
        ) | _action_unit_tables(targets, predictions, thresholds)
    return report


def _common(
    targets: Targets,
    predictions: Predictions,
    *,
    score: _Score,
    subjects: np.ndarray,
    development: Targets,
    seed: int,
) -> Report:
    """Computes a head's metrics with intervals, and the dummy's."""
    ones = np.ones((1, len(predictions)))
    dummy = dummy_predictions(development, count=len(predictions))
    ends = intervals(
        lambda weights: score(targets, predictions, weights),
        subjects.tolist(),
        seed=seed,
    )
    metrics = {
        name: {"value": plain(value[0])}
        | dict(zip(("low", "high"), ends[name] or (None, None), strict=True))
        for name, value in score(targets, predictions, ones).items()
    }
    reached = score(targets, dummy, ones)
    return {
        "images": len(predictions),
        "metrics": metrics,
        "dummy": {name: plain(value[0]) for name, value in reached.items()},
    }


def _at_both(thresholds: Mapping[str, float]) -> _Score:
    """Scores action units at 0.5 and, under names of their own, at thresholds."""

    def score(
        targets: Targets, predictions: Predictions, weights: np.ndarray
    ) -> dict[str, np.ndarray]:
        half = action_unit_metrics(targets, predictions, weights)
        chosen = action_unit_metrics(
            targets, predictions, weights, thresholds=thresholds
        )
        free_of_thresholds = {"mean_auc"}
        return half | {
            f"{name}_at_thresholds": values
            for name, values in chosen.items()
            if name not in free_of_thresholds
        }

    return score


def _emotion_tables(targets: Targets, predictions: Predictions) -> Report:
    """Lists each class's scores, the confusion counts and the absent classes."""
    cells = emotion_confusion(targets, predictions, np.ones((1, len(predictions))))
    found = [scores[0] for scores in class_scores(cells)]
    known = targets.emotion[targets.emotion_mask]
    images = np.bincount(known.argmax(axis=1), minlength=len(targets.emotions))
    columns = dict(zip(("precision", "recall", "f1"), found, strict=True))
    return {
        "per_class": {
            name: {"images": int(images[place])}
            | {column: plain(values[place]) for column, values in columns.items()}
            for place, name in enumerate(targets.emotions)
        },
        "absent": _absent(targets.emotions, images > 0),
        "confusion": {
            "labels": list(targets.emotions),
            "counts": [[_whole(cell) for cell in row] for row in cells[0]],
        },
    }


def _action_unit_tables(
    targets: Targets, predictions: Predictions, thresholds: Mapping[str, float]
) -> Report:
    """Lists each action unit's counts and scores, and those that do not occur."""
    ones = np.ones((1, len(predictions)))
    half = action_unit_counts(targets, predictions, ones)
    chosen = action_unit_counts(targets, predictions, ones, thresholds=thresholds)
    known = targets.action_unit_mask.sum(axis=0)
    positives = ((targets.action_unit > 0) & targets.action_unit_mask).sum(axis=0)
    columns = {"auc": action_unit_areas(targets, predictions, ones)[0]}
    for ending, counts in (("", half), ("_at_threshold", chosen)):
        for name, scores in zip(
            ("precision", "recall", "f1"), unit_scores(counts), strict=True
        ):
            columns[name + ending] = scores[0]
    return {
        "per_au": {
            unit: {
                "images": int(known[place]),
                "positives": int(positives[place]),
                "prevalence": plain(positives[place] / max(known[place], 1)),
                "threshold": float(thresholds.get(unit, DEFAULT_THRESHOLD)),
            }
            | {column: plain(values[place]) for column, values in columns.items()}
            for place, unit in enumerate(targets.action_units)
        },
        "absent": _absent(targets.action_units, (positives > 0) & (positives < known)),
    }


def _absent(names: Sequence[str], occurs: np.ndarray) -> list[str]:
    """Names the labels that do not occur."""
    return [name for name, here in zip(names, occurs, strict=True) if not here]


def plain(value: float) -> float | None:
    """Turns a NumPy number into a JSON one; NaN, which JSON lacks, into ``None``."""
    return None if np.isnan(value) else float(value)


def _whole(count: float) -> int | None:
    """Turns a count into a JSON integer; ``None`` where it is undefined."""
    return None if np.isnan(count) else int(count)
