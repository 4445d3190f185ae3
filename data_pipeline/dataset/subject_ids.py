"""How a subject id is compared: without case, separators and leading zeros."""

import re
import unicodedata

_WORD = re.compile(r"\d+|[^\W\d_]+")
_FLOAT = re.compile(r"(\d+)\.0+")
_AS_LATIN = str.maketrans("АВЕКМНОРСТХаеорсхѕЅіІјЈ", "ABEKMHOPCTXaeopcxsSiIjJ")  # noqa: RUF001
"""Cyrillic letters that look like Latin ones."""
_AS_DIGITS = str.maketrans("OoIl|", "00111")
"""Letters that are typed in place of digits."""


def spelled_as(name: str) -> str:
    """Reduces an id to what ids of one person share, however they are typed.

    Example:
        >>> spelled_as("Sub-007") == spelled_as("sub7"), spelled_as("--")
        (True, '')
    """
    return _key(_latin(name))


def looks_like(name: str) -> str:
    """Reduces an id likewise, letters that look like digits taken for these.

    Example:
        >>> looks_like("SO1O") == looks_like("s10")
        True
    """
    return _key(_latin(name).translate(_AS_DIGITS))


def plain(subject: str) -> str:
    """Spells an id so that it is found in another table.

    Example:
        >>> plain("S-010") == plain("s10") == plain("SO1O"), plain("--")
        (True, '--')
    """
    digits = any(map(str.isdecimal, subject))
    return (looks_like(subject) if digits else spelled_as(subject)) or subject


def _latin(name: str) -> str:
    """Writes an id in Latin letters, without characters that nobody sees."""
    seen = (letter for letter in name if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", "".join(seen)).translate(_AS_LATIN)


def _key(text: str) -> str:
    """Drops case, separators and leading zeros; two numbers stay two.

    Example:
        >>> _key("Sub-007"), _key("1-01"), _key("10.0"), _key("--")
        ('sub7.', '1.1.', '10.', '')
    """
    text = _FLOAT.sub(r"\1", text.strip()) if _FLOAT.fullmatch(text.strip()) else text
    return "".join(
        f"{_number(word)}." if word.isdecimal() else word
        for word in _WORD.findall(text.casefold())
    )


def _number(digits: str) -> str:
    plain = "".join(str(unicodedata.decimal(digit)) for digit in digits)
    return plain.lstrip("0") or "0"
