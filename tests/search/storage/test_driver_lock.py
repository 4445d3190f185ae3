"""One driver at a time on a run's folder; servers are in test_driver_lease."""

import os
import signal
import subprocess
from contextlib import contextmanager

import pytest

from data_pipeline.system.errors import RunError
from search.storage.driver_lock import only_driver
from tests.factories.processes.holder import holder


@contextmanager
def driver(lock):
    """Holds a lock in another process; gives the process."""
    code = (
        "import sys, pathlib; from search.storage.driver_lock import only_driver\n"
        f"with only_driver(pathlib.Path({str(lock)!r})):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with holder(code) as process:
        yield process


def test_one_driver(tmp_path):
    """A second driver is refused with the first one's name; kill -9 frees the lock."""
    lock = tmp_path / ".driver.lock"
    with driver(lock) as first:
        with pytest.raises(RunError, match=f"process {first.pid} does; wait"):
            only_driver(lock).__enter__()
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        with only_driver(lock):
            assert lock.read_text() == f" {os.getpid()}"


def test_the_lock_is_released(tmp_path):
    """A driver that ends frees the lock, even if its workers still run."""
    lock = tmp_path / ".driver.lock"
    with only_driver(lock):
        child = subprocess.Popen(["/bin/sleep", "60"])
    with pytest.raises(KeyError), only_driver(lock):
        raise KeyError
    with only_driver(lock), pytest.raises(RunError), only_driver(lock):
        pass
    child.kill()
    child.wait()
