"""Named child seeds of a study's seed, the same on every machine."""

import hashlib


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
