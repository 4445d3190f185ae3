"""Which trial is fine-tuned next: the best whose heads were trained on features."""

from collections.abc import Iterable, Mapping, Sequence

from optuna.trial import FrozenTrial, TrialState

from models.config.hyperparameters import FEATURES, FULL, Value
from search.sampling.objectives import value_of
from search.sampling.parameter_sets import (
    FINETUNE_OF,
    is_infeasible,
    ordinal_of,
    params_of,
)
from search.sampling.rungs import Steps
from search.study.finetuning import STAGE
from search.study.space import SearchSpace
from search.study.study import Study


def head_stage(study: Study) -> dict[str, Value]:
    """Returns what a sampler may not choose: with fine-tuning it proposes heads."""
    return {STAGE: FEATURES} if study.search.finetune_best else {}


def trains_head(params: Mapping[str, Value]) -> bool:
    """Whether a trial's parameters train the head alone."""
    return params.get(STAGE) == FEATURES


def next_to_finetune(
    trials: Sequence[FrozenTrial], count: int, steps: Steps
) -> FrozenTrial | None:
    """Returns the best head trial that is not fine-tuned yet.

    Completed ones come first, then pruned ones by the rung that they reached and their
    value there: early pruning leaves few completed ones.

    Args:
        trials: all of a search's own, waiting ones included.
        count: only so many of the best are fine-tuned; equal ones count once.
        steps: how trials count their steps.

    Returns:
        A completed or pruned trial, or ``None``.
    """
    taken = {trial.user_attrs.get(FINETUNE_OF) for trial in trials}
    heads = [(_reached(trial, steps), trial) for trial in trials if _may_be(trial)]
    best = _distinct((key, trial) for key, trial in heads if key is not None)
    return next((each for each in best[:count] if each.number not in taken), None)


def finetuned_params(head: Mapping[str, Value], space: SearchSpace) -> dict[str, Value]:
    """Returns the parameters of a head trial at the stage of the whole model.

    Keys that only that stage has are left to the sampler.
    """
    config: dict[str, Value] = dict(space.fixed)
    params: dict[str, Value] = {}
    for parameter in space.parameters:
        key = parameter.key
        if (key in head or key == STAGE) and parameter.active(config):
            config[key] = params[key] = FULL if key == STAGE else head[key]
    return params


def describe_finetuning(of: int) -> str:
    """Names a trial by the head trial that it fine-tunes.

    Example:
        >>> describe_finetuning(12)
        'fine-tunes trial 12'
    """
    return f"fine-tunes trial {of}"


def _may_be(trial: FrozenTrial) -> bool:
    ended = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    return ended and trains_head(trial.params) and not is_infeasible(trial)


def _reached(trial: FrozenTrial, steps: Steps) -> tuple[int, float] | None:
    """Returns the last rung that a trial reached, and its value there."""
    if trial.state == TrialState.COMPLETE:
        return len(steps.rungs), value_of(trial) or 0.0
    values = (
        (rung, steps.value_at_rung(trial, rung)) for rung, _ in enumerate(steps.rungs)
    )
    return max(((rung, v) for rung, v in values if v is not None), default=None)


def _distinct(
    heads: Iterable[tuple[tuple[int, float], FrozenTrial]],
) -> list[FrozenTrial]:
    """Sorts trials from the best; of equal parameters the best is kept."""
    ranked = sorted(
        heads, key=lambda each: (each[0], -ordinal_of(each[1])), reverse=True
    )
    found: dict[str, FrozenTrial] = {}
    for _, trial in ranked:
        found.setdefault(repr(sorted(params_of(trial).items())), trial)
    return list(found.values())
