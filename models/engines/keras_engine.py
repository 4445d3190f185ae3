"""Keras as an engine: ``.keras`` files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.backend import prepare_process
from models.engines.engine import Shape, not_loaded, not_opened


def load_exported(path: Path, *, cpus: int) -> Any:
    """Loads the Keras model of a run.

    Args:
        path: the ``.keras`` file.
        cpus: threads it may use, where this process has not begun to compute.

    Returns:
        A model from raw pixels (B, S, S, C) in [0, 255] to probabilities by name.

    Raises:
        ModelError: the file is refused, or the installed Keras cannot load it.
    """
    prepare_process(cpus=cpus)
    # After its environment.
    from models.pretrained.saved_models import check_model, load_model  # noqa: PLC0415

    try:
        check_model(path)
    except (OSError, ValueError) as error:
        raise not_opened(path, error) from error
    try:
        return load_model(path)
    except Exception as error:  # a file of another version fails in many ways
        raise not_loaded(path, error, "keras") from error


class KerasEngine:
    """A model loaded by Keras, on its backend."""

    def __init__(self, path: Path, *, cpus: int) -> None:
        """Loads the file; arguments and errors are those of ``load_exported``."""
        self._model = load_exported(path, cpus=cpus)

    @property
    def inputs(self) -> Sequence[Shape]:
        """The shape of each input."""
        return [tuple(pixels.shape) for pixels in self._model.inputs]

    @property
    def outputs(self) -> Mapping[str, Shape]:
        """The shape of each output by its name; models of others may lack names."""
        output = self._model.output
        named = output if isinstance(output, dict) else {}
        return {str(name): tuple(head.shape) for name, head in named.items()}

    def predict(self, pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        """Computes the outputs of a batch."""
        outputs: Mapping[str, np.ndarray] = self._model.predict_on_batch(pixels)
        return outputs
