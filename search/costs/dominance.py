"""Which points are the best in several objectives at once.

In a point, higher is better in every place: what is minimized has its sign changed.
"""

from collections.abc import Sequence

Point = Sequence[float]


def dominates(one: Point, other: Point) -> bool:
    """Checks whether a point is nowhere worse than another, and somewhere better.

    Example:
        >>> dominates((0.8, -5), (0.8, -7)), dominates((0.8, -7), (0.7, -5))
        (True, False)
    """
    pairs = list(zip(one, other, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def front(points: Sequence[Point]) -> list[int]:
    """Lists the places of the points that no other one dominates.

    Example:
        >>> front([(0.8, -5), (0.9, -9), (0.7, -6), (0.8, -5)])
        [0, 1, 3]
    """
    return [
        place
        for place, point in enumerate(points)
        if not any(dominates(other, point) for other in points)
    ]


def beats(one: Point, other: Point, *, metrics: int, margin: float) -> bool:
    """Checks whether a point is better than another in every objective, not by chance.

    Each of the first ``metrics`` places is higher by more than ``margin``; the others,
    which are costs, are not worse.
    """
    pairs = list(zip(one, other, strict=True))
    return all(a > b + margin for a, b in pairs[:metrics]) and all(
        a >= b for a, b in pairs[metrics:]
    )
