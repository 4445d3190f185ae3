"""What a model says of one face, by name, with its decisions."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.inference.model_card import Description
from models.metrics.predictions import Predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One face as a model reads it; a head that the model lacks is empty.

    Unit and range: ``emotions`` and ``units`` are probabilities; ``ratings`` are in
        [-1, 1].
    """

    emotions: Mapping[str, float]
    units: Mapping[str, float]
    ratings: Mapping[str, float]

    def emotion(self) -> str | None:
        """Names the most probable emotion; ``None`` where none is predicted."""
        return max(self.emotions, key=self.emotions.__getitem__, default=None)

    def present(self, thresholds: Mapping[str, float]) -> dict[str, bool]:
        """Decides which action units are present.

        Args:
            thresholds: the least probability of each unit.

        Returns:
            Unit -> whether it is present.
        """
        return {unit: value >= thresholds[unit] for unit, value in self.units.items()}


def readings(description: Description, predictions: Predictions) -> list[Reading]:
    """Names the outputs of each row.

    Args:
        description: the labels of the outputs, in order.
        predictions: of any number of rows.

    Returns:
        A reading for each row.
    """
    labels = (description.emotions, description.action_units, description.dimensions)
    heads: list[list[dict[str, float]]] = [
        [{}] * len(predictions)
        if head is None
        else [dict(zip(names, row, strict=True)) for row in head.tolist()]
        for names, head in zip(labels, predictions.heads(), strict=True)
    ]
    return [
        Reading(emotions=emotions, units=units, ratings=ratings)
        for emotions, units, ratings in zip(*heads, strict=True)
    ]
