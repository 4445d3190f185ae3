"""The report of one test: each metric with its interval, beside the baseline's.

The functions return the parts of ``holdout.json`` for each head: numbers, text, lists
and ``None`` (undefined, never NaN).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets
from models.evaluation.baseline import Constants
from models.evaluation.jackknife import Interval, intervals
from models.evaluation.tables import (
    NO_INTERVAL,
    emotion_if_calibrated,
    emotion_tables,
    intensity_tables,
    plain,
    rating_tables,
    unit_tables,
    units_if_calibrated,
)
from models.metrics.action_units import ERRORS, action_unit_metrics, threshold_metrics
from models.metrics.emotion import emotion_metrics, vote_metrics
from models.metrics.intensities import intensity_metrics_by_unit
from models.metrics.own.metric import codes_of, own_scores
from models.metrics.predictions import Predictions
from models.metrics.valence_arousal import rating_metrics

Report = dict[str, Any]

Score = Callable[[Targets, Predictions, np.ndarray], dict[str, np.ndarray]]
"""Labels, predictions of the same rows, and weights (B, N) to metrics, (B,) each."""


def evaluate(  # noqa: PLR0913 - what is scored and how, by name
    targets: Targets,
    predictions: Predictions,
    *,
    subjects: Sequence[str],
    thresholds: Mapping[str, float],
    constants: Constants,
    seed: int,
    own: Sequence[str] = (),
) -> Report:
    """Scores predictions of rows that no part of the search used.

    Args:
        targets: the labels, row by row.
        predictions: the outputs for the same rows.
        subjects: the subject of each row; the image itself where it is unknown.
        thresholds: each action unit's threshold, chosen on development rows.
        constants: what the constant baselines predict for the same rows.
        seed: chooses groups, where there are many subjects.
        own: names of own metrics.

    Returns:
        ``emotion``, ``action_units``, ``action_unit_intensities`` and
        ``valence_arousal``, as far as the targets have them, each with ``images``
        (labelled), ``metrics`` (value, low and high by name), ``baseline``,
        ``per_class``, ``per_au`` or ``per_dimension`` (scores and intervals of a label,
        and how many subjects have it), ``absent`` (labels that do not occur or vary,
        left out of means), ``if_calibrated`` (of emotions and action units: the
        calibration error that a calibrated model would show on average), and for
        emotion ``confusion``.
    """
    report: Report = {}
    for head, (labelled, score) in scored_heads(
        targets, predictions, thresholds, own
    ).items():
        rows = np.flatnonzero(labelled)
        known, made = targets.take(rows), predictions.take(rows)
        people = [subjects[row] for row in rows.tolist()]
        tables = _tables(head, known, made, thresholds, subjects=people, seed=seed)
        of_units = _of_units(tables) if head == "action_unit_intensities" else {}
        report[head] = _common(
            known,
            made,
            score=score,
            subjects=people,
            constants=constants.take(rows),
            seed=seed,
            known_ends=of_units,
        )
        report[head] |= tables
    return report


def _of_units(tables: Report) -> dict[str, Interval]:
    """Names the intervals of single units as their metrics are named."""
    return {
        f"{unit}_{name}": ends
        for unit, row in tables["per_au"].items()
        for name, ends in row["intervals"].items()
    }


def _tables(
    head: str,
    targets: Targets,
    predictions: Predictions,
    thresholds: Mapping[str, float],
    *,
    subjects: Sequence[str],
    seed: int,
) -> Report:
    """Returns a head's tables, and the error that a calibrated model would show."""
    if head == "emotion":
        tables = emotion_tables(targets, predictions, subjects=subjects, seed=seed)
        return tables | emotion_if_calibrated(targets, predictions, seed=seed)
    if head == "action_units":
        tables = unit_tables(
            targets, predictions, thresholds, subjects=subjects, seed=seed
        )
        return tables | units_if_calibrated(targets, predictions, seed=seed)
    if head == "action_unit_intensities":
        return intensity_tables(targets, predictions, subjects=subjects, seed=seed)
    return rating_tables(targets, predictions, subjects=subjects, seed=seed)


