"""Tune's controller with idle workers that are kept, and chosen by their graphs."""

import sys
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any

from ray.exceptions import RayActorError, RayTaskError
from ray.tune.execution.tune_controller import TuneController
from ray.tune.experiment import Trial

from models.config.config import DataSpec, model_config
from search.executors.idle_workers import IdleWorkers

GraphsOf = Callable[[Mapping[str, Any]], frozenset[Hashable]]


class WarmController(TuneController):  # type: ignore[misc]
    """Gives a task to the idle worker that has its graphs; ends none in between.

    Nor does it end a worker that starts, as Tune does where another one is idle before:
    a node that joins would never be used where trials are shorter than that start.
    """

    def __init__(self, *args: Any, graphs_of: GraphsOf, **options: Any) -> None:
        """Takes the graphs of a task, beside what Tune gives."""
        super().__init__(*args, **options)
        self._graphs_of = graphs_of
        self._actor_cache = IdleWorkers()
        actors = self._actor_manager
        actors._actor_task_failed = as_deaths(actors._actor_task_failed)  # noqa: SLF001 - Ray has no setting for it

    def _maybe_reuse_cached_actor(self, trial: Trial) -> bool:
        if trial not in self._resetting_trials and self._has_starting_actor(trial):
            return False  # the next trial takes the idle one
        if self._actor_cache.num_cached_objects:
            self._actor_cache.expect(self._graphs_of(trial.config))
        return bool(super()._maybe_reuse_cached_actor(trial))

    def _has_starting_actor(self, trial: Trial) -> bool:
        """Whether a pending trial's worker has its place on a node, and starts."""
        actor = self._trial_to_actor.get(trial)
        return actor is not None and self._actor_manager.is_actor_started(actor)

    def _maybe_cache_trial_actor(self, trial: Trial) -> bool:
        worker = self._trial_to_actor[trial]
        self._actor_cache.has_run(worker, self._graphs_of(trial.config))
        return bool(super()._maybe_cache_trial_actor(trial))

    def _actor_failed(self, tracked_actor: Any, exception: Exception) -> None:
        self._actor_cache.forget(tracked_actor)
        super()._actor_failed(tracked_actor, exception)


def as_deaths(fail: Callable[..., None]) -> Callable[..., None]:
    """Takes any end of a worker's task that is no error of its own as its death.

    Tune ends the whole search where Ray ended a worker for lack of memory, or lost what
    it sent with its node: it expects other errors then.
    """

    def told(tracked_actor_task: Any, exception: Exception) -> None:
        if not isinstance(exception, RayActorError | RayTaskError):
            exception = RayActorError(error_msg=str(exception))
        fail(tracked_actor_task=tracked_actor_task, exception=exception)

    return told


def use_warm_controller(data_spec: DataSpec) -> None:
    """Makes Tune use it; Tune has no setting for its controller."""
    controller = partial(WarmController, graphs_of=partial(graphs_of, data_spec))
    sys.modules["ray.tune.tune"].TuneController = controller  # type: ignore[attr-defined]


def graphs_of(data_spec: DataSpec, task: Mapping[str, Any]) -> frozenset[Hashable]:
    """Returns the graphs of a trial or retraining."""
    request = task["trial"] if "trial" in task else task["retrain"]
    return model_config(request.values, data_spec).graphs
