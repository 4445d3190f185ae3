"""An exported model that predicts; plain Keras, always in batches of one shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.system.errors import ModelError, first_line
from models.backend import prepare_process
from models.inference.sidecar import Sidecar, contradicted
from models.metrics.predictions import ROWS_AT_ONCE, Predictions, predict_padded


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePrediction:
    """A model's outputs for one face, by name; a head that the model lacks is empty.

    Unit and range: ``emotions`` and ``units`` are probabilities; ``intensities`` are in
        [0, 5], ``ratings`` in [-1, 1].
    """

    emotions: Mapping[str, float]
    units: Mapping[str, float]
    intensities: Mapping[str, float] = field(default_factory=dict)
    ratings: Mapping[str, float]

    def emotion(self) -> str | None:
        """Names the most probable emotion; ``None`` where none is predicted."""
        return max(self.emotions, key=self.emotions.__getitem__, default=None)

    def present(self, thresholds: Mapping[str, float]) -> dict[str, bool]:
        """Decides which action units reach their threshold."""
        return {unit: value >= thresholds[unit] for unit, value in self.units.items()}


def face_predictions(card: Sidecar, predictions: Predictions) -> list[FacePrediction]:
    """Names the outputs of each row."""
    labels = (card.emotions, card.action_units, card.intensities, card.dimensions)
    heads: list[list[dict[str, float]]] = [
        [{}] * len(predictions)
        if head is None
        else [dict(zip(names, row, strict=True)) for row in head.tolist()]
        for names, head in zip(labels, predictions.heads(), strict=True)
    ]
    return [
        FacePrediction(
            emotions=emotions, units=units, intensities=intensities, ratings=ratings
        )
        for emotions, units, intensities, ratings in zip(*heads, strict=True)
    ]


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
        raise ModelError(
            f"{path} is not opened: {getattr(error, 'strerror', None) or error}; "
            "copy it again from the run that wrote it"
        ) from error
    try:
        return load_model(path)
    except Exception as error:  # a file of another version fails in many ways
        raise ModelError(
            f"{path} cannot be loaded by Keras {version('keras')}: "
            f"{first_line(error)}; install the versions that its model.json names"
        ) from error


class Predictor:
    """An exported model, loaded once.

    Attributes:
        at_once: rows of a batch.
    """

    def __init__(self, path: Path, *, cpus: int, at_once: int = ROWS_AT_ONCE) -> None:
        """Loads the model.

        Args:
            path: the ``.keras`` file.
            cpus: threads it may use, where this process has not begun to compute.
            at_once: rows of a batch, at least 1.

        Raises:
            ModelError: the file is refused, or the installed Keras cannot load it.
        """
        self._model = load_exported(path, cpus=cpus)
        self.at_once = at_once
        self._path = path

    def check(self, card: Sidecar) -> None:
        """Refuses a model that does not match its sidecar.

        Args:
            card: the sidecar beside the file.

        Raises:
            ModelError: inputs or outputs have other shapes.
        """
        side, channels = card.input.size, card.input.channels
        shapes = [tuple(pixels.shape) for pixels in self._model.inputs]
        if shapes != [(None, side, side, channels)]:
            raise contradicted(
                self._path,
                f"input: describes images of {side} x {side} x {channels}, but the "
                f"model takes {_shapes(shapes)}",
            )
        heads = {name: names for name, names in card.heads().items() if names}
        wanted = {name: (None, len(names)) for name, names in heads.items()}
        if self._outputs() != wanted:
            raise contradicted(
                self._path,
                f"describes the outputs {_outputs(wanted)}, but the model has "
                f"{_outputs(self._outputs())}",
            )

    def _outputs(self) -> dict[str, tuple[int | None, ...]]:
        """Returns the shape of each output by its name; other models may lack names."""
        output = self._model.output
        named = output if isinstance(output, dict) else {}
        return {str(name): tuple(head.shape) for name, head in named.items()}

    def predict(self, pixels: np.ndarray) -> Predictions:
        """Predicts rows in padded batches of one shape.

        Args:
            pixels: raw pixels in [0, 255], shape (N, S, S, C), N from 0.

        Returns:
            One row for each image; no row depends on its neighbours, only the last
            digits on its place in its batch.
        """
        batches = predict_padded(
            self._model.predict_on_batch, pixels, at_once=self.at_once
        )
        return Predictions.concatenate([Predictions.of(batch) for batch in batches])


def _shapes(shapes: Sequence[tuple[int | None, ...]]) -> str:
    """Formats shapes without the batch axis."""
    return " and ".join(" x ".join(map(str, shape[1:])) for shape in shapes) or "none"


def _outputs(shapes: Mapping[str, tuple[int | None, ...]]) -> str:
    """Formats how many values each output has."""
    parts = (f"{name} ({_shapes([shape])})" for name, shape in sorted(shapes.items()))
    return ", ".join(parts) or "no named ones"
