"""The objective of the search on tested rows: its value, and the gains in it."""

from collections.abc import Mapping
from typing import Any

from search.baselines.value_gain import ValuedRows
from search.holdout.scores import ScoredRows

OBJECTIVE = "objective"
"""Name of the part of a report."""


def describe_objective(
    rows: ScoredRows, objective: Mapping[str, float], *, seed: int
) -> dict[str, Any]:
    """Values the tested model by the objective, and compares it with each baseline.

    The value of all rows is meant: the worst group of a study that asks for it can have
    too few subjects among them.
    """
    valued = ValuedRows(
        targets=rows.targets, objective=objective, subjects=rows.units, seed=seed
    )
    model = rows.model.predictions
    gains = {
        name: valued.gain(model, baseline.predictions)
        for name, baseline in rows.baselines.items()
    }
    return {
        "metrics": dict(objective),
        **valued.value(model),
        **({"gains": gains} if gains else {}),
    }
