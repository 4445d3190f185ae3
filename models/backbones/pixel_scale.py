"""How raw pixels are scaled: by the same numbers for all pixels of a channel."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.keras_api import keras


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatistics:
    """Mean and deviation of each channel, in [0, 255]; a deviation is not 0.

    One number stands for any number of channels.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def rescaling(self, name: str) -> Any:
        """Makes a stock layer that subtracts the mean and divides by the deviation."""
        mean, deviation = np.array(self.mean), np.array(self.deviation)
        return keras.layers.Rescaling(
            (1 / deviation).tolist(), offset=(-mean / deviation).tolist(), name=name
        )
