"""The Ray Tune executor; with ``ray_cluster`` the only module that imports Ray.

Optuna proposes and prunes; Tune only places trials on workers. A Searcher asks and
tells, a Scheduler reports and prunes, and a Trainable is a warm worker. The last
"trial" of a search is the retraining, so that a worker with compiled graphs runs it.
"""

import os
import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

from data_pipeline.system.errors import HarnessError, RunError, describe_cause
from search.executors.heartbeat import Pulse, has_started, was_left
from search.executors.ray_cluster import local_ray
from search.executors.ray_folder import RayFolder
from search.executors.tune_bridge import FINISHED, Bridge, trial_name
from search.ledger.ledger import Ledger
from search.trial.messages import (
    Failed,
    Job,
    Outcome,
    Report,
    Retrained,
    RetrainRequest,
)
from search.trial.worker_start import start_worker

# Ray reads its environment when it is imported, and ray_cluster sets it before.
# isort: split
from ray import tune
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher


def run_ray(
    job: Job, ledger: Ledger, then: Callable[[], RetrainRequest | None]
) -> Retrained | Failed | None:
    """Runs trials on warm workers, then retrains what ``then`` requests.

    Returns ``None`` where nothing was retrained. ``RunError`` is raised where Ray
    cannot be started or fails.
    """
    with local_ray(job) as folder:
        marks = (partial(mark, folder.pulse) for mark in (has_started, was_left))
        bridge = Bridge(ledger, then, *marks)
        _fit(job, bridge, folder)
    if bridge.error is not None:
        raise bridge.error
    return bridge.retrained


class LedgerSearcher(Searcher):  # type: ignore[misc]
    """Tune's Searcher over the ledger."""

    def __init__(self, bridge: Bridge) -> None:
        """Takes the bridge."""
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

    def __init__(self, bridge: Bridge, last_words: Callable[[], str]) -> None:
        """Takes the bridge, and a reader of a crashed worker's last output."""
        super().__init__()
        self._bridge = bridge
        self._last_words = last_words

    def on_trial_result(
        self, tune_controller: Any, trial: Trial, result: dict[str, Any]
    ) -> str:
        """Reports an epoch and stops a pruned trial."""
        del tune_controller
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
        self._bridge.trouble = f"{_error_of(trial)}\n{self._last_words()}"


def _error_of(trial: Trial) -> str:
    """Reads the error file, which Tune copies to its storage later."""
    try:
        return Path(trial.error_file or "").read_text(errors="replace")
    except OSError:
        return ""


class WarmTrainable(tune.Trainable):  # type: ignore[misc]
    """A process that keeps its compiled graphs from trial to trial."""

    def setup(self, config: dict[str, Any], job: Job, pulse: str) -> None:
        """Imports Keras and maps the images, once a process."""
        self._pulse = Pulse(Path(pulse))
        self._broken = ""
        try:
            # Its output goes to a file that the driver reads after a crash.
            self._worker = start_worker(job, quiet=False)
        except HarnessError as error:
            # Reported by the first step: an error raised here is a death to Tune.
            self._broken = str(error)
            return
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the next trial, in the same process."""
        if self._broken:
            return True
        self._stream.close()
        if "trial" in new_config and self._worker.is_too_large():
            # Its trial has not begun, so the bridge gives it to a fresh process.
            self._pulse.leave(trial_name(new_config["trial"].number))
            os._exit(0)
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Trains one epoch, or returns how the trial ended."""
        if self._broken:
            return {"cannot_start": self._broken, "done": True}
        if self._request is not None:
            return {"retrained": self._worker.retrain(self._request), "done": True}
        result = {"started": self._started}
        try:
            report = next(self._stream)
            self._pulse.report()
            return result | {"report": report}
        except StopIteration as end:
            return result | {"outcome": end.value, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Saves nothing: an interrupted trial runs again from its beginning."""

    def load_checkpoint(self, checkpoint: dict[str, Any] | None) -> None:
        """Loads nothing."""

    def _begin(self, config: dict[str, Any]) -> None:
        self._started = time.time()
        self._request: RetrainRequest | None = config.get("retrain")
        trial = config.get("trial")
        name = trial_name(trial.number) if trial else "the retraining"
        self._pulse.begin(name, reporting=self._request is None)
        self._stream: Generator[Report, None, Outcome] = (
            self._worker.trial(config["trial"]) if self._request is None else _nothing()
        )


def _nothing() -> Generator[Report, None, Outcome]:
    """Yields no report, for a worker that retrains."""
    yield from ()
    return Failed(reason="a retraining is not a trial")


def _fit(job: Job, bridge: Bridge, folder: RayFolder) -> None:
    """Runs the experiment; ``RunError`` means that Tune failed, not a trial."""
    try:
        _tuner(job, bridge, folder).fit()
    except Exception as error:
        raise RunError(
            "Ray Tune failed; rerun the same command to resume:\n"
            f"{describe_cause(error)}"
        ) from error


def _tuner(job: Job, bridge: Bridge, folder: RayFolder) -> tune.Tuner:
    resources = {"cpu": job.cpus, "gpu": job.gpus}
    trainable = tune.with_resources(
        tune.with_parameters(WarmTrainable, job=job, pulse=str(folder.pulse)),
        resources,
    )
    return tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=LedgerSearcher(bridge),
            scheduler=LedgerScheduler(bridge, folder.last_words),
            num_samples=-1,
            # Also forbids look-ahead: no trial is proposed before a worker is free.
            max_concurrent_trials=job.concurrent,
            reuse_actors=True,
            trial_dirname_creator=lambda trial: str(trial.trial_id),
        ),
        run_config=tune.RunConfig(
            storage_path=str(folder.tune),
            name="search",
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )
