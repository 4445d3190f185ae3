"""What a fold said, epoch by epoch, when it stops, and how folds are pooled.

A fold stops early when its own smoothed value has not risen for some epochs. Folds
then differ in length, and the trial still needs one curve. A stopped fold goes on in
it with the predictions of its best epoch: those are of the weights that stopping
leaves it with. Leaving the fold out instead would score later epochs on other people
than earlier ones; ending the curve with the shortest fold would throw away what the
others learned. Like every early stopping, it chooses on what it is scored by.
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
class FoldRun:
    """One fold's epochs so far; grows by ``add`` alone."""

    predictions: list[Predictions] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    watched: list[Predictions] = field(default_factory=list)

    def add(self, score: EpochScore) -> bool:
        """Adds an epoch, unless training diverged; tells whether it was added."""
        predictions, value = score.predictions, score.value
        if predictions is None or value is None or not np.isfinite(score.loss):
            return False
        self.predictions.append(predictions)
        self.values.append(value)
        self.rates.append(score.learning_rate)
        self.watched += [score.watched] if score.watched is not None else []
        return True

    def over(self, config: ModelConfig) -> bool:
        """Tells whether the fold is trained: its epochs, or its patience, are spent."""
        if len(self.values) >= config.epochs:
            return True
        since = config.schedule.frozen_epochs
        return is_stale(self.values, patience=config.patience, since=since)

    def at(self, epoch: int) -> Predictions:
        """Returns the predictions of an epoch, from 1; after its last, of its best."""
        return self.predictions[self._place(epoch)]

    def watched_at(self, epoch: int) -> Predictions:
        """Returns the same of the watched training rows."""
        return self.watched[self._place(epoch)]

    def _place(self, epoch: int) -> int:
        reached = epoch <= len(self.values)
        return (epoch if reached else peak(self.values)) - 1


def is_stale(values: Sequence[float], *, patience: int, since: int = 0) -> bool:
    """Tells whether a curve has not risen for so many epochs.

    Args:
        values: of each epoch so far, not smoothed.
        patience: epochs after the best one; 0 waits for ever.
        since: epochs that are not waited in: those of a frozen backbone.

    Example:
        >>> [is_stale([0.1, 0.6, 0.6, 0.2, 0.2], patience=n) for n in (0, 2, 3)]
        [False, True, False]
    """
    return 0 < patience <= len(values) - max(since, peak(values))


def pooled(folds: Sequence[FoldRun]) -> list[Predictions]:
    """Puts the folds' predictions of each epoch after each other.

    Args:
        folds: whole ones, in order.

    Returns:
        As many as the longest fold has epochs.
    """
    return _pooled(folds, FoldRun.at)


def pooled_watched(folds: Sequence[FoldRun]) -> list[Predictions]:
    """Puts the predictions of watched training rows after each other likewise.

    Args:
        folds: whole ones, in order.

    Returns:
        As many as the longest fold has epochs; none where nobody watched.
    """
    if any(len(fold.watched) < len(fold.predictions) for fold in folds):
        return []
    return _pooled(folds, FoldRun.watched_at)


def _pooled(
    folds: Sequence[FoldRun], said: Callable[[FoldRun, int], Predictions]
) -> list[Predictions]:
    longest = max(len(fold.predictions) for fold in folds)
    return [
        Predictions.concatenate([said(fold, epoch) for fold in folds])
        for epoch in range(1, longest + 1)
    ]


def shared_rates(folds: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Makes one learning rate an epoch of those of the folds.

    Where they differ (a plateau is met in some folds earlier than in others) it is
    their geometric mean: rates are steps of a factor, and their mean number of steps
    is what a fold does on average. A fold that has stopped goes on in step with the
    others: what it had come to stays in the mean, so that no rate rises again.

    Args:
        folds: the rates of each fold's epochs; a fold may have fewer than others.

    Returns:
        As many as the longest fold has; equal ones are kept to the bit.

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
