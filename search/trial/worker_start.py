"""Starts a worker in this process; what fails here fails for every trial alike."""

from typing import TYPE_CHECKING

from data_pipeline.system.errors import RunError, describe_cause
from models.backend import prepare_process
from search.trial.messages import Job

if TYPE_CHECKING:
    from search.trial.worker import Worker


def start_worker(job: Job, *, quiet: bool = True) -> "Worker":
    """Imports Keras and maps the images, once a process.

    Args:
        job: what the worker is to do.
        quiet: whether what libraries say while they are imported is dropped.

    Returns:
        A worker that has begun no trial.

    Raises:
        RunError: it cannot start in this environment, whatever the trial.
    """
    try:
        prepare_process(cpus=job.cpus, quiet=quiet)
        # Keras, after its environment.
        from search.trial.worker import Worker  # noqa: PLC0415

        return Worker(job)
    except Exception as error:
        raise RunError(cannot_start(describe_cause(error))) from error


def cannot_start(cause: str) -> str:
    """Says why no worker starts, and that this has cost nothing.

    Args:
        cause: what broke, in one line or several.
    """
    return (
        f"a worker cannot start, so the search ends here:\n{cause}\n"
        "No trial was spent: mend this, and the same command goes on"
    )
