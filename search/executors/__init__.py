"""Executors by name; Ray is imported only where it is used."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from data_pipeline.system.errors import RunError, describe_cause
from search.ledger.ledger import Ledger
from search.trial.messages import Failed, Job, Retrained, RetrainRequest

Executor = Callable[
    [Job, Ledger, Callable[[], RetrainRequest | None]], Retrained | Failed | None
]


def executor(name: str) -> Executor:
    """Loads the executor ``serial`` or ``ray``."""
    logging.getLogger("absl").setLevel(logging.ERROR)
    if name == "serial":
        from search.executors.serial import run_serial  # noqa: PLC0415

        return run_serial
    with _ray_imports():
        from search.executors.ray_executor import run_ray  # noqa: PLC0415

    return run_ray


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
