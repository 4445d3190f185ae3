"""Locks by a file, also on file systems that have no locks of their own."""

import errno
import fcntl
import os
import signal
import threading
from contextlib import contextmanager

import pytest

from data_pipeline.files.file_lock import (
    NO_LOCKS,
    PAUSE,
    FileLock,
    file_lock,
    is_shared,
    share,
)
from data_pipeline.split.receipt_file import Receipts
from tests.factories.processes import holder as process


def take_locks_away(monkeypatch, number=errno.ENOSYS):
    """Makes every file system one without locks."""

    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.fixture(params=["with locks", "without"])
def disk(request, monkeypatch):
    """Both kinds of file systems."""
    if request.param == "without":
        take_locks_away(monkeypatch)
    return request.param


@contextmanager
def holder(path, *, lease=30.0):
    """Holds a lock in another process that has no locks of the system."""
    code = (
        "import fcntl, pathlib, sys\n"
        "def flock(*_): raise OSError(38, 'not implemented')\n"
        "fcntl.flock = flock\n"
        "from data_pipeline.files.file_lock import FileLock\n"
        f"lock = FileLock(pathlib.Path({str(path)!r}), lease={lease})\n"
        "assert lock.try_acquire()\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    with process.holder(code) as started:
        yield started


@pytest.mark.usefixtures("disk")
def test_one_at_a_time(tmp_path):
    """A lock has one holder until it is released."""
    first, second = (FileLock(tmp_path / "a.lock") for _ in range(2))
    assert first.try_acquire()
    assert not second.try_acquire()
    assert (first.is_held(), second.is_held()) == (True, False)
    first.release()
    assert second.try_acquire()
    second.release(remove=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("disk")
def test_a_lock_whose_folder_moved(tmp_path):
    """A holder notices that its lock's folder was renamed or its file replaced."""
    folder = tmp_path / "run"
    folder.mkdir()
    lock = FileLock(folder / "a.lock")
    assert lock.try_acquire()
    folder.rename(tmp_path / "elsewhere")
    assert not lock.is_held()
    (tmp_path / "elsewhere").rename(folder)
    assert lock.is_held()
    lock.release()


@pytest.mark.parametrize("number", sorted(NO_LOCKS))
def test_the_dead_hold_nothing(tmp_path, monkeypatch, number):
    """Without locks, a killed holder's place is taken and a living one's is not."""
    take_locks_away(monkeypatch, number)
    path = tmp_path / "a.lock"
    lock = FileLock(path)
    with holder(path) as first:
        assert not lock.acquire_from_dead()
        assert lock.owner().startswith(f"{first.pid} on ")
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert lock.acquire_from_dead()
    lock.release()


def test_the_silent_of_another_machine_are_dead(tmp_path, monkeypatch):
    """A holder on another machine is dead after a lease without heartbeat."""
    take_locks_away(monkeypatch)
    path = tmp_path / "a.lock"
    with holder(path, lease=1.0) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    marker = path.with_name("a.lock.lease")
    marker.write_text(marker.read_text().replace("host=", "host=another-"))
    lock = FileLock(path, lease=1.0)
    assert not lock.try_acquire()
    assert lock.acquire_from_dead()
    lock.release()


def test_other_troubles_are_no_lock(tmp_path, monkeypatch):
    """A disk error is neither a held lock nor missing support for locks."""
    take_locks_away(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        FileLock(tmp_path / "a.lock").try_acquire()


@pytest.mark.usefixtures("disk")
def test_threads_wait(tmp_path):
    """Threads that want the same file do their work one after another."""
    inside, most = 0, 0

    def work():
        nonlocal inside, most
        with file_lock(tmp_path / "a.lock", lambda: None):
            inside += 1
            most = max(most, inside)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)


@pytest.mark.usefixtures("disk")
def test_receipts_are_locked(tmp_path):
    """A file of receipts is locked with and without locks of the file system."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    for _ in range(2):
        with receipts.locked() as file:
            file.write(b"{}\n")
    assert receipts.path.read_bytes() == b"{}\n" * 2


def test_a_pipe_in_place_of_a_lock(tmp_path):
    """A lock that is no regular file is refused with its name."""
    os.mkfifo(tmp_path / "a.lock")
    with pytest.raises(OSError, match=r"found a pipe.*a\.lock"):
        FileLock(tmp_path / "a.lock").try_acquire()


def test_a_look_takes_no_mark_away(tmp_path):
    """A file that is marked while another process looks at its mark is marked then."""
    path = tmp_path / "images.npy"
    path.write_bytes(b"1")
    with path.open("rb") as used:
        looking = path.open("rb")
        fcntl.flock(looking, fcntl.LOCK_EX)
        end = threading.Timer(PAUSE / 2, looking.close)
        end.start()
        share(used.fileno())
        end.join()
        assert is_shared(path)
    assert not is_shared(path)


def test_what_nobody_can_say_counts_as_used(tmp_path, monkeypatch):
    """Without locks a file counts as used, so that no cache removes it."""
    path = tmp_path / "images.npy"
    assert not is_shared(path)
    path.write_bytes(b"1")
    take_locks_away(monkeypatch)
    assert is_shared(path)
