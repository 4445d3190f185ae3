"""Out-of-fold scores of a fixed configuration.

A trial chooses its epoch on the validation rows that it is scored by. Here the number
of epochs and the learning rates are given: each fold is trained as the final model is.
"""

import math
from collections.abc import Iterable

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.config.config import ModelConfig
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from models.training.epoch import Arrays, EpochScore, Part
from models.training.trainer import Trainer
from search.trial.messages import CrossValidated, Failed, Job, RetrainRequest
from search.trial.objective import score


def cross_validate(
    trainer: Trainer,
    arrays: Arrays,
    job: Job,
    config: ModelConfig,
    request: RetrainRequest,
) -> CrossValidated | Failed:
    """Trains on each fold in turn, and scores the pooled validation predictions.

    ``config`` is that of the request's values.
    """
    parts: list[Predictions] = []
    for index, fold in enumerate(job.folds):
        epochs = trainer.fit(
            config,
            arrays,
            Part(train=fold.train, validation=fold.validation),
            seed=child_seed(request.seed, "fold", index),
            stop_after=request.stop_after,
            rates=request.rates,
        )
        predictions = _last_predictions(epochs)
        if predictions is None:
            return Failed(reason=f"training diverged in fold {index + 1}")
        parts.append(predictions)
    rows = np.concatenate([fold.validation for fold in job.folds])
    pooled = Predictions.concatenate(parts)
    targets = job.scoring_targets.take(rows)
    table = scores(targets, pooled, own=job.objective)
    return CrossValidated(
        value=score(targets, pooled, job.objective, job.groups_of(rows)),
        scores={name: value for name, value in table.items() if math.isfinite(value)},
    )


def _last_predictions(epochs: Iterable[EpochScore]) -> Predictions | None:
    """Returns the last epoch's predictions; ``None`` where training diverged."""
    predictions: Predictions | None = None
    for epoch in epochs:
        predictions = epoch.predictions
        if not math.isfinite(epoch.loss):
            return None
    return predictions if predictions is not None and predictions.finite() else None
