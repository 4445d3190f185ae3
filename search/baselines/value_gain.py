"""The value of an objective, and how much higher it is than another's on equal rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets
from models.evaluation.jackknife import DIFFERENCE, Scale, intervals, scale_of_mean
from models.evaluation.tables import plain
from models.metrics.predictions import Predictions
from search.trial.objective import objective_values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValuedRows:
    """Labelled rows, and the objective that values predictions for them.

    ``groups`` has a number for each row where the worst group counts. ``subjects`` are
    what intervals leave out, one a row.
    """

    targets: Targets
    objective: Mapping[str, float]
    subjects: Sequence[str]
    groups: np.ndarray | None = None
    seed: int

    def value(self, model: Predictions) -> dict[str, Any]:
        """Computes the value of predictions, with its interval over subjects."""
        scale = scale_of_mean(self.objective)
        return self._with_interval("value", scale, lambda w: self._values(model, w))

    def gain(self, model: Predictions, other: Predictions) -> dict[str, Any]:
        """Computes by how much a model's value is the higher one, with its interval."""
        return self._with_interval(
            "difference",
            DIFFERENCE,
            lambda w: self._values(model, w) - self._values(other, w),
        )

    def _values(self, model: Predictions, weights: np.ndarray) -> np.ndarray:
        return objective_values(
            self.targets, model, weights, self.objective, groups=self.groups
        )

    def _with_interval(
        self, name: str, scale: Scale, statistic: Callable[[np.ndarray], np.ndarray]
    ) -> dict[str, Any]:
        whole = statistic(np.ones((1, len(self.subjects))))[0]
        ends = intervals(
            lambda weights: {name: statistic(weights)},
            self.subjects,
            seed=self.seed,
            scale=lambda _: scale,
        )
        low, high = ends[name] or (None, None)
        return {name: plain(whole), "low": low, "high": high}
