"""The Ray Tune executor: the only module that imports Ray.

Optuna is the brain and the ledger, Tune only places trials on workers: a Searcher
that asks and tells, a Scheduler that reports and prunes, and a warm worker. The last
"trial" of a search is the retraining, so that a worker with compiled graphs does it.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Generator
from typing import Any

from data_pipeline.errors import InputError, RunError
from models.runtime import environment, prepare_process
from search.bridge import FINISHED, Bridge
from search.job import Job
from search.ledger import Ledger
from search.results import Failed, Outcome, Report, Retrained, RetrainOrder

QUIET = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_WARN_THRESHOLD_S": "100",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Its notes on workers go past every logger; what matters is told by the ledger.
    "RAY_DEDUP_LOGS": "1",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Idle workers that Ray starts ahead have another environment than ours need.
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
    # The experiment's state is the ledger's; Tune need not write its own.
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",
}
os.environ.update(QUIET)

import ray  # noqa: E402 - reads its environment when it is imported
from ray import tune  # noqa: E402
from ray.tune.experiment import Trial  # noqa: E402
from ray.tune.schedulers import FIFOScheduler, TrialScheduler  # noqa: E402
from ray.tune.search import Searcher  # noqa: E402

OBJECT_STORE = 200 * 1024**2
SHORT = "/tmp" if os.path.isdir("/tmp") else None  # noqa: PTH112, S108
"""Ray's sockets need a short path; a temporary folder of one's own may be long."""


def run_ray(
    job: Job, ledger: Ledger, then: Callable[[], RetrainOrder | None]
) -> Retrained | Failed | None:
    """Runs trials on warm workers until the ledger has no more, then retrains.

    Args:
        job: the development part.
        ledger: proposes trials, prunes them, and records them.
        then: asked when the search is over; says what to retrain, if anything.

    Returns:
        What became of the retraining, or ``None`` where none was ordered.

    Raises:
        RunError: Ray cannot be started, or its machinery broke.
    """
    bridge = Bridge(ledger, then)
    _check_gpus(job)
    with tempfile.TemporaryDirectory(
        prefix="search-ray-", dir=SHORT, ignore_cleanup_errors=True
    ) as folder:
        try:
            _start(job, folder)
            _fit(job, bridge, folder)
        finally:
            ray.shutdown()
    if bridge.error is not None:
        raise bridge.error
    return bridge.retrained


class LedgerSearcher(Searcher):  # type: ignore[misc]
    """Tune's Searcher over the ledger."""

    def __init__(self, bridge: Bridge) -> None:
        """Takes the shared state."""
        super().__init__(metric=None, mode=None)
        self._bridge = bridge

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Asks the ledger; an error of the ledger ends the experiment."""
        try:
            return self._bridge.suggest(trial_id)
        except Exception as error:  # noqa: BLE001 - raised again after Tune has ended
            self._bridge.error = error
            return FINISHED

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Does nothing: the Scheduler is asked first and reports."""

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

    def __init__(self, bridge: Bridge) -> None:
        """Takes the shared state."""
        super().__init__()
        self._bridge = bridge

    def on_trial_result(
        self, tune_controller: Any, trial: Trial, result: dict[str, Any]
    ) -> str:
        """Reports an epoch and stops a trial that the pruner gives up."""
        del tune_controller
        try:
            pruned = self._bridge.report(trial.trial_id, result)
        except Exception as error:  # noqa: BLE001 - raised again after Tune has ended
            self._bridge.error = error
            pruned = True
        return str(TrialScheduler.STOP if pruned else TrialScheduler.CONTINUE)


class WarmTrainable(tune.Trainable):  # type: ignore[misc]
    """A process that keeps its compiled graphs from trial to trial."""

    def setup(self, config: dict[str, Any], job: Job) -> None:
        """Imports Keras and maps the images, once a process."""
        prepare_process(cpus=job.cpus)
        from search.worker import Worker  # noqa: PLC0415 - after its environment

        self._worker = Worker(job)
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the next trial, in the same process."""
        self._stream.close()
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Trains one epoch, or says how the trial ended."""
        if self._order is not None:
            return {"retrained": self._worker.retrain(self._order), "done": True}
        result = {"started": self._started}
        try:
            return result | {"report": next(self._stream)}
        except StopIteration as end:
            return result | {"outcome": end.value, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Saves nothing: an interrupted trial runs again from its beginning."""

    def load_checkpoint(self, checkpoint: dict[str, Any] | None) -> None:
        """Loads nothing."""

    def _begin(self, config: dict[str, Any]) -> None:
        self._started = time.time()
        self._order: RetrainOrder | None = config.get("order")
        self._stream: Generator[Report, None, Outcome] = (
            self._worker.trial(config["asked"]) if self._order is None else _nothing()
        )


def _nothing() -> Generator[Report, None, Outcome]:
    """A stream without a report, for a worker that retrains."""
    yield from ()
    return Failed(reason="a retraining is no trial")


def _start(job: Job, folder: str) -> None:
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    try:
        ray.init(
            address="local",
            num_cpus=job.cpus * job.concurrent,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            object_store_memory=OBJECT_STORE,
            runtime_env={"env_vars": environment(job.cpus)},
            # Goes with us: Ray leaves its logs behind in its own.
            _temp_dir=folder,
        )
    except Exception as error:
        first = str(error).splitlines()[0]
        raise RunError(
            f"Ray cannot be started: {first}; --executor serial searches without it"
        ) from error


def _check_gpus(job: Job) -> None:
    if job.gpus <= 0:
        return
    found = ray._private.accelerators.NvidiaGPUAcceleratorManager  # noqa: SLF001
    count = found.get_current_node_num_accelerators()
    if count < job.gpus:
        raise InputError(
            f"[resources] gpus_per_trial: {job.gpus:g} asked, {count} found on this "
            "machine; set it to 0 to train on CPUs"
        )


def _fit(job: Job, bridge: Bridge, folder: str) -> None:
    resources = {"cpu": job.cpus, "gpu": job.gpus}
    trainable = tune.with_resources(
        tune.with_parameters(WarmTrainable, job=job), resources
    )
    tuner = tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=LedgerSearcher(bridge),
            scheduler=LedgerScheduler(bridge),
            num_samples=-1,
            # Also forbids look-ahead: nobody is asked before a worker is free.
            max_concurrent_trials=job.concurrent,
            reuse_actors=True,
            trial_dirname_creator=lambda trial: str(trial.trial_id),
        ),
        run_config=tune.RunConfig(
            storage_path=f"{folder}/tune",
            name="search",
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )
    tuner.fit()
