"""Tune's controller: what it takes for the death of a worker."""

import pytest
from ray.exceptions import (
    ActorDiedError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    RayTaskError,
)

from search.executors.ray.controller import as_deaths
from search.executors.worker_death import LOW_MEMORY


def given(error):
    """Gives an error of a task to the controller; returns what Tune gets."""
    found = {}
    as_deaths(found.update)(tracked_actor_task=None, exception=error)
    return found["exception"]


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemoryError(f"killed due to the node running {LOW_MEMORY}"),
        NodeDiedError("the node is dead"),
        ObjectLostError("ab" * 28, None, ""),
    ],
)
def test_what_ray_ends_is_a_death(error):
    """A worker without memory or node died, by its own words; Tune knows that."""
    assert isinstance(given(error), RayActorError)
    assert str(given(error)) == str(error)


@pytest.mark.parametrize(
    "error", [ActorDiedError(), RayTaskError("step", "Traceback", ValueError())]
)
def test_other_errors_stay(error):
    """What Tune knows reaches it as it is."""
    assert given(error) is error
