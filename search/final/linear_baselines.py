"""Linear baselines of a run: fitted to its development part, for the same hold-out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from data_pipeline.development import UsableRows
from data_pipeline.images.cache import Images
from search.inputs.run import Run
from search.trial.objective import weighted_mean

if TYPE_CHECKING:  # loads scikit-learn, which only the test needs
    from models.evaluation.linear import FittedBaseline

Fitted = Mapping[str, "FittedBaseline"]


def fit_baselines(
    run: Run, images: Images, used: UsableRows, held_out: np.ndarray
) -> Fitted:
    """Fits each baseline to the development rows in use, and predicts the hold-out.

    ``held_out`` are the hold-out's raw pixels; its labels are not needed. Without
    ``search.baselines`` there are none.
    """
    if not run.study.search.baselines:
        return {}
    from models.evaluation.linear import (  # noqa: PLC0415 - only this stage needs it
        LINEAR_BASELINES,
        BaselineData,
        fit_linear,
    )

    run.print(f"fitting linear baselines to {len(used.rows)} development images")
    data = BaselineData(
        images=images.array,
        targets=run.data.scoring_targets,
        rows=used.rows,
        folds=used.folds,
        objective=dict(run.study.objective),
    )
    return {
        name: fit_linear(data, held_out, features)
        for name, features in LINEAR_BASELINES.items()
    }


def baseline_entries(
    fitted: Fitted, objective: Mapping[str, float]
) -> dict[str, Mapping[str, Any]]:
    """Describes the baselines for a report; empty where there are none.

    ``value`` is the objective of the pooled predictions of validation rows, comparable
    with the value of a trial.
    """
    if not fitted:
        return {}
    entries = {
        name: {
            **baseline.description,
            "value": weighted_mean(baseline.scores, objective),
            "scores": dict(baseline.scores),
        }
        for name, baseline in fitted.items()
    }
    return {"baselines": entries}
