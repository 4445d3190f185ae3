"""How much higher the tested trial's value is than each baseline's, before the test.

Both predicted the same validation rows out of fold. These are more people than the
hold-out has, but the trial was selected on them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.metrics.predictions import Predictions
from search.baselines.linear_baselines import Fitted
from search.baselines.value_gain import ValuedRows
from search.final.selection import kept_predictions
from search.inputs.run import Run
from search.inputs.scoring_targets import clusters, units_of_intervals

NOTE = "not corrected for the selection of the trial"


def validation_gains(
    run: Run, trial: int, fitted: Mapping[str, Fitted], rows: np.ndarray
) -> dict[str, dict[str, Any]]:
    """Compares the values of a trial and of each baseline on the validation rows.

    ``rows`` are those of all folds, in their order. A baseline that predicted only some
    of them is left out, and all are where the trial's predictions are lost.
    """
    predictions = kept_predictions(run, trial)
    if predictions is None:
        return {}
    return {
        name: _gain(run, predictions, each.baseline.validated, rows)
        for name, each in fitted.items()
        if np.array_equal(each.baseline.rows, rows)
    }


def _gain(
    run: Run, predictions: Predictions, baseline: Predictions, rows: np.ndarray
) -> dict[str, Any]:
    """Computes the difference of the values, with its interval over subjects."""
    table, by = run.data.split.development.take(rows), run.study.split.by
    subjects = clusters(table, by)
    valued = ValuedRows(
        targets=run.data.scoring_targets.take(rows),
        objective=dict(run.study.objective),
        subjects=subjects,
        groups=None if run.data.groups is None else run.data.groups[rows],
        seed=run.study.search.seed,
    )
    return {
        **valued.gain(predictions, baseline),
        units_of_intervals(table, by): len(set(subjects)),
        "note": NOTE,
    }
