"""Names that become folders: of studies and of their runs, from wherever they come."""

import unicodedata

LONGEST = 200
"""Bytes of a name in UTF-8: 255 make a file's, and endings are added to it."""

UNSHOWN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal obeys or cannot show."""

TURNING = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Characters that change the order of those around them (Unicode's UAX 9)."""


def is_shown(character: str) -> bool:
    """Tells whether a terminal shows a character as it is, and obeys nothing.

    Example:
        >>> [is_shown(one) for one in ("é", "表", chr(27), chr(0x202E))]
        [True, True, False, False]
    """
    return unicodedata.category(character) not in UNSHOWN and character not in TURNING


def why_unfit(name: str) -> str | None:
    """Says why a text cannot be the name of a folder, if it cannot.

    Args:
        name: of a study or a run.

    Returns:
        The rule that it breaks, as a sentence's end; ``None`` for a fit name.

    Example:
        >>> why_unfit("ckplus-2 Größe"), why_unfit("..")
        (None, 'must not begin with a dot or a dash')
    """
    if not name.strip():
        return "must not be empty"
    if "/" in name or "\\" in name:
        return "must not hold / or \\"
    if name[0] in ".-":
        return "must not begin with a dot or a dash"
    if not all(map(is_shown, name)):
        return "must not hold control characters"
    size = len(name.encode())
    return f"must not be longer than {LONGEST} bytes" if size > LONGEST else None
