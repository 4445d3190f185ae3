"""What this process writes outside a folder, seen by Python's audit events."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PLACES = {
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.rename": (0, 1),
    "os.symlink": (1,),
    "os.link": (1,),
    "os.truncate": (0,),
    "sqlite3.connect": (0,),
}
"""Event -> which of its arguments are changed."""
_DEVICES = ("/dev/", "/proc/self/")

_watching: list[tuple[str, list[str]]] = []


@contextmanager
def writes_outside(root: str) -> Iterator[list[str]]:
    """Yields the list of places outside ``root`` that are written meanwhile."""
    _install()
    found: list[str] = []
    _watching.append((os.path.realpath(root), found))
    try:
        yield found
    finally:
        _watching.pop()


def _install() -> None:
    """Installs the hook once; Python cannot remove it."""
    if not getattr(sys, "_fuzz_writes", False):
        sys._fuzz_writes = True  # type: ignore[attr-defined]  # noqa: SLF001
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or not (event == "open" or event in _PLACES):
        return
    if event == "open":
        flags = arguments[2]
        changed = [arguments[0]] if isinstance(flags, int) and flags & _WRITES else []
    else:
        changed = [arguments[place] for place in _PLACES[event]]
    root, found = _watching[-1]
    for path in changed:
        if isinstance(path, str | bytes | os.PathLike):
            _note(os.fsdecode(path), root, found)


def _note(path: str, root: str, found: list[str]) -> None:
    path = path.removeprefix("file:").partition("?")[0]
    whole = os.path.realpath(path)
    inside = whole == root or whole.startswith(f"{root}/")
    if not inside and not whole.startswith(_DEVICES) and path != ":memory:":
        found.append(whole)
