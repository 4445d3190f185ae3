"""Caching images in real processes: killed, started again, and started at once."""

import json
import zlib
from itertools import chain

import pytest

from data_pipeline.images.decode_table import decode_all
from tests.factories.processes.cache_process import COUNT, SIZE, table_in
from tests.factories.runs import started as module_started

pytestmark = pytest.mark.slow

READING = "reading images"
WAITING = "waiting for another process to read images"


@pytest.fixture
def place(tmp_path):
    """Gives a folder with images, and a cache that is still missing."""
    table_in(tmp_path / "data")
    return tmp_path


@pytest.fixture
def started(place):
    """Starts processes, and ends those that are left."""
    processes = []

    def start(pause):
        words = place / "data", place / "cache", pause
        processes.append(
            module_started("tests.factories.processes.cache_process", *words)
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def next_step(process):
    """Reads the next line that a process prints; ``None`` at its end."""
    line = process.stdout.readline()
    return json.loads(line) if line.endswith("\n") else None


def wait_for(process, stage, done=0):
    """Waits until a process is that far; returns how far it is."""
    while (step := next_step(process)) is not None:
        if step.get("stage") == stage and step["done"] >= done:
            return step["done"]
    pytest.fail(f"it ended before {stage} {done}")


def result(process):
    """Reads the last line that a process prints."""
    last = None
    while (step := next_step(process)) is not None:
        last = step
    assert process.wait() == 0
    return last


def pixels(place):
    """Computes the checksum of the expected pixels."""
    return zlib.crc32(decode_all(table_in(place / "data"), size=SIZE).tobytes())


def files(place):
    """Lists the kinds of files left in the cache."""
    return sorted(path.suffix for path in (place / "cache").glob("images-*"))


def test_kill(place, started):
    """After ``kill -9``, twice, only missing images are decoded; no file is left."""
    reached = 0
    for goal in (12, 32):
        process = started(0.1)
        reached = wait_for(process, READING, goal)
        process.kill()
        process.wait()
        assert ".npy" not in files(place)
    last = result(started(0))
    assert 0 < len(last["decoded"]) <= COUNT - reached
    assert last["pixels"] == pixels(place)
    assert files(place) == [".npy", ".rows", ".verified"]
    assert result(started(0))["decoded"] == []


def test_at_once(place, started):
    """Two processes that start at once decode each image once, and get the same."""
    results = [result(process) for process in [started(0.02), started(0.02)]]
    decoded = sorted(chain(*(found["decoded"] for found in results)))
    assert decoded == [f"S000_{row:03d}.png" for row in range(COUNT)]
    assert {found["pixels"] for found in results} == {pixels(place)}
    assert files(place) == [".npy", ".rows", ".verified"]


def test_taking_over(place, started):
    """A waiting process reports it, and continues where the other was killed."""
    first = started(0.3)
    wait_for(first, READING, 8)
    second = started(0)
    wait_for(second, WAITING, 8)
    first.kill()
    last = result(second)
    assert 0 < len(last["decoded"]) <= COUNT - 8
    assert last["pixels"] == pixels(place)
    assert files(place) == [".npy", ".rows", ".verified"]
