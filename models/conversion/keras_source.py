"""The Keras model that is converted, and Keras's exporters."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data_pipeline.system.terminal import no_stderr
from data_pipeline.system.workers import usable_cores
from models.engines.keras_engine import load_exported

PIXELS = "pixels"
"""Name of a written model's input."""


def source_model(path: Path) -> Any:
    """Loads the model of a ``.keras`` file, as converters can read it."""
    model = load_exported(path, cpus=usable_cores())
    # After Keras's environment is set.
    from models.conversion.resizing import with_matrix_resizing  # noqa: PLC0415

    return with_matrix_resizing(model)


def export_with_keras(
    source: Path, to: Path, kind: str, *, rows: int | None, **more: Any
) -> None:
    """Exports a ``.keras`` file by Keras's exporter of a kind.

    ``rows`` is the size of the batch, ``None`` for any. ``more`` goes to the exporter.
    """
    model = source_model(source)
    from models.keras_api import keras  # noqa: PLC0415 - after its environment

    shape = (rows, *model.inputs[0].shape[1:])
    signature = keras.InputSpec(shape=shape, dtype="float32", name=PIXELS)
    with quiet():
        model.export(
            str(to), format=kind, verbose=False, input_signature=[signature], **more
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Drops what converters write about their progress, and warnings to developers."""
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), no_stderr():
        warnings.simplefilter("ignore")
        yield
