"""search.clean lists what can go, and removes that alone, while no driver works."""

import os
import shutil

import numpy as np
import pytest

from data_pipeline.files.file_lock import FileLock
from data_pipeline.images.mapping import map_array
from search.clean import __main__ as clean
from search.executors.ray import folder as ray_folders
from search.storage.driver_lock import only_driver
from tests.factories.runs import contents, run_main

KEPT = "the ledger, receipts of hold-outs, models and reports stay"
RESULTS = ("optuna.db", "model.keras", "best.toml", "holdout.json", "study.toml")
RUN = "tiny-synthetic"


@pytest.fixture
def out(tmp_path, monkeypatch):
    """A folder with a run, a cache, and all that can be removed of them."""
    (tmp_path / "tmp").mkdir()
    places = [tmp_path / "tmp"]
    monkeypatch.setattr(ray_folders, "temporary_places", lambda: places)
    run, cache = tmp_path / "runs" / RUN, tmp_path / "runs" / "cache"
    done, lost = (run / "checkpoints" / f"trial-000{n}" / "fold-1" for n in (0, 1))
    for path in (
        *(run / name for name in RESULTS),
        *(run / "tensorboard" / "trial-0" / "events", run / ".trials.csv.part"),
        *(done / "epoch-0002.keras", done / "epoch-0002.json", done / ".part.keras"),
        *(done / "epoch-0001.npz", lost / "epoch-0001.npz"),
        run / "folds" / "7" / "fold-1.npz",
        *(run.parent / "holdout_receipts.jsonl", cache / "notes.txt"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 5000)
    for name in ("images-0123456789abcdef", "features-fedcba9876543210"):
        np.save(cache / f"{name}.npy", np.zeros(1000))
        for ending in (".rows", ".verified"):
            (cache / name).with_suffix(ending).write_text("1")
    return run.parent


def cleaned(out, *words):
    """Runs the command; returns its answer."""
    return run_main(clean.main, *words, "--out", str(out))


def files(out):
    """Reads all files but locks."""
    found = contents(out)
    return {name: text for name, text in found.items() if not name.endswith(".lock")}


@pytest.mark.parametrize("of", [["--cache"], ["--study", "tiny"]])
def test_nothing_goes_without_yes(out, of):
    """Without --yes the command says what would be freed, and changes no file."""
    before = files(out)
    answer = cleaned(out, *of)
    assert (answer.code, answer.err) == (0, "")
    assert "can be freed; add --yes to remove it" in answer.out
    assert files(out) == before


def test_what_goes_of_a_run(out):
    """Curves and the rest of interrupted trials go; every other file stays as it is."""
    before = files(out)
    answer = cleaned(out, "--study", "tiny", "--yes")
    assert (answer.code, answer.err) == (0, "")
    assert KEPT in answer.out
    after = files(out)
    assert before.keys() - after.keys() == {
        f"{RUN}/tensorboard/trial-0/events",
        f"{RUN}/.trials.csv.part",
        f"{RUN}/checkpoints/trial-0000/fold-1/epoch-0001.npz",
        f"{RUN}/checkpoints/trial-0000/fold-1/.part.keras",
        f"{RUN}/checkpoints/trial-0001/fold-1/epoch-0001.npz",
        f"{RUN}/folds/7/fold-1.npz",
    }
    assert all(before[name] == text for name, text in after.items())
    assert "nothing to remove" in cleaned(out, "--study", "tiny").out


def test_what_goes_of_the_cache(out, tmp_path):
    """Arrays go that no process maps, and temporary folders of dead searches."""
    dead = tmp_path / "tmp" / f"{ray_folders.PREFIX}dead"
    dead.mkdir()
    (dead / ray_folders.LOCK).touch()
    before = files(out)
    mapped = map_array(out / "cache" / "images-0123456789abcdef.npy")
    answer = cleaned(out, "--cache", "--yes")
    assert (answer.code, answer.err) == (0, "")
    features = "cache/features-fedcba9876543210"
    gone = {f"{features}.{ending}" for ending in ("npy", "rows", "verified")}
    assert before.keys() - files(out).keys() == gone
    assert not dead.exists()
    del mapped
    cleaned(out, "--cache", "--yes")
    assert {path.name for path in (out / "cache").iterdir()} == {"notes.txt"}


def test_what_is_being_written_stays(out):
    """An array that a process without a driver's lock writes now is left alone."""
    cache = out / "cache"
    name = "images-0123456789abcdef"
    lock = FileLock(cache / f"{name}.lock")
    assert lock.try_acquire()
    (cache / f"{name}.part").write_bytes(b"half")
    cleaned(out, "--cache", "--yes")
    kept = {f"{name}.{ending}" for ending in ("npy", "rows", "verified", "part")}
    assert kept | {"notes.txt", f"{name}.lock"} == {p.name for p in cache.iterdir()}
    lock.release()
    cleaned(out, "--cache", "--yes")
    assert not any((cache / one).exists() for one in kept)


@pytest.mark.parametrize("of", [["--cache"], ["--study", "tiny"]])
def test_not_while_a_driver_works(out, of):
    """While a driver works the command names it, and removes nothing."""
    with only_driver(out / RUN / ".driver.lock"):
        before = files(out)
        answer = cleaned(out, *of, "--yes")
        assert files(out) == before
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert str(os.getpid()) in answer.err


def test_one_of_both_is_asked_for(out):
    """A run or the cache is named: the command never guesses what may go."""
    assert cleaned(out, "--yes").code == 2
    assert cleaned(out, "--study", "tiny", "--cache").code == 2
    shutil.rmtree(out / "cache")
    assert "nothing to remove" in cleaned(out, "--cache", "--yes").out
