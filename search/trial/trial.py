"""Trains one configuration over its folds; yields reports, returns the trial's value.

The value of a trial is the peak of a smoothed curve: at each epoch the validation
predictions of all folds are pooled and scored once (``search.trial.fold_history`` shows
how, if folds stop early). Retraining stops at the epoch of the peak.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from data_pipeline.system.seeds import child_seed
from data_pipeline.targets.targets import Targets
from models.calibration.calibration import CalibrationFit
from models.calibration.fitting import fit_calibration
from models.config.config import ModelConfig
from models.evaluation.out_of_fold import halved
from models.metrics.action_units import RANKED_METRICS
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from models.metrics.thresholds import choose_thresholds
from models.training.epoch import Arrays, EpochScore
from models.training.trainer import Trainer
from search.costs.limits import broken_limits, describe_broken
from search.trial.curve import peak, smoothed
from search.trial.evaluator import OBJECTIVE, FoldEvaluator
from search.trial.finished.keeper import Keeper
from search.trial.fold_history import FoldHistory, pooled, pooled_samples, shared_rates
from search.trial.generalization_gap import (
    Gap,
    baseline_value,
    classify_fit,
    training_sample,
)
from search.trial.messages import CONSTRAINT, Completed, Job, Pruned, Report, Spent
from search.trial.objective import score, weighted_mean

NOTHING_KEPT = Keeper()


def run_trial(
    trainer: Trainer,
    arrays: Arrays,
    job: Job,
    config: ModelConfig,
    seed: int,
    keeper: Keeper = NOTHING_KEPT,
) -> Generator[Report, None, Completed | Pruned]:
    """Trains a configuration on each fold in turn.

    ``arrays`` are pixels and targets of the development rows; ``seed`` determines
    everything random. Yields a report after every epoch: the caller may close the
    generator to prune. Returns a pruned trial where training diverged, or before it
    where the model breaks a limit. What ``keeper`` has of an earlier run is not trained
    again: its reports are repeated.
    """
    spent = keeper.spent() or _measured(trainer, job, config)
    excess = broken_limits(spent.costs(), job.limits)
    if excess:
        why = describe_broken(excess, job.limits)
        return Pruned(reason=CONSTRAINT, spent=spent, excess=excess, why=why)
    folds: list[FoldHistory] = []
    for index in range(len(job.folds)):
        done = keeper.take_over(index)
        if done is not None:
            folds.append(done.history)
            spent = done.spent
            yield from done.reports
            continue
        before, fold, reports = spent, FoldHistory(), list[Report]()
        folds.append(fold)
        evaluator = FoldEvaluator(job, index)
        epochs = trainer.fit(
            config, arrays, evaluator.part, seed=child_seed(seed, "fold", index)
        )
        for epoch in epochs:
            spent = spent.after_epoch(
                epoch,
                built=before.built + trainer.timings.built,
                traced=before.traced + trainer.timings.traced,
            )
            if not fold.add(epoch):
                return Pruned(reason="diverged", spent=spent)
            is_over = fold.is_over(config)
            last = is_over and index == len(job.folds) - 1
            reports.append(_report(job, evaluator, epoch, spent, last=last))
            yield keeper.keep(fold, reports, is_over=is_over)
            if is_over:
                break
    keeper.end(folds)
    return _outcome(job, folds, spent)


def _report(
    job: Job, evaluator: FoldEvaluator, epoch: EpochScore, spent: Spent, *, last: bool
) -> Report:
    """Reports the epoch that was scored last."""
    curves = evaluator.curves(epoch)
    return Report(
        step=evaluator.index * job.stride + epoch.epoch,
        fold=evaluator.index,
        epoch=epoch.epoch,
        value=curves.validation[OBJECTIVE],
        last=last,
        spent=spent,
        curves=curves,
        gap=evaluator.gap(curves),
        metrics=evaluator.metrics(),
        rows=evaluator.rows,
    )


def _outcome(job: Job, folds: Sequence[FoldHistory], spent: Spent) -> Completed:
    """Scores a trial that was trained over all its folds."""
    rows = np.concatenate([fold.validation for fold in job.folds])
    targets = job.scoring_targets.take(rows)
    pools = pooled(folds)
    outcome = completed(
        pools, targets, job.objective, spent, groups=job.groups_of(rows)
    )
    return replace(
        outcome,
        calibration=_calibration(job, rows, pools[outcome.epoch - 1]),
        learning_rates=shared_rates([fold.rates for fold in folds]),
        gap=_gap(job, outcome, pooled_samples(folds)),
    )


def _measured(trainer: Trainer, job: Job, config: ModelConfig) -> Spent:
    """Measures the model, and its latency if the rest keeps to limits.

    The graph that is built for this is kept for the training.
    """
    cost = trainer.cost(config)
    spent = Spent(parameters=cost.parameters, model_bytes=cost.model_bytes)
    if job.times_models and not broken_limits(spent.costs(), job.limits):
        latency = trainer.timed(cost, config).latency_ms
        spent = replace(spent, latency_ms=latency)
    times = trainer.timings
    return replace(spent, built=times.built, traced=times.traced)


def completed(
    epochs: Sequence[Predictions],
    targets: Targets,
    objective: Mapping[str, float],
    spent: Spent,
    *,
    groups: np.ndarray | None = None,
) -> Completed:
    """Scores the pooled predictions of each epoch and picks the epoch of the peak."""
    tables = [scores(targets, predictions, own=objective) for predictions in epochs]
    curve = [weighted_mean(table, objective) for table in tables]
    if groups is not None:
        curve = [score(targets, each, objective, groups) for each in epochs]
    smooth = smoothed(curve)
    epoch = peak(curve)
    return Completed(
        value=smooth[epoch - 1],
        epoch=epoch,
        curve=tuple(curve),
        scores={k: v for k, v in tables[epoch - 1].items() if math.isfinite(v)},
        thresholds=choose_thresholds(targets, epochs[epoch - 1])
        if targets.action_units
        else {},
        spent=spent,
        predictions=halved(epochs[epoch - 1]),
        metrics={
            name: smoothed([weighted_mean(table, {name: 1.0}) for table in tables])[
                epoch - 1
            ]
            for name in objective
        },
    )


def _calibration(job: Job, rows: np.ndarray, pool: Predictions) -> CalibrationFit:
    """Fits the calibration of pooled predictions of rows, to what was learned."""
    subjects = np.arange(len(job.targets)) if job.subjects is None else job.subjects
    return fit_calibration(
        job.targets.take(rows),
        pool,
        subjects=subjects[rows],
        units_at_half=any(map(_decides_at_half, job.objective)),
    )


def _decides_at_half(metric: str) -> bool:
    """Whether a metric counts decisions about action units, which are at 0.5."""
    head, _, name = metric.partition(".")
    return head == "action_units" and name not in RANKED_METRICS


def _gap(job: Job, outcome: Completed, samples: Sequence[Predictions]) -> Gap | None:
    """Compares training rows with validation rows at the epoch of the value."""
    if not samples:
        return None
    rows = [training_sample(fold, index) for index, fold in enumerate(job.folds)]
    sample = np.concatenate(rows)
    targets, groups = job.scoring_targets.take(sample), job.groups_of(sample)
    curve = [score(targets, each, job.objective, groups) for each in samples]
    return classify_fit(
        outcome.value,
        trained=smoothed(curve)[outcome.epoch - 1],
        baseline=baseline_value(
            job.scoring_targets, job.folds, job.objective, groups=job.groups
        ),
    )
