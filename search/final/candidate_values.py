"""Values of completed trials on the same weightings of their validation rows."""

from collections.abc import Mapping, Sequence

import numpy as np

from data_pipeline.system.seeds import child_seed
from data_pipeline.targets.targets import Targets
from models.evaluation.bootstrap import subject_weights
from models.evaluation.jackknife import leave_out_weights
from models.evaluation.selection import RESAMPLES, CandidateValues
from models.metrics.predictions import Predictions
from search.trial.objective import objective_values

AT_ONCE = 100


def score_candidates(
    candidates: Sequence[Predictions],
    targets: Targets,
    *,
    objective: Mapping[str, float],
    subjects: Sequence[str],
    groups: np.ndarray | None = None,
    seed: int,
) -> CandidateValues:
    """Scores predictions of the same rows without each subject, and in resamples.

    ``groups`` has a number for each row where the worst group counts; ``subjects`` are
    at least two. A resample that leaves nobody out is not used.
    """
    seed = child_seed(seed, "selection")
    drawn = subject_weights(subjects, seed=seed, resamples=RESAMPLES)
    drawn = drawn[(drawn == 0).any(axis=1)]

    def value(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
        parts = (weights[s : s + AT_ONCE] for s in range(0, len(weights), AT_ONCE))
        return np.concatenate(
            [
                objective_values(targets, predictions, part, objective, groups=groups)
                for part in parts
            ]
        )

    without, inside, outside = (
        np.stack([value(predictions, weights) for predictions in candidates])
        for weights in (
            leave_out_weights(subjects, seed=seed),
            drawn,
            (drawn == 0).astype(np.float64),
        )
    )
    return CandidateValues(
        without=without, inside=inside, outside=outside, subjects=len(set(subjects))
    )
