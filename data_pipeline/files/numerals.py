"""Numbers in label files: ASCII digits only, of bounded length.

``int`` and ``float`` also accept digits of other scripts, and underscores.
"""

import math
import re

from data_pipeline.system.errors import quote_short

_MAX_LENGTH = 40
"""Characters of the longest number in a label file."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def parse_whole(text: str) -> int:
    """Parses a whole number, 0 or more; blanks around it are ignored.

    Raises:
        ValueError: it is not one, or has too many digits.

    Example:
        >>> parse_whole(" 07 ")
        7
    """
    word = text.strip()
    if len(word) > _MAX_LENGTH or not (word.isascii() and word.isdigit()):
        raise ValueError(f"a whole number was expected, found {quote_short(text)}")
    return int(word)


def parse_number(text: str) -> float:
    """Parses a finite number; blanks around it are ignored.

    Raises:
        ValueError: it is not one, is too long or too large.

    Example:
        >>> parse_number("   1.2000000e+01")
        12.0
    """
    word = text.strip()
    fits = len(word) <= _MAX_LENGTH and _NUMBER.fullmatch(word) is not None
    value = float(word) if fits else math.nan
    if not math.isfinite(value):
        raise ValueError(f"a number was expected, found {quote_short(text)}")
    return value
