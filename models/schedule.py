"""The learning rate of each epoch, a pure function of the horizon.

A trial that is stopped early, and a retraining that stops at the best epoch, follow
the same curve as a whole training: the horizon, not the stop, decides.
"""

import math

FLOOR = 0.01
"""Share of the initial rate that the last epochs come down to."""


def learning_rate(initial: float, *, epoch: int, epochs: int) -> float:
    """Anneals along a half cosine.

    Args:
        initial: the rate of the first epoch.
        epoch: from 1 to ``epochs``.
        epochs: the horizon.

    Returns:
        A rate in [0.01 initial, initial], falling from epoch to epoch.

    Source: Loshchilov and Hutter 2017, "SGDR", without restarts.

    Example:
        >>> [round(learning_rate(1.0, epoch=e, epochs=4), 3) for e in (1, 2, 3, 4)]
        [1.0, 0.855, 0.505, 0.155]
    """
    cosine = (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2
    return initial * (FLOOR + (1 - FLOOR) * cosine)
