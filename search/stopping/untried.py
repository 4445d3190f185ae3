"""What a search has still to try: enqueued configurations, a grid's, fine-tunings."""

import itertools
from collections.abc import Iterable, Sequence

from optuna.trial import FrozenTrial, TrialState

from models.config.hyperparameters import Value
from search.sampling.finetuning import head_stage, next_to_finetune
from search.sampling.parameter_sets import next_unseen
from search.sampling.rungs import steps_of
from search.study.algorithms import sampler_of
from search.study.study import Study


def is_grid(study: Study) -> bool:
    """Whether a study's search walks a grid, which has an end."""
    return sampler_of(study.search.sampler).walks_grid


def next_untried(
    study: Study, trials: Sequence[FrozenTrial]
) -> dict[str, Value] | None:
    """Returns the first untried parameter set: enqueued ones, then the grid's."""
    enqueued = (one.params for one in study.enqueued)
    grid: Iterable[dict[str, Value]] = ()
    if is_grid(study):
        wanted = head_stage(study).items()
        sets = study.space.parameter_sets()
        grid = (params for params in sets if wanted <= params.items())
    return next_unseen(trials, itertools.chain(enqueued, grid))


def next_head(study: Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """Returns the trial that is fine-tuned next; ``None`` where there is none."""
    return next_to_finetune(trials, study.search.finetune_best, steps_of(study))


def grid_is_exhausted(study: Study, trials: Sequence[FrozenTrial]) -> bool:
    """Whether every configuration of a grid has a trial, and none waits."""
    return (
        is_grid(study)
        and all(trial.state != TrialState.WAITING for trial in trials)
        and next_untried(study, trials) is None
        and next_head(study, trials) is None
    )
