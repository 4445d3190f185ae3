"""The rule for names of studies and runs, which become folders."""

import os
import re

from data_pipeline.system.errors import InputError
from data_pipeline.system.terminal import is_printable

LONGEST = 200
"""Bytes of a name in UTF-8; file names have 255 at most, and suffixes are added."""

SYNTHETIC, TRAINED, NESTED = "-synthetic", "-trained", "-nested"
ENDINGS = (SYNTHETIC, TRAINED, NESTED)
"""Suffixes of a study's name for runs on synthetic faces, for trained seeds, and for
nested runs."""

_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_CHARACTERS = '<>:"|?*'

PART = re.compile(r"outer-[1-9][0-9]{0,5}")
"""The folder of an outer part, in that of its nested run."""


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
    if os.name == "nt" and (rule := windows_error(name)):
        return rule
    size = len(name.encode())
    return f"must not be longer than {LONGEST} bytes" if size > LONGEST else None


def windows_error(name: str) -> str | None:
    """Returns the rule of Windows that a name breaks; ``None`` if there is none.

    Example:
        >>> windows_error("ckplus"), windows_error("Con.v2")
        (None, 'must not be the name of a device')
    """
    if set(name) & set(_CHARACTERS):
        return f"must not contain one of {_CHARACTERS}"
    if name.endswith((".", " ")):
        return "must not end with a dot or a blank"
    return "must not be the name of a device" if _DEVICE.match(name) else None


def check_folder_name(name: str, place: str) -> None:
    """Raises ``InputError`` if the name of a study or run cannot be a folder's.

    ``place`` is the source of the name, for the message. A run may be an outer part:
    its name is that of the nested run, a slash and the part's folder.
    """
    nested, slash, part = name.partition("/")
    stem = nested if slash and nested.endswith(NESTED) and _is_part(part) else name
    for ending in reversed(ENDINGS):
        stem = stem.removesuffix(ending)
    if rule := folder_name_error(stem):
        raise InputError(
            f"{place}: a study's name is also a folder's name, so it {rule}; found "
            f"{name[:300]!r}; use another name"
        )


def _is_part(name: str) -> bool:
    """Whether a folder is that of an outer part, or of its trained seeds."""
    return PART.fullmatch(name.removesuffix(TRAINED)) is not None


def run_name(study: str, *, synthetic: bool, outer_part: int | None = None) -> str:
    """Returns the folder name of a study's run, marked if the data are synthetic.

    Example:
        >>> run_name("ckplus", synthetic=True)
        'ckplus-synthetic'
        >>> run_name("ckplus", synthetic=True, outer_part=3)
        'ckplus-synthetic-nested/outer-3'
    """
    name = study + SYNTHETIC if synthetic else study
    return name if outer_part is None else f"{nested_name(name)}/outer-{outer_part}"


def nested_name(run: str) -> str:
    """Returns the folder name of a nested run, whose parts are runs in it."""
    return run + NESTED


def study_of_run_name(run: str) -> tuple[str, bool]:
    """Returns the study of a run's name, and whether its faces are synthetic.

    Example:
        >>> study_of_run_name("ckplus-synthetic-nested/outer-3")
        ('ckplus', True)
        >>> study_of_run_name("ckplus")
        ('ckplus', False)
    """
    name = run.partition("/")[0].removesuffix(NESTED)
    return name.removesuffix(SYNTHETIC), name.endswith(SYNTHETIC)
