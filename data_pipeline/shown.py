"""Text as a terminal may have it: nothing in a name or a label steers it."""

import re
import unicodedata

_OBEYED = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal obeys or cannot show."""

_TURNING = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Characters that change the order of those around them (Unicode's UAX 9)."""

_USER_PART = re.compile(r"(://[^:/@\s]*:)\S*@")
_SECRET_PAIR = re.compile(
    r"([?&;]\w*(?:pass|pwd|secret|token|credential)\w*=)[^&;\s'\"]*", re.IGNORECASE
)


def is_shown(character: str) -> bool:
    """Tells whether a terminal shows a character as it is, and obeys nothing.

    Example:
        >>> [is_shown(one) for one in ("é", "表", chr(27), chr(0x202E))]
        [True, True, False, False]
    """
    obeyed = unicodedata.category(character) in _OBEYED
    return not obeyed and character not in _TURNING


def shown(text: str) -> str:
    """Spells out what a terminal would obey; lines stay lines.

    Args:
        text: what is to be printed, names and labels in it.

    Returns:
        The text, with a backslash and a number for each control character, each that
        turns the order of others, and each byte of a name that is no text.

    Example:
        >>> shown(f"a{chr(27)}[31m") == "a" + chr(92) + "x1b[31m"
        True
    """
    if text.isprintable():
        return text
    return "".join(one if one == "\n" or is_shown(one) else _spelt(one) for one in text)


def one_line(text: str) -> str:
    """Spells out line breaks too, which would begin a line of their own.

    Example:
        >>> one_line("a" + chr(10) + "b") == "a" + chr(92) + "nb"
        True
    """
    return shown(text).replace("\n", "\\n")


def without_passwords(text: str) -> str:
    """Hides the passwords of URLs that a person typed, also where nobody knows of one.

    Example:
        >>> without_passwords("unknown: --url mysql://me:s3cret@host/x?sslpassword=abc")
        'unknown: --url mysql://me:***@host/x?sslpassword=***'
    """
    return _SECRET_PAIR.sub(r"\1***", _USER_PART.sub(r"\1***@", text))


def _spelt(character: str) -> str:
    """Writes a character as Python does, and a byte of a name as that byte."""
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # noqa: PLR2004 - of Python's surrogateescape
        return f"\\x{number - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
