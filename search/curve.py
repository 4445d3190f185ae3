"""Curves of values, epoch by epoch: smoothed alike wherever they are compared."""

from collections.abc import Sequence

SMOOTHED = 3


def smoothed(curve: Sequence[float]) -> tuple[float, ...]:
    """Averages each epoch with its neighbours: a centred window of three epochs.

    Args:
        curve: a value an epoch.

    Returns:
        As many values; the first and the last are means of two.

    Example:
        >>> smoothed([0.0, 0.3, 0.6, 0.3])
        (0.15, 0.3, 0.4, 0.45)
    """
    half = SMOOTHED // 2
    windows = [
        curve[max(0, index - half) : index + half + 1] for index in range(len(curve))
    ]
    return tuple(round(sum(window) / len(window), 12) for window in windows)
