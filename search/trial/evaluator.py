"""Evaluates the epochs of one fold: its score, curves and generalization gap."""

import math
from collections.abc import Mapping

import numpy as np

from data_pipeline.targets.targets import Targets
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from models.training.epoch import EpochScore, Part
from search.trial.generalization_gap import (
    Gap,
    baseline_value,
    classify_fit,
    training_sample,
)
from search.trial.messages import Curves, Job
from search.trial.objective import each_metric, score, weighted_mean

SHOWN = (
    "emotion.accuracy",
    "emotion.macro_f1",
    "emotion.nll",
    "action_units.mean_f1",
    "action_units.mean_auc",
    "action_unit_intensities.mean_icc",
    "action_unit_intensities.mean_mae",
    "valence_arousal.mean_ccc",
    "valence_arousal.mean_rmse",
)
"""Metrics of each head that have a curve, beside those of the objective."""

OBJECTIVE, LOSS, RATE = "objective", "training/loss", "training/learning_rate"
"""Other curves; the loss is the mean over training batches, penalties included."""


class FoldEvaluator:
    """Evaluates the fold at ``index``, of so many ``rows``.

    ``part`` is what the trainer gets.
    """

    def __init__(self, job: Job, index: int) -> None:
        """Takes the labels of the fold with this index out of a job."""
        fold, targets = job.folds[index], job.scoring_targets
        sample = training_sample(fold, index)
        self.index = index
        self._objective = job.objective
        self._targets = targets.take(fold.validation)
        self.rows = len(fold.validation)
        self._sample_targets = targets.take(sample)
        self._groups = job.groups_of(fold.validation), job.groups_of(sample)
        self._table: Mapping[str, float] = {}
        self._value = math.nan
        self._baseline = baseline_value(
            targets, [fold], job.objective, groups=job.groups
        )
        self.part = Part(
            train=fold.train,
            validation=fold.validation,
            score=self._score,
            training_sample=sample,
        )

    def curves(self, epoch: EpochScore) -> Curves:
        """Returns the curve points of the epoch that was scored last."""
        training = {LOSS: epoch.loss, RATE: epoch.learning_rate}
        if epoch.training_sample is not None:
            training |= self._points(*self._scored(epoch.training_sample))
        return Curves(
            training=training, validation=self._points(self._table, self._value)
        )

    def metrics(self) -> dict[str, float]:
        """Returns the metrics of the objective in the epoch that was scored last."""
        return each_metric(self._table, self._objective)

    def gap(self, curves: Curves) -> Gap | None:
        """Returns the gap of an epoch, if its training sample was scored."""
        if OBJECTIVE not in curves.training:
            return None
        trained, value = curves.training[OBJECTIVE], curves.validation[OBJECTIVE]
        return classify_fit(value, trained=trained, baseline=self._baseline)

    def _score(self, predictions: Predictions) -> float:
        self._table = scores(self._targets, predictions, own=self._objective)
        self._value = self._value_of(
            self._table, self._targets, predictions, self._groups[0]
        )
        return self._value

    def _scored(self, sample: Predictions) -> tuple[Mapping[str, float], float]:
        """Scores the training sample."""
        targets = self._sample_targets
        table = scores(targets, sample, own=self._objective)
        return table, self._value_of(table, targets, sample, self._groups[1])

    def _value_of(
        self,
        table: Mapping[str, float],
        targets: Targets,
        predictions: Predictions,
        groups: np.ndarray | None,
    ) -> float:
        """Returns the objective of rows whose scores are known."""
        if groups is None:
            return weighted_mean(table, self._objective)
        return score(targets, predictions, self._objective, groups)

    def _points(self, table: Mapping[str, float], value: float) -> dict[str, float]:
        """Picks the metrics with a curve; an undefined one has no point."""
        names = dict.fromkeys((*SHOWN, *self._objective))
        values = ((name.replace(".", "/"), table.get(name, math.nan)) for name in names)
        points = {name: value for name, value in values if math.isfinite(value)}
        return points | {OBJECTIVE: value}
