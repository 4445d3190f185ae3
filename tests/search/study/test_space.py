"""The search space: points to configurations and back, ends, grids, conditions."""

import itertools

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.study.space import (
    Choices,
    FloatRange,
    IntRange,
    Parameter,
    SearchSpace,
    grid_size,
    grid_values,
    largest_grid,
)
from tests.strategies.space import Suggester, contains, domains, grids, spaces

WHEN = (("kind", ("deep",)),)
TREE = SearchSpace(
    parameters=(
        Parameter(key="kind", domain=Choices(values=("flat", "deep"))),
        Parameter(key="depth", domain=IntRange(low=2, high=6, step=2), when=WHEN),
        Parameter(key="rate", domain=FloatRange(low=0.0, high=0.2, step=0.1)),
    ),
    fixed=(("epochs", 30),),
)


def single(domain):
    """Makes a space of one parameter."""
    return SearchSpace(parameters=(Parameter(key="x", domain=domain),))


@given(spaces(), st.integers(0, 2**31))
def test_round_trip(space, seed):
    """Params to configuration to params is the identity."""
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask()
    config = space.suggest(trial)
    assert space.params(config) == trial.params
    assert space.config(space.params(config)) == config


@given(spaces(), st.integers(0, 2**31))
def test_bounds(space, seed):
    """Suggestions are in their domain, and only active keys are suggested."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    config = space.suggest(study.ask())
    for parameter in space.parameters:
        if parameter.key in config:
            assert contains(parameter.domain, config[parameter.key])
        assert (parameter.key in config) == parameter.active(config)


@given(domains(), st.sampled_from([min, max]))
def test_ends_are_reachable(domain, end):
    """Both ends of a domain are reached, and nothing outside it."""
    config = single(domain).suggest(Suggester(end))
    match domain:
        case Choices(values=values):
            assert config["x"] == values[0 if end is min else -1]
        case IntRange(low=low, high=high) | FloatRange(low=low, high=high):
            assert config["x"] == end(low, high)


@pytest.mark.parametrize(
    ("domain", "ends"),
    [
        (IntRange(low=2, high=6, step=2), {2, 6}),
        (FloatRange(low=0.0, high=0.6, step=0.1), {0.0, 0.6}),
        (IntRange(low=1, high=3, log=True), {1, 3}),
        (Choices(values=("a", "b", "c")), {"a", "c"}),
    ],
)
def test_ends_are_sampled(domain, ends):
    """Optuna's random sampler comes to both ends of a domain with few values."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    values = {single(domain).suggest(study.ask())["x"] for _ in range(200)}
    assert ends <= values


@given(grids())
def test_grid_values_are_the_domain(domain):
    """A grid's values are the domain's, each once, from end to end."""
    values = grid_values(domain)
    assert all(contains(domain, value) for value in values)
    assert len(set(values)) == len(values) == grid_size(domain)
    if not isinstance(domain, Choices):
        assert (values[0], values[-1]) == (domain.low, domain.high)


@given(spaces(grids(), most=4))
def test_grid_is_complete_and_unique(space):
    """The points are the distinct configurations of the full product of values."""
    if largest_grid(space) > 3000:
        return
    expected = set()
    for combination in itertools.product(
        *(grid_values(parameter.domain) for parameter in space.parameters)
    ):
        values, params = dict(space.fixed), {}
        for parameter, value in zip(space.parameters, combination, strict=True):
            if parameter.active(values):
                values[parameter.key] = params[parameter.key] = value
        expected.add(tuple(params.items()))
    points = [tuple(point.items()) for point in space.parameter_sets()]
    assert set(points) == expected
    assert len(points) == len(expected) <= largest_grid(space)


def test_grid_respects_conditions():
    """An inactive parameter multiplies no point: 3 flat ones and 9 deep ones."""
    points = list(TREE.parameter_sets())
    assert len(points) == 12
    assert points[0] == {"kind": "flat", "rate": 0.0}
    assert points[-1] == {"kind": "deep", "depth": 6, "rate": 0.2}


@given(spaces(grids(), most=3))
def test_grid_points_can_be_suggested(space):
    """A point that is enqueued comes back from Optuna as it was."""
    if largest_grid(space) > 100:
        return
    study = optuna.create_study()
    for point in space.parameter_sets():
        study.enqueue_trial(point)
        trial = study.ask()
        assert space.suggest(trial) == space.config(point)
        assert trial.params == point


@pytest.mark.parametrize(
    "domain",
    [
        FloatRange(low=0.0, high=1.0),
        FloatRange(low=0.1, high=1.0, log=True),
        IntRange(low=1, high=9, log=True),
    ],
)
def test_no_grid(domain):
    """A continuous range and a log range have no grid."""
    assert (grid_values(domain), grid_size(domain)) == ((), 0)


def test_small_steps_are_kept():
    """Values far below 1 keep their digits."""
    domain = FloatRange(low=1.5e-9, high=4.5e-9, step=1.5e-9)
    assert grid_values(domain) == (1.5e-9, 3e-9, 4.5e-9)


def test_large_grids_are_counted_unlisted():
    """A grid of 10**9 values is counted without being made."""
    space = single(FloatRange(low=0.0, high=1.0, step=1e-9))
    assert largest_grid(space) == 10**9 + 1


@pytest.mark.parametrize(
    ("parameters", "fixed", "highest"),
    [
        ((), (), 30),
        ((), (("x", 4),), 4),
        ((Parameter(key="x", domain=Choices(values=(5, 9, 7))),), (), 9),
        ((Parameter(key="x", domain=IntRange(low=2, high=8)),), (), 8),
        ((Parameter(key="x", domain=FloatRange(low=2.0, high=8.5)),), (), 8.5),
        ((Parameter(key="x", domain=Choices(values=(5,)), when=WHEN),), (), 30),
        ((Parameter(key="x", domain=Choices(values=(50,)), when=WHEN),), (), 50),
    ],
)
def test_highest(parameters, fixed, highest):
    """The highest value counts the default where a condition may fail."""
    assert SearchSpace(parameters=parameters, fixed=fixed).highest("x", 30) == highest
