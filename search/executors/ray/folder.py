"""A private folder for Ray's files, below the folder for temporary files.

Ray makes its own folder writable for all users; here it lies in one that only this
user can enter. A killed driver leaves it behind, and the next start removes it.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from filelock import lock_descriptor

from data_pipeline.system.errors import RunError

PREFIX = "search-ray-"
LOCK = ".driver.lock"
NEEDED = 100 * 1024**2
"""Bytes that must be free; a session writes some megabytes of logs."""
CRASH_LINES = 5
"""Lines of a crash that are shown."""
_PROCESS = re.compile(r"pid: (\d+)")
_CRASH = re.compile(r"\*\*\* SIG|Fatal Python error")
STALE = 24 * 3600.0
"""Seconds after which a folder without a lock counts as left behind."""

_SOCKET = "/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
_LIMITS = {"linux": 107, "darwin": 103}
MOST = _LIMITS.get(sys.platform, 200) - len(_SOCKET)
"""Characters that the path of Ray's folder may have: those of sockets are limited.

Windows limits paths instead.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RayFolder:
    """Where Ray, Tune and the workers of one search write.

    ``ray`` may be a link: its path is short enough for sockets.
    """

    ray: Path
    tune: Path
    pulse: Path

    def last_words(self, trouble: str = "") -> str:
        """Reads the last output of a worker's process, such as why it crashed.

        ``trouble`` is Ray's error, which names the process; else the newest is taken.
        """
        named = _PROCESS.search(trouble)
        process = f"*-{named[1]}" if named else "*"
        logs = self.ray / "session_latest" / "logs"
        try:
            found = logs.glob(f"worker-{process}.err")
            logged = [path for path in found if path.stat().st_size]
            last = max(logged, key=lambda path: path.stat().st_mtime, default=None)
            return crash_output(last.read_text(errors="replace")) if last else ""
        except OSError:
            return ""


def crash_output(text: str) -> str:
    r"""Picks a process's last output before a crash, without stacks and modules.

    Example:
        >>> crash_output("needs AVX\nFatal Python error: Aborted\n\nStack:\n  x")
        'needs AVX\nFatal Python error: Aborted'
    """
    # Lines that begin with a colon are Ray's own marks.
    lines = [line for line in text.splitlines() if line.lstrip(":") == line != ""]
    ends = (number for number, line in enumerate(lines) if _CRASH.search(line))
    end = next(ends, len(lines) - 1)
    return "\n".join(lines[max(0, end + 1 - CRASH_LINES) : end + 1])


@contextmanager
def ray_folder(places: Iterable[Path] | None = None) -> Iterator[RayFolder]:
    """Makes the folder in the first of the places that has room; removes it at the end.

    Folders that killed drivers left are removed too. The default places are those for
    temporary files.
    """
    found = list(temporary_places() if places is None else places)
    for place in found:
        sweep(place)
    with ExitStack() as stack:
        home = _first(stack, found)
        ray = home / "r"
        ray.mkdir()
        if len(os.fsencode(ray)) > MOST:
            ray = _linked(stack, found, ray)
        folder = RayFolder(ray=ray, tune=home / "tune", pulse=home / "pulse")
        folder.pulse.mkdir()
        yield folder


def temporary_places() -> Iterator[Path]:
    """Lists the folders for temporary files, those of the environment first."""
    named = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    for name in (*named, "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108
        if name and Path(name).is_dir():
            yield Path(name).absolute()


def sweep(place: Path) -> None:
    """Removes this user's folders in a place, which need not exist, of dead drivers."""
    for folder in left_folders([place]):
        shutil.rmtree(folder, ignore_errors=True)


def left_folders(places: Iterable[Path] | None = None) -> Iterator[Path]:
    """Lists this user's folders of dead drivers, by default in the usual places."""
    for place in dict.fromkeys(temporary_places() if places is None else places):
        for folder in place.glob(f"{PREFIX}*"):
            with suppress(OSError):  # another start is removing it now
                if _is_own(folder) and not folder.is_symlink() and _left(folder):
                    yield folder


def _is_own(folder: Path) -> bool:
    """Whether this user made a folder; Windows has one for each user anyway."""
    return os.name == "nt" or folder.lstat().st_uid == os.geteuid()


def _left(folder: Path) -> bool:
    """Whether no driver holds a folder's lock."""
    lock = folder / LOCK
    if not lock.exists():
        return time.time() - folder.stat().st_mtime > STALE
    with lock.open("a") as file:
        return _taken(file)


def _taken(file: IO[str]) -> bool:
    try:
        return lock_descriptor(file.fileno(), blocking=False)
    except OSError:
        return False


def _first(stack: ExitStack, places: Iterable[Path]) -> Path:
    """Makes a private folder in the first place with room."""
    wrong: list[str] = []
    for place in dict.fromkeys(places):
        try:
            free = shutil.disk_usage(place).free
            if free >= NEEDED:
                return _private(stack, place)
            wrong.append(f"{place} has {free // 1024**2} MiB free")
        except OSError as error:
            wrong.append(f"{place}: {error.strerror or error}")
    raise RunError(
        f"Ray needs a folder for temporary files with {NEEDED // 1024**2} MiB free, "
        f"and there is none ({'; '.join(wrong) or 'no such folder exists'}); set "
        "TMPDIR to one, or use --executor serial to search without Ray"
    )


def _private(stack: ExitStack, place: Path) -> Path:
    """Makes a folder that only this user can enter, and holds its lock."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    lock = folder / f"{LOCK}.new"
    # Not all file systems have locks; what is left there stays.
    _taken(stack.enter_context(lock.open("a")))
    # Locked before it gets its name, so that the clean-up of another start skips it.
    lock.replace(folder / LOCK)
    return folder


def _linked(stack: ExitStack, places: Iterable[Path], ray: Path) -> Path:
    """Makes a short path to a folder that lies too deep for sockets."""
    short = [
        place
        for place in places
        if len(os.fsencode(place / f"{PREFIX}12345678" / "r")) <= MOST
    ]
    link = _first(stack, short) / "r"
    link.symlink_to(ray, target_is_directory=True)
    return link
