"""An exported model that predicts, always in batches of one shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data_pipeline.system.errors import HarnessError
from models.engines import open_engine
from models.engines.engine import Shape, not_computed
from models.inference.sidecar import Sidecar, contradicted
from models.metrics.predictions import (
    ROWS_AT_ONCE,
    ImageRows,
    Predictions,
    predict_padded,
)


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


class Predictor:
    """An exported model, loaded once.

    Attributes:
        at_once: rows of a batch.
    """

    def __init__(self, path: Path, *, cpus: int, at_once: int = ROWS_AT_ONCE) -> None:
        """Loads the model with the engine of its file's ending.

        Args:
            path: the file, or the folder of a SavedModel.
            cpus: threads it may use, where this process has not begun to compute.
            at_once: rows of a batch, at least 1; a model of a fixed number has that.

        Raises:
            ModelError: the file is refused, or the engine cannot load it.
            InputError: the engine's package is not installed.
        """
        self._engine = open_engine(path, cpus=cpus)
        fixed = next((shape[0] for shape in self._engine.inputs if shape), None)
        self.at_once = fixed or at_once
        self._path = path

    def check(self, card: Sidecar) -> None:
        """Refuses a model that does not match its sidecar.

        Args:
            card: the sidecar beside the file.

        Raises:
            ModelError: inputs or outputs have other shapes.
        """
        side, channels = card.input.size, card.input.channels
        shapes = [shape[1:] for shape in self._engine.inputs]
        if shapes != [(side, side, channels)]:
            raise contradicted(
                self._path,
                f"input: describes images of {side} x {side} x {channels}, but the "
                f"model takes {_shapes(shapes)}",
            )
        heads = {name: names for name, names in card.heads().items() if names}
        wanted: dict[str, Shape] = {name: (len(heads[name]),) for name in heads}
        found = {name: shape[1:] for name, shape in self._engine.outputs.items()}
        if found != wanted:
            raise contradicted(
                self._path,
                f"describes the outputs {_outputs(wanted)}, but the model has "
                f"{_outputs(found)}",
            )

    def predict(self, pixels: ImageRows) -> Predictions:
        """Predicts rows in padded batches of one shape.

        Args:
            pixels: raw pixels in [0, 255], shape (N, S, S, C), N from 0.

        Returns:
            One row for each image; no row depends on its neighbours, only the last
            digits on its place in its batch.

        Raises:
            ModelError: the engine cannot compute the model.
        """
        batches = predict_padded(self._compute, pixels, at_once=self.at_once)
        return Predictions.concatenate([Predictions.of(batch) for batch in batches])

    def _compute(self, pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        try:
            return self._engine.predict(pixels)
        except HarnessError:
            raise
        except Exception as error:  # each engine has classes of its own
            raise not_computed(self._path, error) from error


def _shapes(shapes: Sequence[Shape]) -> str:
    """Formats shapes that have no batch axis."""
    return " and ".join(" x ".join(map(str, shape)) for shape in shapes) or "none"


def _outputs(shapes: Mapping[str, Shape]) -> str:
    """Formats how many values each output has."""
    parts = (f"{name} ({_shapes([shape])})" for name, shape in sorted(shapes.items()))
    return ", ".join(parts) or "no named ones"
