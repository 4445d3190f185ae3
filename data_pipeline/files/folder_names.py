"""The rule for names of studies and runs, which become folders."""

from data_pipeline.system.terminal import is_printable

LONGEST = 200
"""Bytes of a name in UTF-8; file names have 255 at most, and suffixes are added."""


def folder_name_error(name: str) -> str | None:
    """Returns the rule that a name breaks, as the end of a sentence; ``None`` if valid.

    Example:
        >>> folder_name_error("ckplus-2 Größe"), folder_name_error("..")
        (None, 'must not begin with a dot or a dash')
    """
    if not name.strip():
        return "must not be empty"
    if "/" in name or "\\" in name:
        return "must not contain / or \\"
    if name[0] in ".-":
        return "must not begin with a dot or a dash"
    if not all(map(is_printable, name)):
        return "must not contain control characters"
    size = len(name.encode())
    return f"must not be longer than {LONGEST} bytes" if size > LONGEST else None
