"""BOHB learns from the highest rung with enough trials, a third of it from nothing."""

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from search.sampling.bohb import BohbSampler
from search.sampling.samplers import SamplerContext
from search.study.space import Choices, FloatRange, Parameter, SearchSpace
from tests.strategies.pruners import STEPS
from tests.strategies.samplers import begin

UNIT = FloatRange(low=0.0, high=1.0)
SPACE = SearchSpace(parameters=tuple(Parameter(key=key, domain=UNIT) for key in "xyz"))
ENOUGH = 5
"""Two more than the keys of the space."""

RUNGS = [1, 2, 7, 21]
COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL


def propose(trials, ordinal, *, space=SPACE, seed=7):
    """Takes one proposal of a freshly built sampler, without keeping the trial."""
    context = SamplerContext(
        name="bohb", space=space, steps=STEPS, seed=seed, ordinal=ordinal
    )
    trials.sampler = BohbSampler(context)
    trial = trials.ask()
    values = space.suggest(trial)
    trials.tell(trial, state=FAIL)
    return values


def point(number):
    """Spreads the keys of the trials over the space."""
    return {key: number * step % 1 for key, step in zip("xyz", (0.31, 0.57, 0.83))}  # noqa: B905 - two threes


def add(trials, number, reached, better, *, state=PRUNED, **others):
    """Adds a trial that reached some rungs, the better the nearer x is to a point."""
    params = point(number)
    value = -abs(params["x"] - better)
    trials.add_trial(
        optuna.create_trial(
            state=state,
            value=value if state == COMPLETE else None,
            params=params,
            distributions=dict.fromkeys(params, FloatDistribution(0.0, 1.0)),
            intermediate_values=dict.fromkeys(RUNGS[:reached], value),
            **others,
        )
    )


def filled(*groups):
    """Makes a study of trials: how many reached how many rungs, and where x is best."""
    trials, number = begin(), 0
    for count, reached, better in groups:
        for _ in range(count):
            number += 1
            add(trials, number, reached, better)
    return trials


def proposals(*groups, count=12):
    """Proposes trials of some ordinals beside the same others."""
    return [propose(filled(*groups), ordinal) for ordinal in range(count)]


def test_a_third_is_random():
    """Exactly one proposal in three is independent of the trials' values."""
    low, high = (proposals((20, 2, at), count=30) for at in (0.1, 0.9))
    pairs = zip(low, high, strict=True)
    same = [one == other for one, other in pairs]
    assert sum(same) == 10
    assert same == [ordinal % 3 == 2 for ordinal in range(30)]


def test_at_random_before_enough():
    """With fewer trials at each rung than two more than the keys, all are random."""
    few = (ENOUGH - 1, 1, 0.1)
    assert proposals(few) == proposals((0, 0, 0.0))
    assert proposals((ENOUGH, 1, 0.1)) != proposals((0, 0, 0.0))


@pytest.mark.parametrize("rung", [2, 3, 4])
def test_the_highest_rung_alone(rung):
    """Values at lower rungs change no proposal."""
    far = (ENOUGH, rung, 0.2)
    assert proposals(far, (20, rung - 1, 0.1)) == proposals(far, (20, rung - 1, 0.9))


@pytest.mark.parametrize("rung", [2, 3, 4])
def test_not_from_too_few(rung):
    """A rung with too few trials is left out, and the one below is learned from."""
    few, rest = (ENOUGH - 1, rung, 0.2), (20, rung - 1, 0.1)
    assert proposals(few, rest) != proposals(few, (20, rung - 1, 0.9))


def test_the_end_is_the_highest():
    """With enough completed trials, only their final values are used."""
    found = []
    for better in (0.1, 0.9):
        trials = filled((20, 4, better))
        for number in range(ENOUGH):
            add(trials, 100 + number, 4, 0.5, state=COMPLETE)
        found.append([propose(trials, ordinal) for ordinal in (0, 1, 3, 4)])
    assert found[0] == found[1]


