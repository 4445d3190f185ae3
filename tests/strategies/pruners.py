"""Trials that report, for the laws of pruners: curves over folds and epochs."""

import numpy as np
import optuna
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from search.ledger.pruners import build_pruner
from search.sampling.parameter_sets import ORDINAL
from search.sampling.rungs import EPOCHS, Steps

STEPS = Steps(folds=4, stride=9, epochs=9)
"""Its rungs are the steps 1, 2, 7 and 21: epochs of the folds 0, 0, 0 and 2."""


def begin(pruner, *, name="laws"):
    """Makes an Optuna study in memory with a pruner."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.RandomSampler(seed=1)
    return optuna.create_study(
        study_name=name, direction="maximize", pruner=pruner, sampler=sampler
    )


def walk(steps=STEPS, *, epochs=None):
    """Lists the steps that a trial reports, of which the last is not pruned."""
    taken = steps.stride if epochs is None else epochs
    return [
        fold * steps.stride + epoch
        for fold in range(steps.folds)
        for epoch in range(1, taken + 1)
    ]


def curve(values, *, steps=STEPS, epochs=None):
    """Puts values, one a report, at the steps of a trial."""
    return dict(zip(walk(steps, epochs=epochs), values, strict=False))


def flat(value, *, steps=STEPS, epochs=None):
    """Makes the curve of a trial that is always as good."""
    return dict.fromkeys(walk(steps, epochs=epochs), value)


def ended_trial(reports, *, state=TrialState.COMPLETE, value=0.5, **others):
    """Makes a trial that has ended; a complete one has a value."""
    value = value if state == TrialState.COMPLETE else None
    return optuna.create_trial(
        state=state, value=value, intermediate_values=reports, **others
    )


def trained_for(epochs):
    """Names the parameters of a trial that has so many epochs a fold."""
    kind = optuna.distributions.IntDistribution(1, 1000)
    return {"params": {EPOCHS: epochs}, "distributions": {EPOCHS: kind}}


def add(study, reports, *, state=TrialState.COMPLETE, value=0.5, ordinal=None):
    """Adds a trial that has ended; a complete one has a value."""
    attributes = {} if ordinal is None else {ORDINAL: ordinal}
    trial = ended_trial(reports, state=state, value=value, user_attrs=attributes)
    study.add_trial(trial)


def run(study, reports, *, ordinal=None):
    """Runs a trial as the ledger does; returns the step it was pruned at, if any."""
    trial = study.ask()
    if ordinal is not None:
        trial.set_user_attr(ORDINAL, ordinal)
    for step, value in reports.items():
        trial.report(value, step)
        if step != max(reports) and trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return step
    study.tell(trial, max(reports.values()))
    return None


def verdict(name, others, reports, *, steps=STEPS):
    """Decides on a trial at its last report, beside others that have ended."""
    study = begin(build_pruner(name, steps))
    for number, (other, state) in enumerate(others):
        add(study, other, state=state, value=number * 7 % 10 / 10)
    trial = study.ask()
    for step, value in reports.items():
        trial.report(value, step)
    return trial.should_prune()


LAWS = settings(
    max_examples=40,
    deadline=None,
    # Laws are inherited; they keep nothing on the instance they run on.
    suppress_health_check=[HealthCheck.differing_executors],
)
SEEDS = st.integers(0, 2**32 - 1)


def drawn_curve(generator, *, steps=STEPS, whole=True):
    """Draws the reports of a trial, of few values, so that ties happen."""
    places = walk(steps)
    count = len(places) if whole else int(generator.integers(1, len(places) + 1))
    level = generator.integers(0, 5)
    values = (level + generator.integers(0, 4, count)) / 10
    return dict(zip(places[:count], map(float, values), strict=True))


def curves(*, whole=False):
    """Draws the reports of a trial, up to any step unless it must be whole."""
    return SEEDS.map(lambda seed: drawn_curve(np.random.default_rng(seed), whole=whole))


def crowd(count):
    """Draws whole trials to come one after the other."""

    def build(seed):
        generator = np.random.default_rng(seed)
        return [drawn_curve(generator) for _ in range(count)]

    return SEEDS.map(build)


def ended():
    """Draws ended trials: complete ones, as many as pruners need, and pruned ones."""

    def build(seed):
        generator = np.random.default_rng(seed)
        complete = [drawn_curve(generator) for _ in range(generator.integers(0, 9))]
        pruned = [
            drawn_curve(generator, whole=False) for _ in range(generator.integers(0, 4))
        ]
        return [
            *((reports, TrialState.COMPLETE) for reports in complete),
            *((reports, TrialState.PRUNED) for reports in pruned),
        ]

    return SEEDS.map(build)


def changed_elsewhere(others, kept, seed):
    """Draws other reports for trials at every step that is not kept."""
    generator = np.random.default_rng(seed)
    return [
        (
            {
                step: value if step in kept else float(generator.integers(0, 11) / 10)
                for step, value in reports.items()
            },
            state,
        )
        for reports, state in others
    ]
