"""Numbers as label files write them: ASCII digits alone, never of absurd length.

``int`` and ``float`` also take digits of other scripts, and underscores.
"""

import math
import re

_LONGEST = 40
"""Characters of the longest number that a label file can mean."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def whole(text: str) -> int:
    """Reads a whole number, 0 or more.

    Args:
        text: such as ``"7"``; blanks around it do not count.

    Returns:
        The number.

    Raises:
        ValueError: it is none, or has too many digits.

    Example:
        >>> whole(" 07 ")
        7
    """
    word = text.strip()
    if len(word) > _LONGEST or not (word.isascii() and word.isdigit()):
        raise ValueError(f"a whole number was expected, found {shortened(text)}")
    return int(word)


def number(text: str) -> float:
    """Reads a number, with a point or an exponent where it has them.

    Args:
        text: such as ``"1.2000000e+01"``; blanks around it do not count.

    Returns:
        The number, which is finite.

    Raises:
        ValueError: it is none, has too many digits, or is too large.

    Example:
        >>> number("   1.2000000e+01")
        12.0
    """
    word = text.strip()
    fits = len(word) <= _LONGEST and _NUMBER.fullmatch(word) is not None
    value = float(word) if fits else math.nan
    if not math.isfinite(value):
        raise ValueError(f"a number was expected, found {shortened(text)}")
    return value


def shortened(text: str, most: int = 60) -> str:
    """Quotes what was found, cut where it is long.

    Example:
        >>> shortened("9" * 5000, 8)
        "'99999999' and 4992 characters more"
    """
    more = len(text) - most
    quoted = repr(text[:most])
    return f"{quoted} and {more} characters more" if more > 0 else quoted
