"""An exported model that predicts; plain Keras, always in batches of one shape."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.errors import ModelError, first_line
from models.predictions import Predictions
from models.runtime import prepare_process

PREDICTED_AT_ONCE = 32
"""Rows in every batch, padded: one shape, so nothing is traced twice."""

_NOT_LOADED = (ValueError, TypeError, KeyError, AttributeError, ImportError, OSError)
"""What Keras raises for files of other versions."""


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
        from models.saved_models import check_model, load_model  # noqa: PLC0415

        try:
            check_model(path)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{path} is not opened: {getattr(error, 'strerror', None) or error}; "
                "copy it anew from the run that wrote it"
            ) from error
        try:
            self._model: Any = load_model(path)
        except _NOT_LOADED as error:
            raise ModelError(
                f"{path} cannot be loaded by Keras {version('keras')}: "
                f"{first_line(error)}; install the versions that its model.json names"
            ) from error
        self.at_once = at_once

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
