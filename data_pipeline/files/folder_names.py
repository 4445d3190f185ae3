"""Names that become folders: of studies and of their runs, from wherever they come."""

from data_pipeline.system.terminal import is_printable

LONGEST = 200
"""Bytes of a name in UTF-8: 255 make a file's, and endings are added to it."""


def folder_name_error(name: str) -> str | None:
    """Says why a text cannot be the name of a folder, if it cannot.

    Args:
        name: of a study or a run.

    Returns:
        The rule that it breaks, as a sentence's end; ``None`` for a fit name.

    Example:
        >>> folder_name_error("ckplus-2 Größe"), folder_name_error("..")
        (None, 'must not begin with a dot or a dash')
    """
    if not name.strip():
        return "must not be empty"
    if "/" in name or "\\" in name:
        return "must not hold / or \\"
    if name[0] in ".-":
        return "must not begin with a dot or a dash"
    if not all(map(is_printable, name)):
        return "must not hold control characters"
    size = len(name.encode())
    return f"must not be longer than {LONGEST} bytes" if size > LONGEST else None
