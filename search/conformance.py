"""What samplers and pruners of the user's own must do.

    from search.conformance import check_pruner, check_sampler

    check_sampler("mysearch:small_tpe")

The tests of this project's own samplers and pruners use the same laws.
"""

import math
from dataclasses import replace
from typing import Any

import optuna

from data_pipeline.own_code.laws import check_laws, law_of, must
from models.config.hyperparameters import Value
from search.ledger.pruners import build_pruner
from search.sampling.rungs import Steps
from search.sampling.samplers import build_sampler
from search.study.algorithms import OWN_PRUNER, OWN_SAMPLER
from search.study.enqueued import value_in_domain
from search.study.space import SearchSpace
from search.study.study import read_study

RATE = "training.learning_rate"
STUDY = read_study("ckplus")
STEPS = Steps(folds=2, stride=9, epochs=9)
TRIALS = 8

Proposal = dict[str, Value]


def check_sampler(name: str) -> None:
    """Checks a sampler on the space of the study ``ckplus``.

    Args:
        name: its code path, or a short name.

    Raises:
        StudyError: it cannot be imported, or makes no sampler.
        ConformanceError: it breaks a law.
    """
    cases = (in_bounds, repeats, other_seed_differs, restart_draws_anew)
    check_laws(OWN_SAMPLER, name, (law_of(case, name) for case in cases))


def check_pruner(name: str) -> None:
    """Checks a pruner on curves of two folds.

    Args:
        name: its code path, or a short name.

    Raises:
        StudyError: it cannot be imported, or makes no pruner.
        ConformanceError: it breaks a law.
    """
    cases = (keeps_the_first, keeps_the_best, judges_by_reports)
    check_laws(OWN_PRUNER, name, (law_of(case, name) for case in cases))


def begin() -> optuna.Study:
    """Makes an Optuna study in memory; by its name Hyperband chooses brackets."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(study_name="laws", direction="maximize")


def built(
    name: str, *, seed: int = 7, ordinal: int = 0, space: SearchSpace = STUDY.space
) -> Any:
    """Builds the sampler of one trial."""
    search = replace(STUDY.search, sampler=name, seed=seed)
    return build_sampler(replace(STUDY, search=search, space=space), ordinal=ordinal)


def proposals(
    name: str, *, seed: int = 7, count: int = 6, trials: optuna.Study | None = None
) -> list[Proposal]:
    """Takes proposals of freshly built samplers and reports each one's value.

    A study that has trials already continues, as it does at a restart.
    """
    trials = begin() if trials is None else trials
    found = []
    for ordinal in range(len(trials.trials), len(trials.trials) + count):
        trials.sampler = built(name, seed=seed, ordinal=ordinal)
        trial: Any = trials.ask()
        values = STUDY.space.suggest(trial)
        found.append(values)
        trials.tell(trial, 1.0 / (1.0 + abs(math.log10(float(values[RATE])) + 3.0)))
    return found


def in_bounds(name: str) -> None:
    """Proposals are in their domains and have the active keys only."""
    for values in proposals(name, count=12):
        for parameter in STUDY.space.parameters:
            key, active = parameter.key, parameter.active(values)
            must((key in values) == active, f"{key} in {values}")
            inside = not active or value_in_domain(parameter.domain, values[key])
            must(inside is not None, f"{key}: {values.get(key)}")


def repeats(name: str) -> None:
    """The same seed proposes the same."""
    must(proposals(name) == proposals(name), "other proposals the second time")


def other_seed_differs(name: str) -> None:
    """Another seed proposes something else from the first trial on."""
    both = zip(proposals(name), proposals(name, seed=8), strict=True)
    must(all(first != other for first, other in both), "the same proposal")


def restart_draws_anew(name: str) -> None:
    """A resumed run repeats no number drawn before."""
    trials = begin()
    found = [*proposals(name, trials=trials), *proposals(name, trials=trials)]
    rates = [values[RATE] for values in found]
    must(len(set(rates)) == len(rates), f"{RATE}: {rates}")


def keeps_the_first(name: str) -> None:
    """A trial without others to compare it with is not pruned."""
    must(not any(_verdicts(name, [], level=0.1)), "pruned")


def keeps_the_best(name: str) -> None:
    """A trial that leads at every report is not pruned."""
    others = [place / 10 for place in range(TRIALS)]
    must(not any(_verdicts(name, others, level=0.9)), "pruned")


def judges_by_reports(name: str) -> None:
    """A pruner that is built anew judges the same reports alike."""
    others = [place / 10 for place in range(TRIALS)]
    first, again = (_verdicts(name, others, level=0.35) for _ in range(2))
    must(first == again, f"{again} in place of {first}")


def _verdicts(name: str, others: list[float], *, level: float) -> list[bool]:
    """Judges a trial at each report but the last, beside completed ones."""
    steps = [
        fold * STEPS.stride + epoch
        for fold in range(STEPS.folds)
        for epoch in range(1, STEPS.epochs + 1)
    ]
    study = begin()
    for value in others:
        study.add_trial(
            optuna.create_trial(
                value=value, intermediate_values=dict.fromkeys(steps, value)
            )
        )
    trial, found = study.ask(), []
    for step in steps[:-1]:
        trial.report(level, step)
        frozen = study.get_trials(deepcopy=True)[trial.number]
        found.append(build_pruner(name, STEPS).prune(study, frozen))
    return found
