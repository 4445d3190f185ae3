"""The difference between a model and a baseline on the same rows, with its interval.

Both are scored without each subject in turn, and subtracted there: what makes some
subjects harder than others affects both alike, and leaves the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets
from models.evaluation.jackknife import DIFFERENCE, intervals
from models.evaluation.report import Score, interval_ends, scored_heads
from models.evaluation.tables import plain
from models.metrics.emotion import vote_metrics
from models.metrics.predictions import Predictions

Comparison = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """Predictions to be scored, and each action unit's threshold for them.

    The thresholds were chosen on development rows.
    """

    predictions: Predictions
    thresholds: Mapping[str, float]

    def take(self, rows: np.ndarray) -> "Candidate":
        """Selects rows by position."""
        return replace(self, predictions=self.predictions.take(rows))


def compare(
    targets: Targets,
    model: Candidate,
    baseline: Candidate,
    *,
    subjects: Sequence[str],
    seed: int,
    own: Sequence[str] = (),
) -> dict[str, Comparison]:
    """Compares a model with a baseline, both with predictions of the same rows.

    Args:
        targets: the labels, row by row.
        model: what is tested.
        baseline: what it is compared with.
        subjects: the subject of each row; the image itself where it is unknown.
        seed: chooses groups, as in ``evaluate``.
        own: names of own metrics.

    Returns:
        For each head that both have, by metric: the baseline's ``value``, the
        ``difference`` (model minus baseline), and its 95 % interval from ``low`` to
        ``high``; ``None`` where undefined.
    """
    heads = [
        scored_heads(targets, each.predictions, each.thresholds, own)
        for each in (model, baseline)
    ]
    return {
        head: _compared(
            targets,
            np.flatnonzero(labelled),
            [
                (model.predictions, score),
                (baseline.predictions, heads[1][head][1]),
            ],
            subjects=subjects,
            seed=seed,
        )
        for head, (labelled, score) in heads[0].items()
        if head in heads[1]
    }


def compare_votes(
    votes: Targets,
    model: Candidate,
    baseline: Candidate,
    *,
    subjects: Sequence[str],
    seed: int,
) -> dict[str, Comparison]:
    """Compares how far both are from the taggers' votes, as ``compare`` does."""
    sides = [(each.predictions, vote_metrics) for each in (model, baseline)]
    rows = np.flatnonzero(votes.emotion_mask)
    return {"votes": _compared(votes, rows, sides, subjects=subjects, seed=seed)}


def _compared(
    targets: Targets,
    rows: np.ndarray,
    sides: Sequence[tuple[Predictions, Score]],
    *,
    subjects: Sequence[str],
    seed: int,
) -> Comparison:
    """Compares two sides, the model first, on some rows."""
    labels = targets.take(rows)
    (mine, score), (theirs, score_baseline) = [
        (predictions.take(rows), score) for predictions, score in sides
    ]

    def difference(weights: np.ndarray) -> dict[str, np.ndarray]:
        reached = score_baseline(labels, theirs, weights)
        found = score(labels, mine, weights)
        return {name: found[name] - reached[name] for name in found}

    ends = intervals(
        difference,
        np.asarray(subjects)[rows].tolist(),
        seed=seed,
        scale=lambda _: DIFFERENCE,
    )
    ones = np.ones((1, len(rows)))
    reached, apart = score_baseline(labels, theirs, ones), difference(ones)
    return {
        name: {
            "value": plain(reached[name][0]),
            "difference": plain(apart[name][0]),
            **dict(zip(("low", "high"), interval_ends(name, ends), strict=True)),
        }
        for name in apart
    }
