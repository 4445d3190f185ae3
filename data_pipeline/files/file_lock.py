"""Lock files: one process at a time holds a lock; a killed holder frees it.

The operating system's lock is used where the file system has one. Elsewhere (NFS
without its lock daemon, Lustre without its option) a lease file with a heartbeat
replaces it: it is taken over when its process is dead or silent for ``LEASE`` seconds.
"""

import errno
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from filelock import SoftFileLease, Timeout, lock_descriptor, unlock_descriptor

from data_pipeline.files.safe_open import check_regular

if sys.platform != "win32":
    import fcntl  # for what filelock does not have: shared locks, and those of SQLite

PAUSE = 0.1
"""Seconds between two attempts."""

ATTEMPTS = 5
"""How often a file is marked as in use where another process looks at its mark."""

LEASE = 30.0
"""Seconds without a heartbeat after which a lease is taken over."""

BEATS = 15
"""Heartbeats within a lease."""

NO_LOCKS = frozenset(
    {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOLCK}
)
"""Error codes of file systems without locks."""

WINDOWS = sys.platform == "win32"
"""Where the first byte of a locked file cannot be read, nor an open file removed."""


class FileLock:
    """A lock file, for one process or thread at a time.

    ``path`` is in an existing folder. ``lease`` is in seconds, the same for all who
    use this lock.
    """

    def __init__(self, path: Path, *, lease: float = LEASE) -> None:
        """Creates the lock, unlocked; no file is written yet."""
        self.path = path
        self._lease_seconds = lease
        self._file: IO[str] | None = None
        self._lease: SoftFileLease | None = None

    def try_acquire(self) -> bool:
        """Acquires the lock if it is free, without waiting."""
        if self._lease is not None:
            return _acquired(self._lease)
        with suppress(FileNotFoundError):
            check_regular(self.path)  # Python's error for a pipe has no file name
        file = self.path.open("a+", encoding="utf-8")
        try:
            locked = lock_descriptor(file.fileno(), blocking=False)
            if locked and os.path.samestat(os.fstat(file.fileno()), self.path.stat()):
                self._file = file
                return True
        except FileNotFoundError:
            pass
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            self._lease = _lease(self.path, self._lease_seconds)
            return _acquired(self._lease)
        finally:
            if self._file is None:
                file.close()
        return False

    def acquire_from_dead(self) -> bool:
        """Acquires the lock if it is free or its holder is dead.

        The operating system frees its own locks. A lease is observed until its next
        heartbeat, or until it expires.
        """
        if self.try_acquire():
            return True
        if self._lease is None:
            return False
        before, end = self._beat(), time.monotonic() + 2 * self._lease_seconds
        while self._beat() == before and time.monotonic() < end:
            time.sleep(PAUSE)
            if self.try_acquire():
                return True
        return False

    def acquire(self, waiting: Callable[[], None] = lambda: None) -> None:
        """Waits for the lock, and calls ``waiting`` between the attempts."""
        while not self.try_acquire():
            waiting()
            time.sleep(PAUSE)

    def is_held(self) -> bool:
        """Returns whether this object holds the lock and its file still exists."""
        if self._lease is not None:
            exists = Path(self._lease.lock_file).exists()
            return exists and self._lease.is_locked and self._lease.compromise is None
        if self._file is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return False

    def write_owner(self) -> None:
        """Writes this process's id into the file, unless the disk is full."""
        with suppress(OSError):
            if self._file is not None:
                self._file.truncate(0)
                self._file.write(f" {os.getpid()}")  # after the byte that is locked
                self._file.flush()

    def owner(self) -> str:
        """Names the process that holds the lock."""
        with suppress(OSError):
            if self._lease is None:
                with self.path.open("rb", buffering=0) as file:
                    file.seek(1)
                    return file.read().decode("utf-8", "replace") or "unknown"
            lines = Path(self._lease.lock_file).read_text(encoding="utf-8").split("\n")
            entries = dict(line.split("=", 1) for line in lines if "=" in line)
            pid, host = (entries.get(key, "unknown") for key in ("pid", "host"))
            return f"{pid} on {host}"
        return "unknown"

    def release(self, *, remove: bool = False) -> None:
        """Releases the lock, and removes its file if requested."""
        if remove and self._file is not None and not WINDOWS:
            self.path.unlink(missing_ok=True)  # while it is still locked
        if self._file is not None:
            self._file.close()
            self._file = None
            if remove and WINDOWS:
                with suppress(OSError):  # another process has it open
                    self.path.unlink(missing_ok=True)
        if self._lease is not None:
            self._lease.release()
            if remove:
                self.path.unlink(missing_ok=True)

    def _beat(self) -> object:
        """Returns what changes with each heartbeat."""
        if self._lease is None:
            return None
        try:
            stat = Path(self._lease.lock_file).stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns


@contextmanager
def file_lock(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Holds a lock, and removes its file at the end.

    ``waiting`` is called repeatedly while another process or thread holds the lock.
    """
    lock = FileLock(path)
    lock.acquire(waiting)
    try:
        yield
    finally:
        lock.release(remove=True)


@contextmanager
def lock_open_file(file: IO[bytes]) -> Iterator[None]:
    """Locks an open file that has a name; waits for other processes."""
    try:
        lock_descriptor(file.fileno())
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        with _lease(Path(file.name), LEASE):
            yield
        return
    try:
        yield
    finally:
        file.flush()
        unlock_descriptor(file.fileno())


def share(opened: int) -> None:
    """Marks an open file as in use until it is closed, if its file system has locks."""
    if sys.platform == "win32":  # removes no file that is open
        return
    for _ in range(ATTEMPTS):
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:  # is_shared looks at it now, in another process
            time.sleep(PAUSE)
        except OSError:
            return
        else:
            return


def is_shared(path: Path) -> bool:
    """Returns whether a process uses a file that it has marked; also if none can say.

    One that does not exist is not in use.
    """
    with unshared(path) as free:
        return not free


@contextmanager
def unshared(path: Path) -> Iterator[bool]:
    """Yields whether no process uses a file; nobody marks it meanwhile.

    On a file system without locks nobody can say, and it counts as used.
    """
    if sys.platform == "win32":
        yield True
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except FileNotFoundError:
            free = True
        except OSError:
            free = False
        yield free


def has_record_locks(folder: Path) -> bool:
    """Returns whether the file system of a writable folder has the locks of SQLite."""
    if sys.platform == "win32":  # always has them
        return True
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in NO_LOCKS
    return True


def _lease(path: Path, seconds: float) -> SoftFileLease:
    return SoftFileLease(
        path.with_name(f"{path.name}.lease"),
        lease_duration=seconds,
        heartbeat_interval=seconds / BEATS,
        thread_local=False,
    )


def _acquired(lease: SoftFileLease) -> bool:
    try:
        lease.acquire(timeout=0)
    except Timeout:
        return False
    return True
