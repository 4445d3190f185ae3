"""A Ray worker: imports what a trial needs, then runs one trial after another.

A worker imports this file, and with it nothing of Optuna.
"""

import json
import os
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ray import tune

from data_pipeline.system.errors import HarnessError
from data_pipeline.system.import_guard import pin_packages
from models.backend import prepare_process
from search.executors.heartbeat import RETRAINING, Pulse, trial_name
from search.executors.post import Post
from search.executors.ray.environment import EARLY
from search.trial.messages import Failed, Job, Outcome, Report, RetrainRequest
from search.trial.worker_start import start_worker

CHECK = 0.5
"""Seconds between two checks of the node server."""


def begin_process() -> None:
    """Prepares a worker's process, which may have no trial yet.

    Only the first workers import Keras here. If the import ends the process, the next
    worker imports Keras for a trial, so that the bridge learns of its end.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pin_packages()
    plan = json.loads(os.environ[EARLY])
    if not _is_early(Path(plan["folder"]), plan["early"]):
        return
    # An error is raised again, and reported, when the first trial starts.
    with suppress(Exception):
        prepare_process(cpus=plan["cpus"], gpus=0, quiet=False)
        from search.trial import worker  # noqa: F401, PLC0415 - Keras, in its environment


def _end_with_parent() -> None:
    """Ends this process when Ray's node server has ended, also amid an import."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(CHECK)
    os._exit(1)


def _is_early(folder: Path, most: int) -> bool:
    """Whether this process is one of the first; each call counts as a process."""
    for number in range(most):
        with suppress(OSError):  # another has it, or nothing can be written
            (folder / f"{number}.early").touch(exist_ok=False)
            return True
    return False


class WarmTrainable(tune.Trainable):  # type: ignore[misc]
    """A process that keeps its compiled graphs from trial to trial."""

    def setup(self, config: dict[str, Any], job: Job, post: Post) -> None:
        """Imports Keras and maps the images, once a process."""
        self._post = post
        self._pulse = Pulse(post.board, node=post.node)
        self._broken = ""
        try:
            delivery = post.deliver(job)
            # Its output goes to a file that the driver reads after a crash.
            self._worker = start_worker(
                delivery.job, quiet=False, images=delivery.images
            )
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
        self._post.collect()  # of a trial that was pruned
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
            retrained = self._worker.retrain(self._post.readdress(self._request))
            return {"retrained": retrained, "done": True} | self._sent()
        result: dict[str, Any] = {"started": self._started, "node": self._post.node}
        try:
            with self._pulse.reporting():
                report = next(self._stream)
            return result | {"report": report}
        except StopIteration as end:
            return result | {"outcome": end.value, "done": True} | self._sent()

    def cleanup(self) -> None:
        """Leaves nothing behind."""
        self._pulse.end()
        self._post.close()

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Saves nothing: the driver keeps what an interrupted trial has finished."""

    def load_checkpoint(self, checkpoint: dict[str, Any] | None) -> None:
        """Loads nothing."""

    def _sent(self) -> dict[str, Any]:
        """Adds the files that are not in place yet."""
        parcel = self._post.collect()
        return {} if parcel is None else {"parcel": parcel}

    def _begin(self, config: dict[str, Any]) -> None:
        self._started = time.time()
        self._request: RetrainRequest | None = config.get("retrain")
        trial = config.get("trial")
        name = trial_name(trial.number) if trial else RETRAINING
        self._pulse.begin(name)
        self._stream: Generator[Report, None, Outcome] = (
            self._worker.trial(config["trial"], config["finished"])
            if self._request is None
            else _nothing()
        )
        # Tune sends this back with each epoch, and keeps the last one.
        self.config["finished"] = ()


def _nothing() -> Generator[Report, None, Outcome]:
    """Yields no report, for a worker that retrains."""
    yield from ()
    return Failed(reason="a retraining is not a trial")