def test_failed_trials_teach_nothing():
    """A failed trial, as one that a crash interrupted, changes no proposal."""
    trials = filled((20, 2, 0.1))
    before = [propose(trials, ordinal) for ordinal in range(6)]
    for number in range(20):
        add(trials, 100 + number, 4, 0.9, state=FAIL)
    assert [propose(trials, ordinal) for ordinal in range(6)] == before


def test_it_learns():
    """Proposals are near the place where the trials of the rung were good."""
    learned = [p for i, p in enumerate(proposals((40, 1, 0.3), count=30)) if i % 3 < 2]
    assert sum(abs(values["x"] - 0.3) < 0.2 for values in learned) >= 16


def test_it_keeps_away_from_divergence():
    """Trials that diverged before any rung count as bad."""
    trials = begin()
    for number in range(60):
        if point(number)["x"] > 0.5:
            add(trials, number, 0, 0.0, constraints={"divergence": 1.0})
        else:
            add(trials, number, 1, 0.5)
    learned = [propose(trials, i)["x"] for i in range(60) if i % 3 < 2]
    assert sum(x < 0.5 for x in learned) > 0.7 * len(learned)


def test_divergence_makes_no_trial_good():
    """A tenth of the rung's trials are good, however many others diverged."""
    trials = filled((20, 1, 0.2))
    for number in range(200):
        add(trials, number, 0, 0.0, constraints={"divergence": 1.0})
    learned = [propose(trials, i)["x"] for i in range(30) if i % 3 < 2]
    assert sum(abs(x - 0.2) < 0.15 for x in learned) >= 16


def test_running_trials():
    """A running trial counts at the rungs that it has reached."""
    found = []
    for better in (0.1, 0.9):
        trials = filled((ENOUGH - 1, 1, better))
        running = trials.ask(dict.fromkeys("xyz", FloatDistribution(0.0, 1.0)))
        for step in (1, 2):
            running.report(0.5, step)
        found.append([propose(trials, ordinal) for ordinal in (0, 1, 3)])
    assert found[0] != found[1]


def test_conditional_keys():
    """A key with a condition is learned from the trials of the rung that have it."""
    kinds = Parameter(key="kind", domain=Choices(values=("a", "b")))
    inner = Parameter(key="y", domain=UNIT, when=(("kind", ("b",)),))
    space = SearchSpace(parameters=(kinds, inner))
    trials = begin()
    for ordinal in range(60):
        values = propose_and_tell(trials, ordinal, space)
        assert ("y" in values) == (values["kind"] == "b")
    learned = [propose(trials, i, space=space) for i in range(60, 90) if i % 3 < 2]
    near = [abs(values["y"] - 0.7) < 0.2 for values in learned if "y" in values]
    assert sum(near) > 0.6 * len(near) > 6


def propose_and_tell(trials, ordinal, space):
    """Runs one trial, best where the inner key is .7, to its first rung."""
    context = SamplerContext(
        name="bohb", space=space, steps=STEPS, seed=3, ordinal=ordinal
    )
    trials.sampler = BohbSampler(context)
    trial = trials.ask()
    values = space.suggest(trial)
    for step in (1, 2):
        trial.report(1 - abs(values.get("y", 0.0) - 0.7), step)
    trials.tell(trial, state=PRUNED)
    return values


def test_shared_keys():
    """It learns the keys that all completed trials have, as Optuna's TPE does."""
    trials = begin()
    kinds = {key: FloatDistribution(0.0, 1.0) for key in "zyx"}
    kinds["one"] = FloatDistribution(1.0, 1.0)
    for number in range(ENOUGH + 1):
        had = {k: v for k, v in kinds.items() if k != "y" or number % 2}
        params = dict.fromkeys(had, 0.5) | {"one": 1.0}
        trials.add_trial(
            optuna.create_trial(params=params, distributions=had, value=number)
        )
    context = SamplerContext(
        name="bohb", space=SPACE, steps=STEPS, seed=7, ordinal=ENOUGH + 1
    )
    trial = trials.ask()
    expected = optuna.samplers.TPESampler().infer_relative_search_space(trials, trial)
    found = BohbSampler(context).infer_relative_search_space(trials, trial)
    assert [*found.items()] == [*expected.items()]
    assert [*found] == ["x", "z"]
