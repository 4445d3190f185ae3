"""The Ray Tune executor: trials on warm workers, placed by Tune.

Optuna proposes and prunes; Tune only places trials on workers. A Searcher asks and
tells, a Scheduler reports and prunes, and a Trainable is a warm worker. The last
"trials" of a search are the retrainings, so that workers with compiled graphs run them.
"""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from data_pipeline.system.errors import RunError, describe_cause
from search.executors.heartbeat import (
    RETRAINING,
    forget,
    has_started,
    trial_name,
    was_left,
)
from search.executors.tune_bridge import FINISHED, Bridge
from search.executors.workers import Workers
from search.ledger.ledger import Ledger
from search.trial.finished.fold_files import FoldFiles
from search.trial.messages import Job, Retraining

# Ray reads its environment when it is imported: `local` or `joined` sets it before.
# isort: split
import ray
from ray import tune
from ray.tune.execution.class_cache import _ActorClassCache
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from search.executors.ray.controller import use_warm_controller
from search.executors.ray.worker import WarmTrainable

RECOUNT = 2.0
"""Seconds for which a count of places holds."""


def _same_environment(cache: Any, trainable: type) -> Any:
    """Makes an actor class without an environment of its own, as Tune gives it.

    Only so does a worker that is already running take a trial.
    """
    found = cache._cache  # noqa: SLF001 - Tune has no setting for it
    if trainable not in found:
        found[trainable] = ray.remote(trainable)
    return found[trainable]


_ActorClassCache.get = _same_environment


def run_ray(
    job: Job,
    ledger: Ledger,
    then: Retraining,
    session: Callable[[Job], AbstractContextManager[Workers]],
) -> None:
    """Runs trials on warm workers, then retrains as ``then`` plans.

    ``session`` starts Ray, or joins a cluster, for a job. ``RunError`` is raised where
    it cannot, or Ray fails.
    """
    with session(job) as workers:
        board = workers.post.board
        bridge = Bridge(
            ledger,
            then,
            has_started=partial(has_started, board),
            was_left=partial(was_left, board),
            was_killed=workers.was_killed,
            checkpoints=job.checkpoints,
        )
        bridge.folds = FoldFiles.of(job)
        bridge.in_cluster = workers.post.in_cluster
        _fit(job, bridge, workers)
    if bridge.error is not None:
        raise bridge.error


class LedgerSearcher(Searcher):  # type: ignore[misc]
    """Tune's Searcher over the ledger."""

    def __init__(self, bridge: Bridge, workers: Workers) -> None:
        """Takes the bridge, and the workers that may run trials at once."""
        super().__init__(metric=None, mode=None)
        self._bridge = bridge
        self._workers = workers
        self._counted, self._places = -math.inf, 0.0

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Asks the ledger; an error of the ledger ends the experiment."""
        try:
            if self._bridge.running() >= self._capacity():
                return None
            return self._bridge.suggest(trial_id)
        except Exception as error:  # noqa: BLE001 - raised again after Tune has ended
            self._bridge.error = error
            return FINISHED

    def _capacity(self) -> float:
        """Counts anew every few seconds: it is asked for all the time."""
        if time.monotonic() - self._counted > RECOUNT:
            self._bridge.use_nodes(self._workers.nodes())
            self._places, self._counted = self._workers.capacity(), time.monotonic()
        return self._places

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Does nothing: the Scheduler reports."""

    def on_trial_complete(
        self,
        trial_id: str,
        result: dict[str, Any] | None = None,
        error: bool = False,
    ) -> None:
        """Tells the ledger."""
        try:
            self._bridge.complete(trial_id, result, error=error)
        except Exception as raised:  # noqa: BLE001 - raised again after Tune has ended
            self._bridge.error = raised

    def save(self, checkpoint_path: str) -> None:
        """Saves nothing: the ledger is the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Restores nothing: the ledger is the state."""


class LedgerScheduler(FIFOScheduler):  # type: ignore[misc]
    """Tune's Scheduler over the ledger: Optuna's pruner decides."""

    def __init__(
        self,
        bridge: Bridge,
        last_words: Callable[[str], str],
        forget: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Takes the bridge, and a reader of a crashed worker's last output.

        ``forget`` takes what a worker that died had to do, as its heartbeat names it.
        """
        super().__init__()
        self._bridge = bridge
        self._last_words = last_words
        self._forget = forget

    def on_trial_result(
        self, tune_controller: Any, trial: Trial, result: dict[str, Any]
    ) -> str:
        """Reports an epoch and stops a pruned trial."""
        del tune_controller
        _drop_finished(trial)
        if self._bridge.error is not None and "outcome" not in result:
            return str(TrialScheduler.STOP)
        try:
            pruned = self._bridge.report(trial.trial_id, result)
        except Exception as error:  # noqa: BLE001 - raised again after Tune has ended
            self._bridge.error = error
            pruned = True
        return str(TrialScheduler.STOP if pruned else TrialScheduler.CONTINUE)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """Keeps the error of a worker; called before the Searcher."""
        super().on_trial_error(tune_controller, trial)
        error = _error_of(trial)
        self._bridge.trouble = f"{error}\n{self._last_words(error)}"
        number = self._bridge.number_of(trial.trial_id)
        # Other workers that retrain write their next heartbeat soon.
        self._forget(RETRAINING if number is None else trial_name(number))


def _drop_finished(trial: Trial) -> None:
    """Drops the finished folds that a worker has taken over.

    Tune keeps all trials to the end of the search and writes them as JSON. One that
    runs again is another trial to Tune.
    """
    for kept in (trial.config, trial.evaluated_params):
        if kept.get("finished"):
            kept["finished"] = ()
            trial.invalidate_json_state()


def _error_of(trial: Trial) -> str:
    """Reads the error file, which Tune copies to its storage later."""
    try:
        return Path(trial.error_file or "").read_text(errors="replace")
    except OSError:
        return ""


def _fit(job: Job, bridge: Bridge, workers: Workers) -> None:
    """Runs the experiment; ``RunError`` means that Tune failed, not a trial."""
    use_warm_controller(job.data_spec)
    try:
        _run(job, bridge, workers)
    except Exception as error:
        raise RunError(
            "Ray Tune failed; rerun the same command to resume:\n"
            f"{describe_cause(error)}"
        ) from error


def _run(job: Job, bridge: Bridge, workers: Workers) -> None:
    trainable = tune.with_resources(
        tune.with_parameters(WarmTrainable, job=job, post=workers.post),
        dict(workers.resources),
    )
    tune.run(
        trainable,
        search_alg=LedgerSearcher(bridge, workers),
        scheduler=LedgerScheduler(
            bridge, workers.last_words, partial(forget, workers.post.board)
        ),
        num_samples=-1,
        # Also forbids look-ahead: no trial is proposed before a worker is free.
        max_concurrent_trials=workers.most,
        reuse_actors=True,
        trial_dirname_creator=lambda trial: str(trial.trial_id),
        storage_path=str(workers.folder),
        name="search",
        verbose=0,
        checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        raise_on_failed_trial=False,
        # Through Ray's client, it would run on the cluster's head.
        _remote=False,
    )
