"""TensorFlow as an engine: the folders of SavedModels, which ``search.export`` writes.

TensorFlow runs what such a folder holds; only one that was just written is loaded.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np

from models.backend import prepare_process
from models.engines.engine import Shape, not_loaded


class SavedModelEngine:
    """A SavedModel loaded by TensorFlow."""

    def __init__(self, path: Path, *, cpus: int) -> None:
        """Loads the folder.

        Args:
            path: the folder.
            cpus: threads it may use, where this process has not begun to compute.

        Raises:
            ModelError: TensorFlow cannot load it.
        """
        prepare_process(cpus=cpus)
        tensorflow = import_module("tensorflow")
        try:
            self._loaded = tensorflow.saved_model.load(str(path))
            self._serve = self._loaded.signatures["serving_default"]
        except Exception as error:  # a damaged folder fails in many ways
            raise not_loaded(path, error, "tensorflow") from error
        _, self._named = self._serve.structured_input_signature

    @property
    def inputs(self) -> Sequence[Shape]:
        """The shape of each input."""
        return [tuple(each.shape) for each in self._named.values()]

    @property
    def outputs(self) -> Mapping[str, Shape]:
        """The shape of each output by its name."""
        named = self._serve.structured_outputs
        return {name: tuple(each.shape) for name, each in named.items()}

    def predict(self, pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        """Computes the outputs of a batch."""
        (name,) = self._named
        found = self._serve(**{name: pixels})
        return {head: each.numpy() for head, each in found.items()}
