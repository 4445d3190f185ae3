"""Where Ray writes: a private folder, short enough, removed by someone in the end."""

import fcntl
import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from data_pipeline.system.errors import RunError
from search.executors.ray import folder as module
from search.executors.ray.folder import (
    LOCK,
    MOST,
    PREFIX,
    RayFolder,
    ray_folder,
    sweep,
    temporary_places,
)

CRASH = (
    ":job_id:0100\n:actor_name:WarmTrainable\n\n"
    "needs AVX\nFatal Python error: Aborted\n\nStack (most recent call first):\n"
    + '  File "x.py", line 1\n' * 99
    + f"Extension modules: {'numpy, ' * 999}"
)


class Usage(NamedTuple):
    """The system's figures of a disk."""

    free: int


@pytest.fixture
def short():
    """A folder with a path short enough for sockets."""
    place = Path("/tmp") / f"short-{os.getpid()}"  # noqa: S108
    place.mkdir()
    yield place
    for left in place.iterdir():
        left.rmdir()
    place.rmdir()


@pytest.fixture
def deep(tmp_path):
    """A folder with a path that is too long."""
    place = tmp_path / ("deep" * 20)
    place.mkdir()
    return place


def test_nobody_else_enters(short):
    """The folder is readable by its owner only, and removed at the end."""
    with ray_folder([short]) as folder:
        (home,) = short.iterdir()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        for place in (folder.ray, folder.tune, folder.pulse):
            assert place.parent == home
    assert not list(short.iterdir())


def test_long_paths_have_a_short_one(short, deep):
    """A person's own folder is used however long its path is; sockets go by a link."""
    with ray_folder([deep, short]) as folder:
        assert len(os.fsencode(folder.ray)) <= MOST
        assert folder.ray.resolve().is_relative_to(deep.resolve())
        assert folder.tune.is_relative_to(deep)
    assert not list(deep.iterdir())
    assert not list(short.iterdir())


def test_a_full_place_is_passed_over(short, deep, monkeypatch):
    """A folder without room is skipped silently for the next one."""
    room = {deep: 1, short: 1 << 40}
    monkeypatch.setattr(module.shutil, "disk_usage", lambda place: Usage(room[place]))
    with ray_folder([deep, short]) as folder:
        assert folder.tune.is_relative_to(short)


def test_no_place_at_all(tmp_path, monkeypatch):
    """Where nothing can be written one sentence names the places and the ways out."""
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Usage(5 << 20))
    places = [tmp_path, tmp_path / "missing"]
    with pytest.raises(RunError) as found, ray_folder(places):
        pass
    message = str(found.value)
    assert f"{tmp_path} has 5 MiB free" in message
    assert "TMPDIR" in message
    assert "--executor serial" in message


def test_a_persons_place_comes_first(tmp_path, monkeypatch):
    """TMPDIR is tried first, and skipped if it does not exist."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert next(temporary_places()) == tmp_path
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    assert tmp_path / "missing" not in list(temporary_places())


def left(place, name, *, age=0.0, lock=True):
    """A folder that a killed driver left some seconds ago."""
    folder = place / f"{PREFIX}{name}"
    (folder / "r").mkdir(parents=True)
    if lock:
        (folder / LOCK).touch()
    then = time.time() - age
    os.utime(folder, (then, then))
    return folder


def test_what_killed_drivers_left_is_swept(tmp_path):
    """Folders with a free lock, and old ones without a lock, are removed."""
    dead = left(tmp_path, "dead")
    old = left(tmp_path, "old", age=2 * module.STALE, lock=False)
    new = left(tmp_path, "new", lock=False)
    alive = left(tmp_path, "alive")
    foreign = tmp_path / "ray-of-others"
    foreign.mkdir()
    linked = tmp_path / f"{PREFIX}link"
    linked.symlink_to(foreign)
    with (alive / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        sweep(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([new, alive, foreign, linked])
    assert not dead.exists()
    assert not old.exists()


def test_a_start_sweeps_first_and_spares_the_living(short):
    """A second driver removes what a killed one left, not what a running one uses."""
    dead = left(short, "dead")
    with ray_folder([short]) as first:
        assert not dead.exists()
        with ray_folder([short]) as second:
            assert first.ray.exists()
            assert first.ray != second.ray


def test_the_last_error_of_a_worker(tmp_path):
    """The error of the process that Ray names is found, else the newest one."""
    folder = RayFolder(ray=tmp_path, tune=tmp_path, pulse=tmp_path)
    assert folder.last_words() == ""
    logs = tmp_path / "session_latest" / "logs"
    logs.mkdir(parents=True)
    for age, (name, text) in enumerate(
        (
            ("worker-3.err", ""),
            ("worker-7-12.err", "a worker that starts"),
            ("raylet.err", "of no interest"),
            ("worker-2.err", CRASH),
            ("worker-1.err", "an older one"),
        )
    ):
        (logs / name).write_text(text)
        os.utime(logs / name, (1000 - age, 1000 - age))
    assert folder.last_words("\tpid: 2\n\tip: ::1") == ""
    (logs / "worker-2.err").rename(logs / "worker-1-2.err")
    named = folder.last_words("\tpid: 2\n\tip: ::1")
    assert named == "needs AVX\nFatal Python error: Aborted"
    assert folder.last_words() == "a worker that starts"
