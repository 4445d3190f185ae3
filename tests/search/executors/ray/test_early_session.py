"""A run that ends while Ray starts leaves nothing behind."""

import signal
import time

import psutil
import pytest

from search.executors.ray.folder import PREFIX
from tests.factories.processes.run_database import wait
from tests.factories.runs import ended

pytestmark = pytest.mark.slow


def processes_of(place):
    """Finds the processes that write to a folder for temporary files."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(place):
                found.append(process)
        except psutil.Error:
            continue
    return found


def left_behind(place, seconds=20):
    """Lists what is left after some seconds: processes and folders."""
    _, alive = psutil.wait_procs(processes_of(place), timeout=seconds)
    return [process.name() for process in alive], list(place.glob(f"{PREFIX}*"))


@pytest.mark.parametrize(
    ("number", "ready"), [(signal.SIGINT, False), (signal.SIGTERM, True)]
)
def test_an_interruption_ends_the_start(tmp_path, start, number, ready):
    """Ctrl-C at once, or SIGTERM while workers import: one message, nothing left."""
    process = start("tests.factories.processes.early_ray", TMPDIR=str(tmp_path))
    assert process.stdout.readline() == "starting\n"
    if ready:
        marks = f"{PREFIX}*/pulse/*.early"
        wait(process, lambda: len(list(tmp_path.glob(marks))) > 1)
    process.send_signal(number)
    answer = ended(process)
    assert answer.code == 130
    assert answer.err == "error: interrupted; rerun the same command to resume\n"
    assert left_behind(tmp_path) == ([], [])


def test_an_error_ends_the_start(tmp_path, start):
    """An error in the data is the only message, and comes at once."""
    begun = time.monotonic()
    answer = ended(
        start("tests.factories.processes.early_ray", "fail", TMPDIR=str(tmp_path))
    )
    assert (answer.code, answer.err) == (2, "error: an image is wrong\n")
    assert time.monotonic() - begun < 60
    assert left_behind(tmp_path) == ([], [])
