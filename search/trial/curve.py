"""Curves of values by epoch: smoothed the same way wherever they are compared."""

from collections.abc import Sequence

SMOOTHED = 3


def smoothed(curve: Sequence[float]) -> tuple[float, ...]:
    """Averages each epoch with its neighbours: a centred window of three epochs.

    The first and the last value are means of two.

    Example:
        >>> smoothed([0.0, 0.3, 0.6, 0.3])
        (0.15, 0.3, 0.4, 0.45)
    """
    half = SMOOTHED // 2
    windows = [
        curve[max(0, index - half) : index + half + 1] for index in range(len(curve))
    ]
    return tuple(round(sum(window) / len(window), 12) for window in windows)


def peak(curve: Sequence[float]) -> int:
    """Finds the epoch, from 1, at which the smoothed curve is highest.

    Of equal ones it is the one with the higher raw value, then the first: it costs
    less to retrain. The smoothed values of two epochs are always equal.

    Example:
        >>> peak([0.1, 0.5, 0.6, 0.4, 0.0]), peak([0.2, 0.4]), peak([0.4, 0.4, 0.4])
        (3, 2, 1)
    """
    ranked = ranks(curve)
    return ranked.index(max(ranked)) + 1


def ranks(curve: Sequence[float]) -> list[tuple[float, float]]:
    """Lists what epochs are compared by: the smoothed value, then the raw one."""
    return list(zip(smoothed(curve), curve, strict=True))
