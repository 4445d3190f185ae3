"""A search that is killed at any write ends as one that was never killed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.processes.killed_searches import (
    Mortal,
    killed,
    run,
    story,
    study_of,
)

SEARCHES = {
    "random": study_of("random", trials=5, pruner="median", enqueued=True),
    "grid": study_of("grid", trials=6, pruner="successive_halving"),
    "qmc": study_of("qmc", trials=6, pruner="hyperband"),
    "bohb": study_of("bohb", trials=16, pruner="successive_halving", enqueued=True),
    "tpe": study_of("tpe", trials=13, pruner="hyperband", enqueued=True),
    "cmaes": study_of("cmaes", trials=16, pruner="successive_halving"),
}
UNPRUNED = {
    "random": study_of("random", trials=6, enqueued=True),
    "grid": study_of("grid", trials=8),
}
SEVERAL = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
KILLS = st.lists(st.tuples(st.integers(0, 90), st.booleans()), min_size=1, max_size=4)


def whole(study, monkeypatch, **how):
    """Runs a search without kills; returns it, and its number of writes."""
    storage = Mortal()
    return story(run(study, storage, monkeypatch, **how)), storage.writes


@pytest.mark.parametrize(
    ("sampler", "step"),
    [("random", 1), ("grid", 1), ("qmc", 1), ("bohb", 9), ("tpe", 9), ("cmaes", 9)],
)
def test_one_kill(monkeypatch, sampler, step):
    """With one worker, values, pruned trials, counts and winner stay the same."""
    study = SEARCHES[sampler]
    expected, writes = whole(study, monkeypatch)
    for left in range(0, writes, step):
        ended = killed(study, [(left, left % 2 == 1)], monkeypatch)
        assert story(ended) == expected, f"killed before write {left}"


@SEVERAL
@given(kills=KILLS, sampler=st.sampled_from(["random", "bohb", "tpe", "cmaes", "qmc"]))
def test_several_kills(monkeypatch, kills, sampler):
    """However often a search is killed, it ends the same."""
    study = SEARCHES[sampler]
    expected, _ = whole(study, monkeypatch)
    assert story(killed(study, kills, monkeypatch)) == expected


@SEVERAL
@given(
    kills=KILLS, sampler=st.sampled_from(["random", "grid"]), workers=st.integers(2, 3)
)
def test_several_workers(monkeypatch, kills, sampler, workers):
    """Random search and grids end the same with any number of workers."""
    study = UNPRUNED[sampler]
    expected, _ = whole(study, monkeypatch)
    assert story(killed(study, kills, monkeypatch, workers=workers)) == expected


@SEVERAL
@given(
    deaths=st.sets(st.integers(0, 20), max_size=2),
    kills=st.lists(st.tuples(st.integers(0, 90), st.booleans()), max_size=2),
    sampler=st.sampled_from(["random", "bohb", "tpe", "cmaes", "qmc"]),
)
def test_deaths(monkeypatch, deaths, kills, sampler):
    """A worker that dies once in a configuration changes nothing either."""
    study = SEARCHES[sampler]
    # No trial and its own retry.
    apart = {number for number in deaths if number - 1 not in deaths}
    expected, _ = whole(study, monkeypatch)
    if kills:
        apart = set(list(apart)[:1])
    assert story(killed(study, kills, monkeypatch, deaths=apart)) == expected
