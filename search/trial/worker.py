"""A warm worker: maps the images once, keeps compiled graphs, runs requests."""

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from traceback import format_exc

import numpy as np

from data_pipeline.images.mapping import map_array
from data_pipeline.system.errors import HarnessError
from data_pipeline.system.memory import resident_memory
from models.backend import is_out_of_memory, peak_device_memory
from models.config.config import ModelConfig, model_config
from models.features.backbones import Backbones
from models.training.epoch import Arrays, Part
from models.training.trainer import Trainer
from search.trial.checkpoints import Checkpoints, trial_folder
from search.trial.cross_validation import cross_validate
from search.trial.finished.keeper import Keeper
from search.trial.finished.resume import Resume
from search.trial.messages import (
    OUT_OF_MEMORY,
    Completed,
    CrossValidated,
    Failed,
    Job,
    Outcome,
    PackedFold,
    Pruned,
    Report,
    Retrained,
    RetrainRequest,
    Spent,
    TrialRequest,
)
from search.trial.trial import run_trial


class Worker:
    """Runs the trials of one job in this process, one at a time."""

    def __init__(
        self, job: Job, *, device_memory: int = 0, images: np.ndarray | None = None
    ) -> None:
        """Maps the job's images; ``models.backend.prepare_process`` comes before.

        ``device_memory`` is what that returned. ``images`` are the pixels where their
        file is on another machine.
        """
        self._job = job
        if images is None:
            images = map_array(Path(job.images))
        self._arrays = Arrays(images=images, targets=job.targets)
        self._trainer = Trainer(
            memory=job.memory,
            device_memory=device_memory,
            find_backbone=Backbones(Path(job.images)).find,
        )
        self._ran_out = False

    def is_too_large(self) -> bool:
        """Whether this process holds more memory than it should, or had too little."""
        return self._ran_out or resident_memory() > self._job.memory

    def trial(
        self, request: TrialRequest, finished: Sequence[PackedFold] = ()
    ) -> Generator[Report, None, Outcome]:
        """Runs one trial; an error in it becomes its outcome.

        ``finished`` are folds of an earlier run of it. Yields a report after every
        epoch.
        """
        config = model_config(request.values, self._job.data_spec)
        try:
            outcome = yield from run_trial(
                self._trainer,
                self._arrays,
                self._job,
                config,
                request.seed,
                Keeper(
                    checkpoints=self._checkpoints(request, config),
                    resume=Resume.of(self._job, request, finished),
                ),
            )
        except Exception as error:  # noqa: BLE001 - a trial's failure is its outcome
            if is_out_of_memory(error):
                self._ran_out = True
                spent = Spent(device_memory=peak_device_memory())
                return Pruned(reason=OUT_OF_MEMORY, spent=spent)
            return Failed(reason=reason_of(error), trace=format_exc())
        if isinstance(outcome, Completed):
            return replace(outcome, start=self._trainer.loaded_weights)
        return outcome

    def _checkpoints(
        self, request: TrialRequest, config: ModelConfig
    ) -> Checkpoints | None:
        if self._job.checkpoints is None:
            return None
        folder = trial_folder(Path(self._job.checkpoints), request.number)
        return Checkpoints(self._trainer, config, folder)

    def retrain(self, request: RetrainRequest) -> Retrained | Failed:
        """Trains on every development row and writes the model."""
        try:
            return self._retrain(request)
        except Exception as error:  # noqa: BLE001 - it reaches the driver as a message
            return Failed(reason=reason_of(error), trace=format_exc())

    def cross_validate(self, request: RetrainRequest) -> CrossValidated | Failed:
        """Trains on each fold as ``retrain`` does on every row; writes nothing."""
        try:
            config = model_config(request.values, self._job.data_spec)
            return cross_validate(
                self._trainer, self._arrays, self._job, config, request
            )
        except Exception as error:  # noqa: BLE001 - it reaches the driver as a message
            return Failed(reason=reason_of(error), trace=format_exc())

    def _retrain(self, request: RetrainRequest) -> Retrained | Failed:
        start = time.monotonic()
        config = model_config(request.values, self._job.data_spec)
        part = Part(train=self._job.rows, validation=None)
        stream = self._trainer.fit(
            config,
            self._arrays,
            part,
            seed=request.seed,
            stop_after=request.stop_after,
            rates=request.rates,
        )
        losses = tuple(score.loss for score in stream)
        if not all(math.isfinite(loss) for loss in losses):
            return Failed(reason=f"retraining diverged: losses {losses}")
        self._trainer.export(config, Path(request.path), request.calibration)
        return Retrained(
            losses=losses,
            parameters=self._trainer.parameters,
            seconds=time.monotonic() - start,
            left_out=self._job.unreadable,
            without_face=self._job.without_face,
            start=self._trainer.loaded_weights,
        )


def reason_of(error: Exception) -> str:
    """Describes an error in one line.

    Example:
        >>> reason_of(ZeroDivisionError("division by zero"))
        'ZeroDivisionError: division by zero'
    """
    if isinstance(error, HarnessError):
        return str(error)
    first = (str(error).strip() or "no message").splitlines()[0]
    return f"{type(error).__name__}: {first}"[:500]
