"""What is known of one face after it was explained."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from models.explanation.outputs import Output

CELLS = 8
"""Cells a side into which a map is summed up for a table."""


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

    def rows(self, face: str) -> Iterator[Mapping[str, object]]:
        """Yields each row of cells of each map, from the top, for a table.

        A cell's number is the mean of the map in it; ``face`` names the face.
        """
        for output, value, shown in zip(
            self.outputs, self.values, self.maps, strict=True
        ):
            for number, cells in enumerate(_cells(shown), 1):
                yield {
                    "face": face,
                    "method": self.method,
                    "output": output.column,
                    "value": f"{value:.6f}",
                    "row": number,
                    **dict(zip(_CELLS, map(_short, cells.tolist()), strict=True)),
                }


_CELLS = tuple(f"cell_{number}" for number in range(1, CELLS + 1))
COLUMNS = ("face", "method", "output", "value", "row", *_CELLS)
"""Of the table of ``rows``; cells are from the left."""


def _cells(shown: np.ndarray) -> np.ndarray:
    small = Image.fromarray(shown).resize((CELLS, CELLS), Image.Resampling.BOX)
    return np.asarray(small)


def _short(value: float) -> str:
    return f"{value:.4g}"
