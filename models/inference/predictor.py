"""An exported model that predicts; plain Keras, always in batches of one shape."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.system.errors import ModelError, first_line
from models.backend import prepare_process
from models.inference.model_card import Description, contradicted
from models.metrics.predictions import Predictions

PREDICTED_AT_ONCE = 32
"""Rows in every batch, padded: one shape, so nothing is traced twice."""


class Inference:
    """An exported model, loaded once.

    Attributes:
        at_once: rows of a batch.
    """

    def __init__(
        self, path: Path, *, cpus: int, at_once: int = PREDICTED_AT_ONCE
    ) -> None:
        """Loads the model.

        Args:
            path: the ``.keras`` file.
            cpus: threads it may use, where this process has not begun to compute.
            at_once: rows of a batch, at least 1.

        Raises:
            ModelError: the Keras that is installed cannot load it.
        """
        prepare_process(cpus=cpus)
        # After its environment.
        from models.pretrained.saved_models import check_model, load_model  # noqa: PLC0415

        try:
            check_model(path)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{path} is not opened: {getattr(error, 'strerror', None) or error}; "
                "copy it anew from the run that wrote it"
            ) from error
        try:
            self._model: Any = load_model(path)
        except Exception as error:  # a file of another version fails in many ways
            raise ModelError(
                f"{path} cannot be loaded by Keras {version('keras')}: "
                f"{first_line(error)}; install the versions that its model.json names"
            ) from error
        self.at_once = at_once
        self._path = path

    def check(self, description: Description) -> None:
        """Refuses a model that is not what its description tells.

        Raises:
            ModelError: pixels go in, or outputs come out, in other numbers.
        """
        side, channels = description.input.size, description.input.channels
        shapes = [tuple(pixels.shape) for pixels in self._model.inputs]
        if shapes != [(None, side, side, channels)]:
            raise contradicted(
                self._path,
                f"input: tells of pictures of {side} x {side} x {channels}, and the "
                f"model takes {_shapes(shapes)}",
            )
        heads = {name: names for name, names in description.heads().items() if names}
        wanted = {name: (None, len(names)) for name, names in heads.items()}
        if self._outputs() != wanted:
            raise contradicted(
                self._path,
                f"tells of the outputs {_outputs(wanted)}, and the model has "
                f"{_outputs(self._outputs())}",
            )

    def _outputs(self) -> dict[str, tuple[int | None, ...]]:
        """Tells the shape of each output by its name; others' may have none."""
        found = self._model.output
        named = found if isinstance(found, dict) else {}
        return {str(name): tuple(head.shape) for name, head in named.items()}

    def predict(self, pixels: np.ndarray) -> Predictions:
        """Predicts rows in padded batches of one shape.

        Args:
            pixels: raw pixels in [0, 255], shape (N, S, S, C), N from 0.

        Returns:
            One row for each image; no row depends on its neighbours, only the last
            digits on its place in its batch.
        """
        step = self.at_once
        parts = [
            self._batch(pixels[start : start + step])
            for start in range(0, max(len(pixels), 1), step)
        ]
        return Predictions.concatenate(parts)

    def _batch(self, pixels: np.ndarray) -> Predictions:
        """Predicts up to one batch, padded with black images."""
        batch = np.zeros((self.at_once, *self._model.input_shape[1:]), np.float32)
        batch[: len(pixels)] = pixels
        found: Mapping[str, Any] = self._model.predict_on_batch(batch)

        def rows(head: str) -> np.ndarray | None:
            whole = found.get(head)
            return None if whole is None else np.asarray(whole)[: len(pixels)]

        return Predictions(
            emotion=rows("emotion"),
            action_units=rows("action_units"),
            valence_arousal=rows("valence_arousal"),
        )


def _shapes(shapes: Sequence[tuple[int | None, ...]]) -> str:
    """Writes shapes without the first number, which is that of pictures."""
    return " and ".join(" x ".join(map(str, shape[1:])) for shape in shapes) or "none"


def _outputs(shapes: Mapping[str, tuple[int | None, ...]]) -> str:
    """Writes how many values each output has."""
    told = (f"{name} ({_shapes([shape])})" for name, shape in sorted(shapes.items()))
    return ", ".join(told) or "no named ones"
