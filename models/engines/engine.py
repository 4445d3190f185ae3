"""What an engine is, and what goes wrong alike in all of them."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from data_pipeline.files.safe_open import read_bytes
from data_pipeline.system.errors import InputError, ModelError, first_line
from data_pipeline.system.terminal import no_stderr
from models.backend import is_out_of_memory

Shape = tuple[int | None, ...]
"""A shape, batch axis first; ``None`` on an axis of any size."""


class Engine(Protocol):
    """A loaded model, from raw pixels to named outputs."""

    @property
    def inputs(self) -> Sequence[Shape]:
        """The shape of each input."""

    @property
    def outputs(self) -> Mapping[str, Shape]:
        """The shape of each output by its name; empty where they have no names."""

    def predict(self, pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        """Computes the outputs of a batch.

        Args:
            pixels: raw pixels in [0, 255], float32, of the input's shape.

        Returns:
            Each output by its name, a row for each image.
        """


def import_engine(module: str, *, package: str, extra: str) -> Any:
    """Imports an optional package without what it writes while it starts.

    Raises:
        InputError: it is not installed.
    """
    require_package(package, extra=extra)
    with no_stderr():
        return import_module(module)


def require_package(package: str, *, extra: str) -> None:
    """Raises ``InputError`` with pip's command where a package is not installed."""
    if find_spec(package) is None:
        raise InputError(
            f"the format {extra} needs {package}, which is not installed; "
            f'pip install -e ".[{extra}]"'
        )


def read_model(path: Path) -> bytes:
    """Reads a model's file; raises ``ModelError`` where that fails."""
    try:
        return read_bytes(path)
    except OSError as error:
        raise not_opened(path, error) from error


def not_opened(path: Path, error: Exception) -> ModelError:
    """Makes the error for a file that is refused before an engine sees it."""
    return ModelError(
        f"{path} is not opened: {getattr(error, 'strerror', None) or error}; "
        "copy it again from the run that wrote it"
    )


def not_computed(path: Path, error: Exception) -> ModelError:
    """Makes the error for a model that fails on pixels of its input's shape."""
    way_out = (
        "free memory, or use a machine with more"
        if is_out_of_memory(error)
        else "copy it again from the run that wrote it"
    )
    return ModelError(
        f"{path} was loaded, but cannot be computed: {first_line(error)}; {way_out}"
    )


def not_loaded(path: Path, error: Exception, package: str) -> ModelError:
    """Makes the error for a file that the engine of ``package`` cannot load."""
    return ModelError(
        f"{path} cannot be loaded by {package} {version(package)}: "
        f"{first_line(error)}; install the versions that its model.json names"
    )
