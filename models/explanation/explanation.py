"""What is known of one face after it was explained."""

from dataclasses import dataclass

import numpy as np

from models.explanation.outputs import Output


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explanation:
    """What a model sees in one face.

    Attributes:
        pixels: the face as the model gets it, shape (S, S, C), uint8.
        outputs: names of the outputs.
        values: the model's own, shape (K,).
        maps: one for each output, shape (K, S, S): with Grad-CAM at least 0, with
            integrated gradients signed.
        method: which of ``methods.METHODS`` made them.
        gap: of integrated gradients: the largest difference between the sum of a map
            and its output's change; 0 otherwise.
    """

    pixels: np.ndarray
    outputs: tuple[Output, ...]
    values: np.ndarray
    maps: np.ndarray
    method: str
    gap: float = 0.0
