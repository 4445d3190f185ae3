"""Scores of each emotion against all others, as an action unit has them."""

import numpy as np

from models.metrics.agreement import unit_f1_norm
from models.metrics.calibration import calibration_error
from models.metrics.counts import unit_counts
from models.metrics.roc import roc_auc_and_average_precision
from search.holdout.scores import ScoredRows


def class_scores(rows: ScoredRows) -> dict[str, dict[str, float | None]]:
    """Scores each class of the labelled rows; ``None`` where a score is undefined.

    A row has the class that is predicted as the most probable one.
    """
    made = rows.model.predictions.emotion
    if made is None or not rows.targets.emotions:
        return {}
    known = rows.targets.emotion_mask
    chances = made[known].astype(np.float64)
    classes = np.eye(chances.shape[1], dtype=bool)
    truth = classes[rows.targets.emotion[known].argmax(axis=1)]
    mask, weights = np.ones_like(truth), np.ones((1, len(truth)))
    counts = unit_counts(truth, classes[chances.argmax(axis=1)], mask, weights=weights)
    auc, pr_auc = roc_auc_and_average_precision(truth, chances, mask, weights=weights)
    columns = {
        "prevalence": truth.mean(axis=0)
        if len(truth)
        else np.full(len(classes), np.nan),
        "f1_norm": unit_f1_norm(counts)[0],
        "auc": auc[0],
        "pr_auc": pr_auc[0],
        "ece": _errors(chances, truth, weights),
    }
    return {
        name: {key: _plain(values[place]) for key, values in columns.items()}
        for place, name in enumerate(rows.targets.emotions)
    }


def _errors(chances: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    pairs = zip(chances.T, truth.T, strict=True)
    return np.array([calibration_error(a, b, weights)[0] for a, b in pairs])


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
