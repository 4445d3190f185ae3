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
from data_pipeline.system.interrupts import kept_sigterm, restore_sigterm
from data_pipeline.system.terminal import print_error, print_note
from search.executors.board import FolderBoard
from search.executors.heartbeat import beats, read_start
from search.executors.post import LocalPost
from search.executors.ray.environment import set_ray_environment, worker_environment
from search.executors.ray.folder import RayFolder, ray_folder
from search.executors.ray.monitor import Watch
from search.executors.worker_death import KernelKills
from search.executors.workers import Workers
from search.trial.messages import Job

set_ray_environment(os.environ)

import ray  # noqa: E402 - reads its environment when it is imported

from search.executors.ray.processes import start_servers_only  # noqa: E402 - likewise

# Ray's job record would hold the command line, and a storage's password with it.
ray._private.utils.get_entrypoint_name = lambda: "python -m search.run"  # noqa: SLF001

OBJECT_STORE = 200 * 1024**2
LOOPBACK = "127.0.0.1"
HOOK = "search.executors.ray.worker.begin_process"


class RaySession:
    """Ray on this machine, for one search, started and watched in threads.

    Where Ray's own processes die, this process ends with a message: Ray's client
    cannot be shut down then, and would end it a minute later.
    """

    def __init__(self, *, cpus: int, gpus: float, concurrent: int) -> None:
        """Begins to start Ray with so many workers; each has so many threads."""
        self._cpus, self._gpus, self._concurrent = cpus, gpus, concurrent
        self._stack = ExitStack()
        self._folder: RayFolder | None = None
        self._error: BaseException | None = None
        self._started, self._over = threading.Event(), threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def fits(self, job: Job) -> bool:
        """Whether its workers are those of a job."""
        found = (self._cpus, self._gpus, self._concurrent)
        return found == (job.cpus, job.gpus, job.concurrent)

    def folder(self) -> RayFolder:
        """Waits until Ray runs; returns where Tune and the workers write.

        ``end`` deletes the folder. ``RunError`` is raised where Ray cannot be started.
        """
        self._started.wait()
        if self._folder is None:
            raise self._error or RunError("Ray did not start")
        return self._folder

    def end(self) -> None:
        """Stops Ray, also while it starts, and deletes its folder."""
        with _undisturbed():
            self._started.wait()
            self._stack.close()
            self._over.set()

    def _run(self) -> None:
        """Starts Ray, and lives until it ends.

        Ray's processes are killed when the thread that started them ends.
        """
        try:
            with kept_sigterm():
                self._start()
        except Exception as error:  # noqa: BLE001 - raised again where Ray is needed
            self._error = error
        finally:
            self._started.set()
        self._over.wait()

    def _start(self) -> None:
        folder = self._stack.enter_context(ray_folder())
        self._stack.callback(_shut_down)
        self._init(folder)
        self._stack.enter_context(_watched(folder))
        self._folder = folder

    def _init(self, folder: RayFolder) -> None:
        logging.getLogger("ray").setLevel(logging.CRITICAL)
        variables = worker_environment(
            cpus=self._cpus,
            # Which GPUs a worker may use is set when its trial comes, before Keras.
            early=0 if self._gpus else self._concurrent,
            folder=folder.pulse,
        )
        start_servers_only(variables, HOOK)
        try:
            ray.init(
                address="local",
                num_cpus=self._concurrent,  # one for each worker
                num_gpus=len(find_gpus(os.environ).gpus) if self._gpus else 0,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                object_store_memory=OBJECT_STORE,
                # Deleted at the end: in its default folder Ray leaves its logs behind.
                _temp_dir=str(folder.ray),
                # Its processes listen where their node is.
                _node_ip_address=LOOPBACK,
            )
        except Exception as error:
            raise RunError(
                f"Ray cannot be started: {first_line(error)}; use --executor serial "
                "to search without it"
            ) from error


@contextmanager
def local_ray(job: Job, early: RaySession | None = None) -> Iterator[RayFolder]:
    """Runs Ray for a job, and ends it; ``RunError`` where it cannot be started.

    A session that was started ``early`` is taken if it fits the job.
    """
    if early is not None and not early.fits(job):
        early.end()
        early = None
    session = early or RaySession(
        cpus=job.cpus, gpus=job.gpus, concurrent=job.concurrent
    )
    try:
        yield session.folder()
    finally:
        session.end()


@contextmanager
def workers_here(job: Job, early: RaySession | None = None) -> Iterator[Workers]:
    """Runs Ray on this machine; ``early`` is a session that was started before."""
    with local_ray(job, early) as folder:
        post = LocalPost(folder.pulse)
        yield Workers(
            post=post,
            was_killed=KernelKills(partial(read_start, post.board)),
            folder=folder.tune,
            # The session has one CPU for each worker, however many threads that has.
            resources={"cpu": 1, "gpu": job.gpus},
            last_words=folder.last_words,
            most=job.concurrent,
        )


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


@contextmanager
def _watched(folder: RayFolder) -> Iterator[None]:
    """Watches Ray's processes and the workers."""
    node = ray._private.worker._global_node  # noqa: SLF001 - no public way to them
    watch = Watch(
        node,
        beats=partial(beats, FolderBoard(folder.pulse)),
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
