"""The cache stays within its size, and loses only what nobody uses."""

import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.images import mapping
from data_pipeline.images.cache import read_images
from data_pipeline.images.eviction import RECENT, cached_arrays, shrink
from data_pipeline.images.mapping import map_array, map_made
from data_pipeline.system.errors import RunError
from tests.strategies.tables import sample, table_of, write_image

LONG_AGO = time.time() - 100 * RECENT


def arrays(cache, ages):
    """Writes an array for each age, in hours since the last use; returns the paths."""
    cache.mkdir(exist_ok=True)
    paths = []
    for number, age in enumerate(ages):
        path = cache / f"images-{number:016x}.npy"
        np.save(path, np.zeros(2000))
        path.with_suffix(".rows").write_bytes(b"1")
        verified = path.with_suffix(".verified")
        verified.write_text("1")
        used = time.time() - age * RECENT
        os.utime(verified, (used, used))
        paths.append(path)
    return paths


@settings(max_examples=25)
@given(
    ages=st.lists(st.integers(0, 9), max_size=5, unique=True),
    used=st.sets(st.integers(0, 4)),
    most=st.integers(0, 120_000),
)
def test_oldest_first(tmp_path_factory, ages, used, most):
    """The longest unused go while the cache is too large; one in use never goes."""
    cache = tmp_path_factory.mktemp("cache") / "cache"
    paths = arrays(cache, ages)
    spared = {path for n, path in enumerate(paths) if n in used or ages[n] == 0}
    held = [map_array(path) for n, path in enumerate(paths) if n in used]
    removed = shrink(cache, most=most)
    left = {path for path in paths if path.exists()}
    assert removed == len(paths) - len(left)
    assert spared <= left
    gone = [age for age, path in zip(ages, paths, strict=True) if path not in left]
    kept = [age for age, path in zip(ages, paths, strict=True) if path in left - spared]
    assert min(gone, default=9) >= max(kept, default=0)
    total = sum(one.bytes for one in cached_arrays(cache))
    assert total <= most or left == spared
    assert {path.stem for path in cache.iterdir()} == {path.stem for path in left}
    del held


def test_what_was_removed_comes_again(tmp_path):
    """Images that were removed are decoded again, to the same bytes."""
    table = table_of([sample("S001", 1)], tmp_path / "data")
    write_image(table.root / table.frame["image"][0], 1)
    cache = tmp_path / "cache"
    first = read_images(table, size=16, cache=cache)
    before, verified = first.array.copy(), first.path.with_suffix(".verified")
    os.utime(verified, (LONG_AGO, LONG_AGO))
    assert shrink(cache, most=0) == 0, "it is mapped"
    del first
    assert shrink(cache, most=0) == 1
    again = read_images(table, size=16, cache=cache)
    np.testing.assert_array_equal(again.array, before)
    assert verified.stat().st_mtime > LONG_AGO + RECENT, "used just now"


def test_files_of_others_stay(tmp_path):
    """Files that no array has, and a cache that is not there, are left alone."""
    (tmp_path / "images-mine.npy").write_bytes(b"1")
    assert shrink(tmp_path, most=0) == 0
    assert shrink(tmp_path / "none", most=0) == 0
    assert (tmp_path / "images-mine.npy").exists()


def test_an_array_that_goes_before_it_is_mapped_comes_again(tmp_path):
    """What another process removes between the look and the mapping is made again."""
    (path,) = arrays(tmp_path / "cache", [5])
    looks = []

    def make():
        looks.append(path.exists())
        if not looks[-1]:
            arrays(tmp_path / "cache", [5])
        if len(looks) == 1:
            assert shrink(tmp_path / "cache", most=0) == 1

    array = map_made(path, make)
    assert looks == [True, False]
    assert shrink(tmp_path / "cache", most=0) == 0, "it is mapped"
    np.testing.assert_array_equal(array, np.zeros(2000))
    del array


def test_an_array_that_goes_while_it_is_opened_is_not_taken(tmp_path, monkeypatch):
    """A process that marked a file which was removed by then does not map it."""
    (path,) = arrays(tmp_path / "cache", [5])
    monkeypatch.setattr(mapping, "share", lambda _: path.replace(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError):
        map_array(path)


def test_a_cache_that_others_empty_is_named(tmp_path):
    """An array that goes each time ends in one message, not in a loop."""
    with pytest.raises(RunError, match=r"images-1\.npy: .* cache_size"):
        map_made(tmp_path / "images-1.npy", lambda: None)
