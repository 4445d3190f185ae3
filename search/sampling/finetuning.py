"""Which trial is fine-tuned next: the best whose heads were trained on features."""

from collections.abc import Iterable, Mapping, Sequence

from optuna.trial import FrozenTrial, TrialState

from models.config.hyperparameters import FEATURES, FULL, Value
from search.sampling.parameter_sets import FINETUNE_OF, ordinal_of, params_of
from search.study.finetuning import STAGE
from search.study.space import SearchSpace
from search.study.study import Study


def head_stage(study: Study) -> dict[str, Value]:
    """Returns what a sampler may not choose: with fine-tuning it proposes heads."""
    return {STAGE: FEATURES} if study.search.finetune_best else {}


def trains_head(params: Mapping[str, Value]) -> bool:
    """Whether a trial's parameters train the head alone."""
    return params.get(STAGE) == FEATURES


def next_to_finetune(trials: Sequence[FrozenTrial], count: int) -> FrozenTrial | None:
    """Returns the best head trial that is not fine-tuned yet.

    Args:
        trials: all of a search's own, waiting ones included.
        count: only so many of the best are fine-tuned; equal ones count once.

    Returns:
        A completed trial, or ``None``.
    """
    taken = {trial.user_attrs.get(FINETUNE_OF) for trial in trials}
    best = _distinct(
        trial
        for trial in trials
        if trial.state == TrialState.COMPLETE and trains_head(trial.params)
    )
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


def _distinct(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Sorts trials from the best; of equal parameters the best is kept."""
    ranked = sorted(trials, key=lambda each: (-(each.value or 0.0), ordinal_of(each)))
    found: dict[str, FrozenTrial] = {}
    for trial in ranked:
        found.setdefault(repr(sorted(params_of(trial).items())), trial)
    return list(found.values())
