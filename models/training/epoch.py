"""What a training is given, and what it says after each epoch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data_pipeline.targets.targets import Targets
from models.metrics.predictions import Predictions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrays:
    """A table's pixels and targets, row by row.

    ``images`` is raw pixels, uint8, shape (N, S, S, C), usually mapped from a file.
    """

    images: np.ndarray
    targets: Targets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Rows of ``Arrays`` to train on, and to validate on (``None``: nowhere).

    ``watched`` are training rows that are predicted after each epoch as the validation
    rows are: without augmentation and dropout.

    ``judge`` says what predictions of the validation rows are worth, higher is better;
    it is asked once an epoch, and only for predictions that are finite.
    """

    train: np.ndarray
    validation: np.ndarray | None
    judge: Callable[[Predictions], float] | None = None
    watched: np.ndarray | None = None

    def value(self, predictions: Predictions | None) -> float | None:
        """Asks the judge, where there is one and something to judge."""
        if self.judge is None or predictions is None or not predictions.finite():
            return None
        return self.judge(predictions)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochScore:
    """What one epoch of training came to.

    ``epoch`` counts from 1; ``loss`` is the mean over the epoch's training batches,
    penalties included, and is NaN or infinite where training diverged;
    ``predictions`` are those of the validation rows in their order, ``value`` what
    they are worth, ``watched`` those of the watched training rows; both take
    ``seconds_validated``. Seconds do not hold the time spent tracing.
    """

    epoch: int
    loss: float
    learning_rate: float
    predictions: Predictions | None
    seconds_trained: float
    seconds_validated: float
    value: float | None = None
    watched: Predictions | None = None
