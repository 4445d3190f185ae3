"""Starts Ray on this machine for one search, quietly, and leaves nothing behind."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from data_pipeline.errors import InputError, RunError, first_line
from data_pipeline.interrupts import interrupt_on_term
from data_pipeline.own_packages import worker_setup
from models.runtime import environment
from search.job import Job

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
    # A relative path in a study means the same in a worker as in the driver.
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    # The experiment's state is the ledger's; Tune need not write its own.
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",
}
os.environ.update(QUIET)

import ray  # noqa: E402 - reads its environment when it is imported

# Ray's record of a job would hold the command line, and a storage's password with it.
ray._private.utils.get_entrypoint_name = lambda: "python -m search.run"  # noqa: SLF001

OBJECT_STORE = 200 * 1024**2
SHORT = "/tmp" if os.path.isdir("/tmp") else None  # noqa: PTH112, S108
"""Ray's sockets need a short path; a temporary folder of one's own may be long."""


@contextmanager
def local_ray(job: Job) -> Iterator[str]:
    """Runs Ray for a job.

    Args:
        job: says how many trials run at once, and what each takes.

    Yields:
        A folder for Tune's files, which goes with everything else.

    Raises:
        InputError: the job takes GPUs that are not there.
        RunError: Ray cannot be started.
    """
    check_gpus(job.gpus)
    with tempfile.TemporaryDirectory(
        prefix="search-ray-", dir=SHORT, ignore_cleanup_errors=True
    ) as folder:
        try:
            _start(job, folder)
            yield f"{folder}/tune"
        finally:
            ray.shutdown()


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
            runtime_env={"env_vars": environment(job.cpus)} | worker_setup(),
            # Goes with us: Ray leaves its logs behind in its own.
            _temp_dir=folder,
        )
        # Ray has put its own handler there, which prints a stack.
        interrupt_on_term()
    except Exception as error:
        raise RunError(
            f"Ray cannot be started: {first_line(error)}; --executor serial searches "
            "without it"
        ) from error


def check_gpus(gpus: float) -> None:
    """Refuses GPUs that are not there.

    Args:
        gpus: what one trial takes.

    Raises:
        InputError: this machine has fewer.
    """
    if gpus <= 0:
        return
    found = ray._private.accelerators.NvidiaGPUAcceleratorManager  # noqa: SLF001
    count = found.get_current_node_num_accelerators()
    if count < gpus:
        raise InputError(
            f"[resources] gpus_per_trial: {gpus:g} asked, {count} found on this "
            "machine; set it to 0 to train on CPUs"
        )
