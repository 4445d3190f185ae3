"""One configuration over its folds: a stream of reports, and the trial's value.

The value of a trial is the peak of a smoothed curve: at each epoch the validation
predictions of all folds are pooled and scored once (``search.trial.fold_history`` says
how, where folds stop early). The epoch of the peak is the one that retraining stops at.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from data_pipeline.system.seeds import child_seed
from data_pipeline.targets.targets import Targets
from models.config.config import ModelConfig
from models.evaluation.baseline import baseline_predictions
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from models.metrics.thresholds import choose_thresholds
from models.training.epoch import Arrays, EpochScore
from models.training.trainer import Trainer
from search.trial.checkpoints import Checkpoints
from search.trial.curve import peak, smoothed
from search.trial.evaluator import Judge, weighted_mean, worth
from search.trial.fold_history import FoldRun, pooled, pooled_watched, shared_rates
from search.trial.generalization_gap import Gap, judged, training_sample
from search.trial.messages import Completed, Job, Pruned, Report, Spent


def run_trial(
    trainer: Trainer,
    arrays: Arrays,
    job: Job,
    config: ModelConfig,
    seed: int,
    checkpoints: Checkpoints | None = None,
) -> Generator[Report, None, Completed | Pruned]:
    """Trains a configuration on each fold in turn.

    Args:
        trainer: keeps the compiled graphs.
        arrays: pixels and targets of the development rows.
        job: folds, objective and stride.
        config: what to train.
        seed: of everything random in this trial.
        checkpoints: keeps the folds' best epochs on disk, where they are wanted.

    Yields:
        A report after every epoch; the caller may close the generator to prune.

    Returns:
        The completed trial, or a pruned one where training diverged.
    """
    spent = Spent()
    runs: list[FoldRun] = []
    for index in range(len(job.folds)):
        before, run = spent, FoldRun()
        runs.append(run)
        judge = Judge(job, index)
        stream = trainer.fit(
            config, arrays, judge.part, seed=child_seed(seed, "fold", index)
        )
        for score in stream:
            spent = _add(spent, before, score, trainer)
            if not run.add(score):
                return Pruned(reason="diverged", spent=spent)
            if checkpoints is not None:
                checkpoints.add(index, run.values)
            over = run.over(config)
            curves = judge.curves(score)
            yield Report(
                step=index * job.stride + score.epoch,
                fold=index,
                epoch=score.epoch,
                value=run.values[-1],
                last=over and index == len(job.folds) - 1,
                spent=spent,
                curves=curves,
                gap=judge.gap(curves),
            )
            if over:
                break
    if checkpoints is not None:
        checkpoints.end([run.values for run in runs])
    rows = np.concatenate([fold.validation for fold in job.folds])
    outcome = completed(pooled(runs), job.truth.take(rows), job.objective, spent)
    return replace(
        outcome,
        learning_rates=shared_rates([run.rates for run in runs]),
        gap=_gap(job, outcome, pooled_watched(runs)),
    )


def completed(
    epochs: Sequence[Predictions],
    truth: Targets,
    objective: Mapping[str, float],
    spent: Spent,
) -> Completed:
    """Scores the pooled predictions of each epoch and picks the epoch of the peak.

    Args:
        epochs: for each epoch the predictions of all folds.
        truth: the labels of the same rows.
        objective: metric name to weight.
        spent: what the trial cost.

    Returns:
        The completed trial.
    """
    tables = [scores(truth, predictions) for predictions in epochs]
    curve = [weighted_mean(table, objective) for table in tables]
    smooth = smoothed(curve)
    epoch = peak(curve)
    return Completed(
        value=smooth[epoch - 1],
        epoch=epoch,
        curve=tuple(curve),
        scores={k: v for k, v in tables[epoch - 1].items() if math.isfinite(v)},
        thresholds=choose_thresholds(truth, epochs[epoch - 1])
        if truth.action_units
        else {},
        spent=spent,
    )


def _gap(job: Job, outcome: Completed, watched: Sequence[Predictions]) -> Gap | None:
    """Compares training rows with validation rows at the epoch of the value."""
    if not watched:
        return None
    samples = [training_sample(fold, index) for index, fold in enumerate(job.folds)]
    truth = job.truth.take(np.concatenate(samples))
    curve = [worth(truth, predictions, job.objective) for predictions in watched]
    constants = [
        baseline_predictions(job.truth.take(fold.train), count=len(fold.validation))
        for fold in job.folds
    ]
    rows = np.concatenate([fold.validation for fold in job.folds])
    constant = Predictions.concatenate(constants)
    return judged(
        outcome.value,
        trained=smoothed(curve)[outcome.epoch - 1],
        baseline=worth(job.truth.take(rows), constant, job.objective),
    )


def _add(before: Spent, fold: Spent, score: EpochScore, trainer: Trainer) -> Spent:
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
