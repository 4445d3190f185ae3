"""The user's own code, which a study names as ``package.module:name``.

A package can also offer its code under a short name, by an entry point. Both are
found here and nowhere else, so that every key of a study file takes them alike.
"""

import functools
import hashlib
import importlib
import operator
import re
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from data_pipeline.system.errors import StudyError, first_line

CODE = "MODULE:NAME"
"""How messages write the name of own code."""

_WORDS = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of own code.

    Attributes:
        group: the last part of its entry points' group, ``expression_search.GROUP``.
        key: the key of a study file that names it, for messages.
        must: what it must be, for messages.
    """

    group: str
    key: str
    must: str


def is_code_path(name: str) -> bool:
    """Checks whether a name is that of code: ``package.module:name``.

    Example:
        >>> is_code_path("nets.small:tiny"), is_code_path("tpe")
        (True, False)
    """
    return re.fullmatch(f"{_WORDS}:{_WORDS}", name, re.ASCII) is not None


def is_own(kind: Kind, name: str) -> bool:
    """Checks whether a name that is not registered can be that of own code."""
    return is_code_path(name) or name in entry_names(kind.group)


@functools.cache  # looks into every installed distribution
def entry_names(group: str) -> dict[str, str]:
    """Maps the short names that installed packages offer to code paths."""
    found = entry_points(group=f"expression_search.{group}")
    return {point.name: point.value for point in found if is_code_path(point.value)}


def load(kind: Kind, name: str) -> Any:
    """Imports own code.

    Args:
        kind: its kind.
        name: its path, or the name of an entry point.

    Raises:
        StudyError: it cannot be imported.
    """
    module, _, attribute = code_path(kind, name).partition(":")
    try:
        return operator.attrgetter(attribute)(importlib.import_module(module))
    except Exception as error:  # code of others may raise anything
        raise unusable(kind, name, error) from error


def unusable(kind: Kind, name: str, reason: BaseException | str) -> StudyError:
    """Makes the error for own code that does not work, with the way out.

    ``reason`` is what it raised, or what is wrong with it.
    """
    way = "correct it"
    if isinstance(reason, ImportError):
        module = code_path(kind, name).partition(":")[0]
        way = f"{module} must be installed, or its folder be named in PYTHONPATH"
    if isinstance(reason, BaseException):
        reason = f"{type(reason).__name__}: {first_line(reason)}"
    return StudyError(
        f"{kind.key}: {name} must be {kind.must} ({reason}); {way} (see Own code in "
        "studies/README.md)"
    )


def digest(kind: Kind, name: str) -> str:
    """Hashes the file of own code; what the file imports does not count.

    Raises:
        StudyError: there is no such module.
    """
    module = code_path(kind, name).partition(":")[0]
    try:
        spec = find_spec(module)
        file = spec.origin if spec else None
        content = Path(file).read_bytes() if file else b""
    except Exception as error:  # a package's own code runs, and may raise anything
        raise unusable(kind, name, error) from error
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def user_folders() -> list[str]:
    """Lists the folders in which this process looks for code that is not installed.

    Other processes that run own code must look there, too.
    """
    installed = {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    folders = [Path(entry).resolve() for entry in sys.path]
    return [
        str(folder)
        for folder in dict.fromkeys(folders)
        if folder.is_dir() and not installed & {folder, *folder.parents}
    ]


def code_path(kind: Kind, name: str) -> str:
    """Returns the path of own code that is named by it, or by an entry point."""
    return name if is_code_path(name) else entry_names(kind.group)[name]
