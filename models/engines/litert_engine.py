"""LiteRT as an engine: ``.tflite`` files, without Keras and TensorFlow."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from data_pipeline.system.terminal import no_stderr
from models.engines.engine import Shape, import_engine, not_loaded, read_model

LITERT = "litert"
"""The extra that installs what this engine and this format need."""

PACKAGE = "ai-edge-litert"


class LiteRTEngine:
    """A model loaded by LiteRT's interpreter, on the CPU, with the file's batch."""

    def __init__(self, path: Path, *, cpus: int) -> None:
        """Loads the file.

        Args:
            path: the ``.tflite`` file.
            cpus: threads it may use.

        Raises:
            ModelError: the file cannot be read, or LiteRT cannot load it.
            InputError: LiteRT is not installed.
        """
        litert = import_engine(
            "ai_edge_litert.interpreter", package="ai_edge_litert", extra=LITERT
        )
        content = read_model(path)
        try:
            with no_stderr():
                interpreter = litert.Interpreter(
                    model_content=content, num_threads=max(1, cpus)
                )
                interpreter.allocate_tensors()
                self._run = interpreter.get_signature_runner()
        except Exception as error:  # a damaged file fails in many ways
            raise not_loaded(path, error, PACKAGE) from error
        # It holds the memory that the runner computes in.
        self._interpreter = interpreter

    @property
    def inputs(self) -> Sequence[Shape]:
        """The shape of each input."""
        details = self._run.get_input_details().values()
        return [tuple(map(int, each["shape"])) for each in details]

    @property
    def outputs(self) -> Mapping[str, Shape]:
        """The shape of each output by its name."""
        details = self._run.get_output_details()
        return {name: tuple(map(int, each["shape"])) for name, each in details.items()}

    def predict(self, pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        """Computes the outputs of a batch."""
        (name,) = self._run.get_input_details()
        outputs: Mapping[str, np.ndarray] = self._run(**{name: pixels})
        return outputs
