"""The rule for names of studies and runs, which become folders."""

from data_pipeline.system.errors import InputError
from data_pipeline.system.terminal import is_printable

LONGEST = 200
"""Bytes of a name in UTF-8; file names have 255 at most, and suffixes are added."""

ENDINGS = ("-synthetic", "-trained")
"""Suffixes of a study's name for runs on synthetic faces and for trained seeds."""


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


def check_folder_name(name: str, place: str) -> None:
    """Raises ``InputError`` if the name of a study or run cannot be a folder's.

    ``place`` is the source of the name, for the message.
    """
    stem = name
    for ending in reversed(ENDINGS):
        stem = stem.removesuffix(ending)
    if rule := folder_name_error(stem):
        raise InputError(
            f"{place}: a study's name is also a folder's name, so it {rule}; found "
            f"{name[:300]!r}; use another name"
        )


def run_name(study: str, *, synthetic: bool) -> str:
    """Returns the folder name of a study's run, marked if the data are synthetic.

    Example:
        >>> run_name("ckplus", synthetic=True)
        'ckplus-synthetic'
    """
    return f"{study}-synthetic" if synthetic else study
