"""The epochs of a fold, when it stops, and how folds are pooled.

A fold stops early when its own smoothed value has not risen for some epochs. Folds
then differ in length, and the trial still needs one curve. A stopped fold stays in it
with the predictions of its best epoch, whose weights early stopping restores. Leaving
the fold out instead would score later epochs on other people than earlier ones; ending
the curve with the shortest fold would discard what the others learned. Like every
early stopping, it selects on what it is scored by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import geometric_mean

import numpy as np

from models.config.config import ModelConfig
from models.metrics.predictions import Predictions
from models.training.epoch import EpochScore
from search.trial.curve import peak


@dataclass(slots=True, kw_only=True)
class FoldHistory:
    """The epochs of one fold so far.

    ``predictions`` are of the validation rows, ``sample_predictions`` of the training
    sample; ``values`` are not smoothed, ``rates`` are learning rates.
    """

    predictions: list[Predictions] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    sample_predictions: list[Predictions] = field(default_factory=list)

    def add(self, epoch: EpochScore) -> bool:
        """Adds an epoch and returns true, or false where training diverged."""
        predictions, value = epoch.predictions, epoch.value
        if predictions is None or value is None or not np.isfinite(epoch.loss):
            return False
        self.predictions.append(predictions)
        self.values.append(value)
        self.rates.append(epoch.learning_rate)
        if epoch.training_sample is not None:
            self.sample_predictions.append(epoch.training_sample)
        return True

    def is_over(self, config: ModelConfig) -> bool:
        """Whether the fold has used up its epochs or its patience."""
        if len(self.values) >= config.epochs:
            return True
        since = config.schedule.frozen_epochs
        return is_stale(self.values, patience=config.patience, since=since)

    def at(self, epoch: int) -> Predictions:
        """Returns the predictions at an epoch, from 1; after the last, at the best."""
        return self.predictions[self._index(epoch)]

    def sample_at(self, epoch: int) -> Predictions:
        """Returns the predictions of the training sample likewise."""
        return self.sample_predictions[self._index(epoch)]

    def _index(self, epoch: int) -> int:
        reached = epoch <= len(self.values)
        return (epoch if reached else peak(self.values)) - 1


def is_stale(values: Sequence[float], *, patience: int, since: int = 0) -> bool:
    """Whether a raw curve has not risen for ``patience`` epochs; 0 waits for ever.

    The first ``since`` epochs, those of a frozen backbone, are not counted.

    Example:
        >>> [is_stale([0.1, 0.6, 0.6, 0.2, 0.2], patience=n) for n in (0, 2, 3)]
        [False, True, False]
    """
    return 0 < patience <= len(values) - max(since, peak(values))


def pooled(folds: Sequence[FoldHistory]) -> list[Predictions]:
    """Concatenates the folds' predictions, for each epoch of the longest fold."""
    return _pooled(folds, FoldHistory.at)


def pooled_samples(folds: Sequence[FoldHistory]) -> list[Predictions]:
    """Concatenates predictions of the training samples; empty where a fold has none."""
    if any(len(fold.sample_predictions) < len(fold.predictions) for fold in folds):
        return []
    return _pooled(folds, FoldHistory.sample_at)


def _pooled(
    folds: Sequence[FoldHistory], predictions: Callable[[FoldHistory, int], Predictions]
) -> list[Predictions]:
    longest = max(len(fold.predictions) for fold in folds)
    return [
        Predictions.concatenate([predictions(fold, epoch) for fold in folds])
        for epoch in range(1, longest + 1)
    ]


def shared_rates(folds: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Merges the learning rates of the folds into one rate an epoch.

    Where they differ (a plateau is met in some folds earlier than in others) it is
    their geometric mean: rates are steps of a factor, and this is the mean number of
    steps. A stopped fold follows the others from its last rate, so that no rate rises
    again. Equal rates are kept to the bit.

    Example:
        >>> [round(rate, 9) for rate in shared_rates([[0.1, 0.1, 0.1], [0.1, 0.001]])]
        [0.1, 0.01, 0.01]
    """
    shared: list[float] = []
    for epoch in range(max(map(len, folds))):
        left = [fold for fold in folds if len(fold) > epoch]
        now = _mean([fold[epoch] for fold in left])
        if len(left) == len(folds):
            shared.append(now)
            continue
        before = _mean([fold[epoch - 1] for fold in left])
        agreed = shared[-1] == before
        shared.append(now if agreed else shared[-1] * (now / before))
    return tuple(shared)


def _mean(rates: Sequence[float]) -> float:
    return rates[0] if len(set(rates)) == 1 else geometric_mean(rates)
