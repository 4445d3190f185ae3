"""What a training is given, and what it returns after each epoch."""

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
    """Rows of ``Arrays`` to train on, and to validate on (``None``: none).

    ``training_sample`` are training rows that are predicted after each epoch as the
    validation rows are: without augmentation and dropout.

    ``score`` computes the value of predictions of the validation rows, higher is
    better; it is called once an epoch, and only for finite predictions.
    """

    train: np.ndarray
    validation: np.ndarray | None
    score: Callable[[Predictions], float] | None = None
    training_sample: np.ndarray | None = None

    def value(self, predictions: Predictions | None) -> float | None:
        """Scores predictions, if there are a score and finite predictions."""
        if self.score is None or predictions is None or not predictions.finite():
            return None
        return self.score(predictions)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochScore:
    """The result of one epoch of training.

    ``epoch`` counts from 1; ``loss`` is the mean over the epoch's training batches,
    penalties included, and is NaN or infinite where training diverged;
    ``predictions`` are those of the validation rows in their order, ``value`` their
    score, ``training_sample`` the predictions of the sampled training rows; both take
    ``seconds_validated``. Seconds do not include the time spent tracing.
    ``device_memory`` is the most bytes that the process has held on a GPU.
    """

    epoch: int
    loss: float
    learning_rate: float
    predictions: Predictions | None
    seconds_trained: float
    seconds_validated: float
    value: float | None = None
    training_sample: Predictions | None = None
    device_memory: int = 0
