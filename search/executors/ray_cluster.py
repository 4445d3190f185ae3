"""Starts Ray on this machine for one search, quietly, and leaves nothing behind."""

import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from data_pipeline.system.errors import RunError, first_line
from data_pipeline.system.gpus import find_gpus
from data_pipeline.system.import_guard import worker_environment
from data_pipeline.system.interrupts import install_handlers, restore_sigterm
from data_pipeline.system.terminal import print_error, print_note
from models.backend import environment
from search.executors.heartbeat import beats
from search.executors.ray_environment import set_ray_environment
from search.executors.ray_folder import RayFolder, ray_folder
from search.executors.ray_monitor import Watch
from search.trial.messages import Job

set_ray_environment(os.environ)

import ray  # noqa: E402 - reads its environment when it is imported

# Ray's job record would hold the command line, and a storage's password with it.
ray._private.utils.get_entrypoint_name = lambda: "python -m search.run"  # noqa: SLF001

OBJECT_STORE = 200 * 1024**2
LOOPBACK = "127.0.0.1"


@contextmanager
def local_ray(job: Job) -> Iterator[RayFolder]:
    """Runs Ray for a job and watches its processes and workers.

    Where Ray's own processes die, this process ends with a message: Ray's client
    cannot be shut down then, and would end it a minute later. Yields the folder where
    Tune and the workers write, which is deleted at the end.

    ``RunError`` is raised where Ray cannot be started.
    """
    stack = ExitStack()
    try:
        folder = stack.enter_context(ray_folder())
        stack.callback(_shut_down)
        _start(job, folder)
        with _watched(folder):
            yield folder
    finally:
        with _undisturbed():
            stack.close()


def _shut_down() -> None:
    """Stops Ray; its client resets the SIGTERM handler meanwhile."""
    node = ray._private.worker._global_node  # noqa: SLF001 - as above
    if node is not None:
        kill = node.kill_all_processes

        def listening(*words: Any, **options: Any) -> None:
            restore_sigterm()
            kill(*words, **options)

        node.kill_all_processes = listening
    ray.shutdown()
    restore_sigterm()


def _start(job: Job, folder: RayFolder) -> None:
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    try:
        ray.init(
            address="local",
            num_cpus=job.cpus * job.concurrent,
            num_gpus=len(find_gpus(os.environ).gpus) if job.gpus else 0,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            object_store_memory=OBJECT_STORE,
            runtime_env={"env_vars": environment(job.cpus)} | worker_environment(),
            # Deleted at the end: in its default folder Ray leaves its logs behind.
            _temp_dir=str(folder.ray),
            # Its processes listen where their node is.
            _node_ip_address=LOOPBACK,
        )
        # Ray has put its own handler there, which prints a stack.
        install_handlers()
    except Exception as error:
        raise RunError(
            f"Ray cannot be started: {first_line(error)}; use --executor serial "
            "to search without it"
        ) from error


@contextmanager
def _watched(folder: RayFolder) -> Iterator[None]:
    """Watches Ray's processes and the workers."""
    node = ray._private.worker._global_node  # noqa: SLF001 - no public way to them
    watch = Watch(
        node,
        beats=partial(beats, folder.pulse),
        warn=lambda text: print_note(f"warning: {text}"),
        end=partial(_end, node, folder),
    )
    watch.start()
    try:
        yield
    finally:
        watch.stop()


def _end(node: ray._private.node.Node, folder: RayFolder, message: str) -> None:
    """Ends this process at once; the next start cleans up after it."""
    if sys.stdout.isatty():
        sys.stdout.write("\x1b[?25h\n")  # a bar has hidden the cursor
    print_error(message)
    sys.stdout.flush()
    sys.stderr.flush()
    node.kill_all_processes(check_alive=False, allow_graceful=False)
    for place in (folder.tune.parent, folder.ray.parent):
        shutil.rmtree(place, ignore_errors=True)
    os._exit(RunError.exit_code)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Delays Ctrl-C until the clean-up is over, which takes some seconds."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []
    kept = {
        number: signal.signal(number, lambda number, _: noted.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        if noted:
            signal.raise_signal(noted[0])
