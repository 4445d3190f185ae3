"""Initial weights that are taken from elsewhere, as values for layers."""

from typing import Any

import numpy as np

from models.config import Structure


def initial_weights(model: Any, structure: Structure) -> dict[str, list[np.ndarray]]:
    """Reads the weights that a Structure starts from instead of random ones.

    Args:
        model: the assembled model.
        structure: ``weights`` says where they come from.

    Returns:
        Values by layer name of ``model``; empty for ``"none"``.

    Raises:
        WeightsError: they cannot be had or do not fit.
    """
    del model
    if structure.weights == "none":
        return {}
    raise NotImplementedError
