"""Locks by a file: one process at a time does a thing; a kill lets the next one in.

The system's own lock is taken where the file system has one. Where it has none (NFS
without its lock daemon, Lustre without its option), a file with a heartbeat stands for
it: it is taken over when its process is gone, or has been silent for ``LEASE`` seconds.
"""

import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from filelock import SoftFileLease, Timeout

from data_pipeline.files.safe_open import check_regular

PAUSE = 0.1
"""Seconds between two looks at a lock that another process holds."""

LEASE = 30.0
"""Seconds without a sign of life after which a file with a heartbeat is taken over."""

BEATS = 15
"""Signs of life within a lease."""

NO_LOCKS = frozenset(
    {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOLCK}
)
"""What a file system answers that has no locks."""

HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})
"""What a file system answers where another process holds the lock."""


class FileLock:
    """One lock by a file of a given name, for one process or thread at a time."""

    def __init__(self, path: Path, *, lease: float = LEASE) -> None:
        """Names the file; nothing is made or taken yet.

        Args:
            path: the file; its folder exists.
            lease: seconds; all who take this lock give the same.
        """
        self.path = path
        self._lease_seconds = lease
        self._file: IO[str] | None = None
        self._lease: SoftFileLease | None = None

    def try_acquire(self) -> bool:
        """Takes the lock if it is free; waits for nobody."""
        if self._lease is not None:
            return _acquired(self._lease)
        with suppress(FileNotFoundError):
            check_regular(self.path)  # of a pipe Python says no name
        file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), self.path.stat()):
                self._file = file
                return True
        except FileNotFoundError:
            pass
        except OSError as error:
            if error.errno in NO_LOCKS:
                self._lease = _lease(self.path, self._lease_seconds)
                return _acquired(self._lease)
            if error.errno not in HELD:
                raise
        finally:
            if self._file is None:
                file.close()
        return False

    def acquire_from_dead(self) -> bool:
        """Takes the lock if it is free, or if its holder gives no sign of life.

        The system frees its own lock when a process dies. A file with a heartbeat is
        watched until it beats, or until its lease is over.
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
        """Takes the lock, however long another holds it.

        Args:
            waiting: called again and again until then.
        """
        while not self.try_acquire():
            waiting()
            time.sleep(PAUSE)

    def is_held(self) -> bool:
        """Tells whether the lock is held, and its file still has its name."""
        if self._lease is not None:
            named = Path(self._lease.lock_file).exists()
            return named and self._lease.is_locked and self._lease.compromise is None
        if self._file is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return False

    def write_owner(self) -> None:
        """Writes into the file who holds it, where the disk has room."""
        with suppress(OSError):
            if self._file is not None:
                self._file.truncate(0)
                self._file.write(str(os.getpid()))
                self._file.flush()

    def owner(self) -> str:
        """Names the process that holds the lock."""
        with suppress(OSError):
            if self._lease is None:
                return self.path.read_text(encoding="utf-8").strip() or "unknown"
            lines = Path(self._lease.lock_file).read_text(encoding="utf-8").split("\n")
            told = dict(line.split("=", 1) for line in lines if "=" in line)
            return f"{told.get('pid', 'unknown')} on {told.get('host', 'unknown')}"
        return "unknown"

    def release(self, *, remove: bool = False) -> None:
        """Gives the lock back.

        Args:
            remove: its file too.
        """
        if remove and self._file is not None:
            self.path.unlink(missing_ok=True)  # before it is let go
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._lease is not None:
            self._lease.release()
            if remove:
                self.path.unlink(missing_ok=True)

    def _beat(self) -> object:
        """Looks at the last sign of life."""
        if self._lease is None:
            return None
        try:
            found = Path(self._lease.lock_file).stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns


@contextmanager
def file_lock(lock: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Waits until nobody else holds a lock, and holds it.

    Args:
        lock: a file to be made for it, and removed at the end.
        waiting: called again and again while another process or thread holds it.

    Yields:
        Nothing; the lock is held meanwhile.
    """
    held = FileLock(lock)
    held.acquire(waiting)
    try:
        yield
    finally:
        held.release(remove=True)


@contextmanager
def lock_open_file(file: IO[bytes]) -> Iterator[None]:
    """Holds an open file for one process at a time; waits for the others.

    Args:
        file: it has a name.

    Yields:
        Nothing; the file is held until the end, and stays open.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
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
        fcntl.flock(file, fcntl.LOCK_UN)


def has_record_locks(folder: Path) -> bool:
    """Tells whether a file system has the locks by which SQLite keeps order.

    Args:
        folder: a folder of it that can be written to.
    """
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
