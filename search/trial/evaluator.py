"""What a fold's predictions are worth, and the curves that a person watches."""

import math
from collections.abc import Mapping

from data_pipeline.targets.targets import Targets
from models.evaluation.baseline import baseline_predictions
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from models.training.epoch import EpochScore, Part
from search.trial.generalization_gap import Gap, judged, training_sample
from search.trial.messages import Curves, Job

SHOWN = (
    "emotion.accuracy",
    "emotion.macro_f1",
    "emotion.nll",
    "action_units.mean_f1",
    "action_units.mean_auc",
    "valence_arousal.mean_ccc",
    "valence_arousal.mean_rmse",
)
"""Metrics of each head that are drawn epoch by epoch, with those of the objective."""

OBJECTIVE, LOSS, RATE = "objective", "training/loss", "training/learning_rate"
"""Other curves; the loss is the mean over training batches, penalties included."""


def weighted_mean(table: Mapping[str, float], objective: Mapping[str, float]) -> float:
    """Weighs the metrics of an objective; one that is undefined counts as 0.

    A fold in which no AU occurs with both labels has no AUC: it is the same fold for
    every trial, so that comparisons stay fair.
    """
    total = sum(objective.values())
    values = ((table.get(name, math.nan), w) for name, w in objective.items())
    return sum(w * (v if math.isfinite(v) else 0.0) for v, w in values) / total


def worth(
    truth: Targets, predictions: Predictions, objective: Mapping[str, float]
) -> float:
    """Scores predictions by an objective."""
    return weighted_mean(scores(truth, predictions), objective)


class Judge:
    """Judges one fold.

    Attributes:
        part: what the fold trains on, validates on and watches.
    """

    def __init__(self, job: Job, index: int) -> None:
        """Takes the fold's labels out of a job."""
        fold = job.folds[index]
        sample = training_sample(fold, index)
        self._objective = job.objective
        self._truth = job.truth.take(fold.validation)
        self._sampled = job.truth.take(sample)
        self._table: Mapping[str, float] = {}
        constant = baseline_predictions(
            job.truth.take(fold.train), count=len(fold.validation)
        )
        self._baseline = worth(self._truth, constant, job.objective)
        self.part = Part(
            train=fold.train,
            validation=fold.validation,
            judge=self._value,
            watched=sample,
        )

    def curves(self, score: EpochScore) -> Curves:
        """Says what can be drawn of the epoch that was judged last."""
        training = {LOSS: score.loss, RATE: score.learning_rate}
        if score.watched is not None:
            training |= self._shown(scores(self._sampled, score.watched))
        return Curves(training=training, validation=self._shown(self._table))

    def gap(self, curves: Curves) -> Gap | None:
        """Says how an epoch does on rows that it trained on, if anybody looked."""
        if OBJECTIVE not in curves.training:
            return None
        trained, value = curves.training[OBJECTIVE], curves.validation[OBJECTIVE]
        return judged(value, trained=trained, baseline=self._baseline)

    def _value(self, predictions: Predictions) -> float:
        self._table = scores(self._truth, predictions)
        return weighted_mean(self._table, self._objective)

    def _shown(self, table: Mapping[str, float]) -> dict[str, float]:
        """Picks metrics; one that is undefined in this part has no point."""
        names = dict.fromkeys((*SHOWN, *self._objective))
        known = ((name.replace(".", "/"), table.get(name, math.nan)) for name in names)
        found = {name: value for name, value in known if math.isfinite(value)}
        return found | {OBJECTIVE: weighted_mean(table, self._objective)}
