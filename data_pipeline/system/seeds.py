"""Named child seeds of a study's seed, the same on every machine."""

import hashlib
import math
from typing import Any

import numpy as np


def child_seed(seed: int, *names: str | int) -> int:
    """Derives the seed for one named use of randomness.

    Args:
        seed: the parent seed; 0 is a valid seed.
        names: the purpose, from general to special, for example
            ``("trial", 17, "fold", 2, "order")``.

    Returns:
        An integer in [0, 2**31), equal across processes and hash seeds.

    Example:
        >>> child_seed(7, "fold", 0) == child_seed(7, "fold", 0)
        True
        >>> child_seed(7, "fold", 0) == child_seed(7, "fold", 1)
        False
    """
    text = repr((int(seed), *names)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big") >> 1


def random_orders(seed: int, *shape: int) -> "np.ndarray[Any, Any]":
    """Draws orders of the positions of the last axis, the same on every machine.

    Example:
        >>> sorted(random_orders(1, 3).tolist())
        [0, 1, 2]
    """
    # Raw bits, because NumPy promises their stream and not a Generator's.
    keys = np.random.PCG64(seed).random_raw(math.prod(shape)).reshape(shape)
    return np.argsort(keys, axis=-1, kind="stable")
