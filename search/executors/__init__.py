"""Executors by name; Ray is imported only where it is used."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING

from data_pipeline.system.errors import RunError, describe_cause
from search.trial.messages import Job, Retraining

if TYPE_CHECKING:  # workers need no Optuna
    from search.executors.ray.cluster.joined import Cluster
    from search.executors.ray.local import RaySession
    from search.inputs.gpu_shares import Devices
    from search.ledger.ledger import Ledger

    Executor = Callable[[Job, Ledger, Retraining], None]


_early: ContextVar["RaySession | None"] = ContextVar("early", default=None)
_cluster: ContextVar["Cluster | None"] = ContextVar("cluster", default=None)


def executor(name: str) -> "Executor":
    """Loads the executor ``serial`` or ``ray``.

    Ray runs in the ``cluster`` or the ``early_session`` of this context, if there is
    one; else it is started.
    """
    logging.getLogger("absl").setLevel(logging.ERROR)
    if name == "serial":
        from search.executors.serial import run_serial  # noqa: PLC0415

        return run_serial
    cluster = _cluster.get()
    with _ray_imports():
        if cluster is not None:
            session = cluster.workers
        else:  # before the executor: it sets what Ray reads when it is imported
            from search.executors.ray.local import workers_here  # noqa: PLC0415

            session = partial(workers_here, early=_early.get())
        from search.executors.ray.executor import run_ray  # noqa: PLC0415

    return partial(run_ray, session=session)


def cluster_devices() -> "Devices | None":
    """Returns what the cluster of this context has, ``None`` without a cluster."""
    found = _cluster.get()
    return None if found is None else found.devices()


@contextmanager
def cluster(
    address: str, *, cpus: int, most: int | None, modules: Sequence[str]
) -> Iterator[None]:
    """Has trials run in a Ray cluster, which is joined when it is needed first.

    ``cpus`` are the threads of a trial, ``most`` run at once at most, ``modules`` are
    the user's own code.
    """
    with _ray_imports():
        from search.executors.ray.cluster.joined import Cluster  # noqa: PLC0415

    found = Cluster(address, cpus=cpus, most=most, modules=tuple(modules))
    token = _cluster.set(found)
    try:
        yield
    finally:
        _cluster.reset(token)
        found.leave()


@contextmanager
def early_session(*, cpus: int, concurrent: int) -> Iterator[None]:
    """Starts Ray in a thread for trials on CPUs, while the run prepares them.

    Its workers import Keras meanwhile. It ends with the context.
    """
    with _ray_imports():
        from search.executors.ray.local import RaySession  # noqa: PLC0415

    session = RaySession(cpus=cpus, gpus=0.0, concurrent=concurrent)
    token = _early.set(session)
    try:
        yield
    finally:
        _early.reset(token)
        session.end()


@contextmanager
def _ray_imports() -> Iterator[None]:
    """Turns an import error of Ray into one message."""
    try:
        yield
    except Exception as error:
        raise RunError(
            "Ray cannot be imported; use --executor serial to search without it:\n"
            f"{describe_cause(error)}"
        ) from error
