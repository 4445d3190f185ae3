"""Executors by name; Ray is imported only where it is used."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING

from data_pipeline.system.errors import RunError, describe_cause
from search.trial.messages import Job, Retraining

if TYPE_CHECKING:  # workers need no Optuna
    from search.executors.ray.cluster import RaySession
    from search.ledger.ledger import Ledger

    Executor = Callable[[Job, Ledger, Retraining], None]


_early: ContextVar["RaySession | None"] = ContextVar("early", default=None)


def executor(name: str) -> "Executor":
    """Loads the executor ``serial`` or ``ray``, which takes an ``early_session``."""
    logging.getLogger("absl").setLevel(logging.ERROR)
    if name == "serial":
        from search.executors.serial import run_serial  # noqa: PLC0415

        return run_serial
    with _ray_imports():
        from search.executors.ray.executor import run_ray  # noqa: PLC0415

    return partial(run_ray, early=_early.get())


@contextmanager
def early_session(*, cpus: int, concurrent: int) -> Iterator[None]:
    """Starts Ray in a thread for trials on CPUs, while the run prepares them.

    Its workers import Keras meanwhile. It ends with the context.
    """
    with _ray_imports():
        from search.executors.ray.cluster import RaySession  # noqa: PLC0415

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
