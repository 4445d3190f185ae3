"""A disk that is full or read-only: a clear end, and nothing that was finished lost."""

import sqlite3
import subprocess
from contextlib import closing, suppress

import pytest

from tests.factories.processes.run_database import finished, wait
from tests.factories.runs import STUDY, ended, started, write_study

pytestmark = pytest.mark.slow

MOST = 50
"""More trials than any run here has time for."""


@pytest.fixture
def disk(tmp_path):
    """A small disk, mounted for one test."""
    place = tmp_path / "disk"
    place.mkdir()
    if mount("-t", "tmpfs", "-o", "size=40m", "tmpfs", place).returncode:
        pytest.skip("this user can mount no disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S603, S607


def mount(*words):
    """Calls ``mount``."""
    command = ["mount", *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True)  # noqa: S603


def fill(disk):
    """Writes until there is no more room."""
    with (disk / "filler").open("wb", 0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def check(answer, *words):
    """Checks that a run ended with one message that has these words."""
    assert answer.code == 1, answer.out
    assert answer.err.count("\n") == 1, answer.err
    assert "Traceback" not in answer.out
    for word in words:
        assert word in answer.err


def is_sound(folder):
    """Whether the database is whole, by its own check."""
    with closing(sqlite3.connect(folder / "optuna.db")) as base:
        return base.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_disk_that_fails(tmp_path, coursework, disk):
    """Each time the run ends with its cause and a way out; later it goes on."""
    text = STUDY.replace("trials = 2", f"trials = {MOST}\ntensorboard = false")
    study = write_study(tmp_path, text=text)
    folder = disk / "tiny-synthetic"
    words = ("--study", study, "--data", coursework, "--out", disk)
    # A process of its own: Linux turns no disk read-only while files on it are open.
    words = ("search.run", *words, "--executor", "serial", "--until", "search")

    process = started(*words)
    try:
        wait(process, lambda: finished(folder))
        fill(disk)
        answer = ended(process)
    finally:
        process.kill()
    check(answer, "space", str(folder), "search.clean", "resume")
    assert is_sound(folder)
    (disk / "filler").unlink()
    done = finished(folder)

    assert mount("-o", "remount,ro", disk).returncode == 0
    check(ended(started(*words)), str(disk), "writable")
    assert mount("-o", "remount,rw", disk).returncode == 0
    assert is_sound(folder)

    enough = ("--set", f"search.trials={len(done)}")
    assert ended(started(*words, *enough)).code == 0
    assert finished(folder) == done
