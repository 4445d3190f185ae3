"""Starts a worker in this process; an error here would fail every trial."""

from typing import TYPE_CHECKING

import numpy as np

from data_pipeline.system.errors import RunError, describe_cause
from models.backend import prepare_process
from search.trial.messages import Job

if TYPE_CHECKING:
    from search.trial.worker import Worker


def start_worker(
    job: Job, *, quiet: bool = True, images: np.ndarray | None = None
) -> "Worker":
    """Imports Keras and maps the images, unless they are given, once a process.

    ``quiet`` drops what libraries print while they are imported. ``RunError`` is
    raised where no trial could start in this environment.
    """
    try:
        memory = prepare_process(cpus=job.cpus, gpus=job.gpus, quiet=quiet)
        # Keras, after its environment.
        from search.trial.worker import Worker  # noqa: PLC0415

        return Worker(job, device_memory=memory, images=images)
    except Exception as error:
        raise RunError(cannot_start(describe_cause(error))) from error


def cannot_start(cause: str) -> str:
    """Renders the message for a worker that cannot start; ``cause`` may have lines."""
    return (
        f"a worker cannot start, so the search ends here:\n{cause}\n"
        "No trial was spent: fix this and run the same command to resume"
    )