def scored_heads(
    targets: Targets,
    predictions: Predictions,
    thresholds: Mapping[str, float],
    own: Sequence[str] = (),
) -> dict[str, tuple[np.ndarray, Score]]:
    """Lists the heads that targets and predictions share, for one set of thresholds.

    Returns for each its labelled rows, (N,) and bool, and what scores them.
    """
    heads: dict[str, tuple[np.ndarray, Score]] = {}
    if targets.emotions and predictions.emotion is not None:
        heads["emotion"] = targets.emotion_mask, emotion_metrics
    if targets.action_units and predictions.action_units is not None:
        coded = np.asarray(targets.action_unit_mask.any(axis=1))
        heads["action_units"] = coded, _at_both(thresholds)
    if targets.intensities and predictions.action_unit_intensities is not None:
        graded = np.asarray(targets.intensity_mask.any(axis=1))
        heads["action_unit_intensities"] = graded, intensity_metrics_by_unit
    if targets.dimensions and predictions.valence_arousal is not None:
        rated = np.asarray(targets.valence_arousal_mask.any(axis=1))
        heads["valence_arousal"] = rated, rating_metrics
    return {
        head: (labelled, _with_own(head, score, codes_of(head, own)))
        for head, (labelled, score) in heads.items()
    }


def evaluate_votes(
    votes: Targets,
    predictions: Predictions,
    *,
    subjects: Sequence[str],
    constants: Constants,
    seed: int,
) -> Report:
    """Compares predictions with the taggers' votes.

    Args:
        votes: distributions over the emotions, row by row.
        predictions: the outputs for the same rows.
        subjects: the subject of each row; the image itself where it is unknown.
        constants: what the constant baselines predict for the same rows.
        seed: chooses groups, where there are many subjects.

    Returns:
        ``votes`` with ``images``, ``metrics`` and ``baseline``, as in ``evaluate``.
    """
    rows = np.flatnonzero(votes.emotion_mask)
    return {
        "votes": _common(
            votes.take(rows),
            predictions.take(rows),
            score=vote_metrics,
            subjects=[subjects[row] for row in rows.tolist()],
            constants=constants.take(rows),
            seed=seed,
        )
    }


def _common(  # noqa: PLR0913 - as `evaluate`
    targets: Targets,
    predictions: Predictions,
    *,
    score: Score,
    subjects: Sequence[str],
    constants: Constants,
    seed: int,
    known_ends: Mapping[str, Interval] | None = None,
) -> Report:
    """Computes a head's metrics with intervals, and the baseline's.

    ``known_ends`` are intervals that were computed before.
    """
    ones = np.ones((1, len(predictions)))
    before = dict(known_ends or {})

    def others(weights: np.ndarray) -> dict[str, np.ndarray]:
        found = score(targets, predictions, weights)
        return {name: found[name] for name in found if name not in before}

    ends = intervals(others, subjects, seed=seed) | before
    metrics = {
        name: {"value": plain(value[0])}
        | dict(zip(("low", "high"), interval_ends(name, ends), strict=True))
        for name, value in score(targets, predictions, ones).items()
    }
    reached = score(targets, constants.usual, ones)
    by_least = score(targets, constants.least_error, ones)
    reached |= {name: by_least[name] for name in by_least if _is_error(name)}
    return {
        "images": len(predictions),
        "metrics": metrics,
        "baseline": {name: plain(value[0]) for name, value in reached.items()},
    }


def _is_error(name: str) -> bool:
    """Whether a metric has a constant of its own: the one of least error."""
    return name.rpartition("_")[2] in (*ERRORS, "mae")


def interval_ends(
    name: str, ends: Mapping[str, Interval]
) -> tuple[float, float] | tuple[None, None]:
    """Returns a metric's interval, if it has a meaningful one."""
    return (None, None) if name in NO_INTERVAL else ends[name] or (None, None)


def _with_own(head: str, score: Score, codes: Sequence[str]) -> Score:
    """Adds own metrics of a head to those of this project."""

    def all_scores(
        targets: Targets, predictions: Predictions, weights: np.ndarray
    ) -> dict[str, np.ndarray]:
        found = score(targets, predictions, weights)
        return found | own_scores(head, codes, targets, predictions, weights)

    return all_scores if codes else score


def _at_both(thresholds: Mapping[str, float]) -> Score:
    """Scores action units at 0.5 and, under names of their own, at thresholds."""

    def score(
        targets: Targets, predictions: Predictions, weights: np.ndarray
    ) -> dict[str, np.ndarray]:
        half = action_unit_metrics(targets, predictions, weights)
        chosen = threshold_metrics(targets, predictions, weights, thresholds=thresholds)
        return half | {f"{name}_at_thresholds": v for name, v in chosen.items()}

    return score
