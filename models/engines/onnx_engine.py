"""ONNX Runtime as an engine: ``.onnx`` files, without Keras and TensorFlow."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.engines.engine import Shape, import_engine, not_loaded, read_model

ONNX = "onnx"
"""The extra that installs what this engine and this format need."""

_ELSEWHERE = "session.model_external_initializers_file_folder_path"


class OnnxEngine:
    """A model loaded by ONNX Runtime, on the CPU."""

    def __init__(self, path: Path, *, cpus: int) -> None:
        """Loads the file.

        Args:
            path: the ``.onnx`` file.
            cpus: threads it may use.

        Raises:
            ModelError: the file cannot be read, or ONNX Runtime cannot load it.
            InputError: ONNX Runtime is not installed.
        """
        runtime = import_engine("onnxruntime", package="onnxruntime", extra=ONNX)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = max(1, cpus)
        options.log_severity_level = 4
        # A model's weights are in its own file: no other one is read for them.
        options.add_session_config_entry(_ELSEWHERE, os.devnull)
        content = read_model(path)
        try:
            self._session = runtime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # each cause has a class of its own
            raise not_loaded(path, error, "onnxruntime") from error

    @property
    def inputs(self) -> Sequence[Shape]:
        """The shape of each input."""
        return list(_shapes(self._session.get_inputs()).values())

    @property
    def outputs(self) -> Mapping[str, Shape]:
        """The shape of each output by its name."""
        return _shapes(self._session.get_outputs())

    def predict(self, pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        """Computes the outputs of a batch."""
        (given,) = self._session.get_inputs()
        found = self._session.run(None, {given.name: pixels})
        return dict(zip(self.outputs, found, strict=True))


def _shapes(values: Iterable[Any]) -> dict[str, Shape]:
    """Names shapes; ONNX has a word for a size that is open."""
    return {
        value.name: tuple(
            size if isinstance(size, int) else None for size in value.shape
        )
        for value in values
    }
