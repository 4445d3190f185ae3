"""Scores of single subjects: a mean over images hides the people who are missed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets
from models.evaluation.tables import plain
from models.metrics.predictions import Predictions
from models.metrics.scores import weighted_scores

AT_ONCE = 200
"""Subjects whose rows are weighted together."""

WORST = 0.1
"""The share of subjects whose mean is that of the worst."""


def subject_scores(
    targets: Targets,
    predictions: Predictions,
    subjects: Sequence[str],
    metrics: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """Scores each subject's rows by themselves.

    Args:
        targets: the labels, row by row.
        predictions: the outputs for the same rows.
        subjects: the subject of each row.
        metrics: names of ``METRIC_NAMES`` and own metrics.

    Returns:
        For each subject ``images`` and the metrics; ``None`` where one is undefined.
    """
    names, place = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(names), AT_ONCE):
        part = np.arange(start, min(start + AT_ONCE, len(names)))
        weights = (place == part[:, None]).astype(np.float64)
        table = weighted_scores(targets, predictions, weights, own=metrics)
        for row, subject in enumerate(part.tolist()):
            found[str(names[subject])] = {
                "images": int(weights[row].sum()),
                **{metric: plain(table[metric][row]) for metric in metrics},
            }
    return found


def summarize_subjects(
    found: Mapping[str, Mapping[str, Any]], metric: str
) -> dict[str, Any]:
    """Sums up a metric over the subjects for whom it is defined.

    ``worst_decile`` is the mean of the tenth with the lowest values, at least one.
    """
    values = np.sort([x for row in found.values() if (x := row[metric]) is not None])
    if not len(values):
        return {"subjects": 0}
    worst = values[: int(np.ceil(WORST * len(values)))]
    return {
        "subjects": len(values),
        "mean": float(values.mean()),
        "deviation": float(values.std(ddof=1)) if len(values) > 1 else None,
        "median": float(np.median(values)),
        "lowest": float(values[0]),
        "worst_decile": float(worst.mean()),
        "of_worst_decile": len(worst),
    }
