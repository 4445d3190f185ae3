"""One configuration over its folds: a stream of reports, and the trial's value.

The value of a trial is the peak of a smoothed curve: at each epoch the validation
predictions of all folds are pooled and scored once. The epoch of the peak is the one
that retraining stops at.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from statistics import geometric_mean

import numpy as np

from data_pipeline.seeds import child_seed
from data_pipeline.split import Fold
from data_pipeline.targets import Targets
from models.config import ModelConfig
from models.epochs import Arrays, EpochScore, Part
from models.metrics import scores
from models.predictions import Predictions
from models.thresholds import choose_thresholds
from models.training import WarmTrainer
from search.curve import smoothed
from search.job import Job
from search.results import Completed, Pruned, Report, Spent


def run_trial(
    trainer: WarmTrainer, arrays: Arrays, job: Job, config: ModelConfig, seed: int
) -> Generator[Report, None, Completed | Pruned]:
    """Trains a configuration on each fold in turn.

    Args:
        trainer: keeps the compiled graphs.
        arrays: pixels and targets of the development rows.
        job: folds, objective and stride.
        config: what to train.
        seed: of everything random in this trial.

    Yields:
        A report after every epoch; the caller may close the generator to prune.

    Returns:
        The completed trial, or a pruned one where training diverged.
    """
    spent = Spent()
    pooled: list[list[Predictions]] = [[] for _ in range(config.epochs)]
    rates: list[list[float]] = []
    for index, fold in enumerate(job.folds):
        before = spent
        part = _part(job, fold)
        rates.append([])
        stream = trainer.fit(config, arrays, part, seed=child_seed(seed, "fold", index))
        for score in stream:
            spent = _add(spent, before, score, trainer)
            if not _finite(score) or score.predictions is None or score.value is None:
                return Pruned(reason="diverged", spent=spent)
            pooled[score.epoch - 1].append(score.predictions)
            rates[-1].append(score.learning_rate)
            last = index == len(job.folds) - 1 and score.epoch == config.epochs
            yield Report(
                step=index * job.stride + score.epoch,
                fold=index,
                epoch=score.epoch,
                value=score.value,
                last=last,
                spent=spent,
            )
    rows = np.concatenate([fold.validation for fold in job.folds])
    outcome = completed(
        [Predictions.concatenate(parts) for parts in pooled],
        job.truth.take(rows),
        job.objective,
        spent,
    )
    return replace(outcome, learning_rates=shared_rates(rates))


def completed(
    pooled: Sequence[Predictions],
    truth: Targets,
    objective: Mapping[str, float],
    spent: Spent,
) -> Completed:
    """Scores the pooled predictions of each epoch and picks the epoch of the peak.

    Args:
        pooled: for each epoch the predictions of all folds.
        truth: the labels of the same rows.
        objective: metric name to weight.
        spent: what the trial cost.

    Returns:
        The completed trial.
    """
    tables = [scores(truth, predictions) for predictions in pooled]
    curve = [weighted_mean(table, objective) for table in tables]
    smooth = smoothed(curve)
    peak = int(np.argmax(smooth))
    return Completed(
        value=smooth[peak],
        epoch=peak + 1,
        curve=tuple(curve),
        scores={k: v for k, v in tables[peak].items() if math.isfinite(v)},
        thresholds=choose_thresholds(truth, pooled[peak]) if truth.action_units else {},
        spent=spent,
    )


def shared_rates(folds: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Makes one learning rate an epoch of those of the folds.

    Where they differ (a plateau is met in some folds earlier than in others) it is
    their geometric mean: rates are steps of a factor, and their mean number of steps
    is what a fold does on average.

    Args:
        folds: the rates of each fold's epochs; a fold may have fewer than others.

    Returns:
        As many as the longest fold has; equal ones are kept to the bit.

    Example:
        >>> [round(rate, 9) for rate in shared_rates([[0.1, 0.1, 0.1], [0.1, 0.001]])]
        [0.1, 0.01, 0.1]
    """
    epochs = [
        [rate for rate in column if rate is not None] for column in zip_longest(*folds)
    ]
    return tuple(
        rates[0] if len(set(rates)) == 1 else geometric_mean(rates) for rates in epochs
    )


def weighted_mean(table: Mapping[str, float], objective: Mapping[str, float]) -> float:
    """Weighs the metrics of an objective; one that is undefined counts as 0.

    A fold in which no AU occurs with both labels has no AUC: it is the same fold for
    every trial, so that comparisons stay fair.
    """
    total = sum(objective.values())
    values = ((table.get(name, math.nan), w) for name, w in objective.items())
    return sum(w * (v if math.isfinite(v) else 0.0) for v, w in values) / total


def _part(job: Job, fold: Fold) -> Part:
    """Says what a fold trains on, and how its validation is judged."""
    truth = job.truth.take(fold.validation)

    def judge(predictions: Predictions) -> float:
        return weighted_mean(scores(truth, predictions), job.objective)

    return Part(train=fold.train, validation=fold.validation, judge=judge)


def _finite(score: EpochScore) -> bool:
    if score.predictions is None or not math.isfinite(score.loss):
        return False
    return score.predictions.finite()


def _add(before: Spent, fold: Spent, score: EpochScore, trainer: WarmTrainer) -> Spent:
    """Adds an epoch; ``fold`` is what was spent before this fold's graph was built."""
    return replace(
        before,
        epochs=before.epochs + 1,
        parameters=trainer.parameters,
        built=fold.built + trainer.timings.built,
        traced=fold.traced + trainer.timings.traced,
        trained=before.trained + score.seconds_trained,
        validated=before.validated + score.seconds_validated,
    )
