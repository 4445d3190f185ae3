"""Laws of remembered digests: content names pixels, a stat saves reading it again."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from data_pipeline.images import digests
from data_pipeline.images.cache import read_images
from tests.strategies.tables import sample, table_of, write_image

ROWS = 10


@pytest.fixture
def table(tmp_path):
    """Gives a table of ten images."""
    table = table_of([sample("S000", row) for row in range(ROWS)], tmp_path / "data")
    for number, image in enumerate(table.frame["image"]):
        write_image(table.root / image, number)
    return table


@pytest.fixture
def settled(monkeypatch):
    """Trusts files that have just been written."""
    monkeypatch.setattr(digests, "SETTLED_NS", -(10**12))


@pytest.fixture
def hashed(monkeypatch):
    """Names the files that are hashed, in no order."""
    names = []
    real = hashlib.file_digest

    def counted(file, kind):
        names.append(Path(file.name).name)
        return real(file, kind)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    return names


def read(table, tmp_path, **options):
    """Reads images of 16 pixels into a cache."""
    return read_images(table, size=16, cache=tmp_path / "cache", **options)


def test_identity(table, tmp_path):
    """The digest is of bytes, size and channels, as in all earlier versions."""
    digests = [
        hashlib.sha256((table.root / image).read_bytes()).hexdigest()
        for image in table.frame["image"]
    ]
    text = f"1 16 1 {' '.join(digests)}"
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert read(table, tmp_path).digest == expected


@pytest.mark.usefixtures("settled")
def test_checked_once(table, tmp_path, hashed, monkeypatch):
    """A second start reads no image file and no pixel, and waits for no lock."""
    read(table, tmp_path)
    assert len(hashed) == ROWS
    hashed.clear()
    monkeypatch.setattr("data_pipeline.images.cache._complete", None)
    calls = []
    read(table, tmp_path, progress=lambda *step: calls.append(step))
    assert (hashed, calls) == ([], [])


@pytest.mark.usefixtures("settled")
def test_changed_files_are_hashed(table, tmp_path, hashed):
    """Only files whose stat has changed are read again, from any table."""
    first = read(table, tmp_path)
    image = table.root / table.frame["image"].iloc[4]
    write_image(image, 99)
    hashed.clear()
    assert read(table, tmp_path).digest != first.digest
    assert hashed == [image.name]
    hashed.clear()
    read(table.take(np.arange(ROWS)[::-1]), tmp_path)
    read(table.take(np.arange(4)), tmp_path)
    read(table, tmp_path)
    assert hashed == []


def test_fresh_files_are_not_believed(table, tmp_path, hashed):
    """A file that was just written may change within one tick: it is read again."""
    read(table, tmp_path)
    hashed.clear()
    image = table.root / table.frame["image"].iloc[0]
    before = image.stat()
    image.write_bytes(bytes(reversed(image.read_bytes())))
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    read(table, tmp_path, unreadable="quarantine")
    assert len(hashed) == ROWS


@pytest.mark.usefixtures("settled")
def test_other_files_are_not_touched(table, tmp_path, hashed, monkeypatch):
    """Files of other rows are neither read nor stat-ed."""
    opened = []
    real = os.stat

    def counted(path, **options):
        opened.append(Path(path).name)
        return real(path, **options)

    monkeypatch.setattr(os, "stat", counted)
    read(table.take(np.arange(4)), tmp_path)
    read(table.take(np.arange(4)), tmp_path)
    wanted = {f"S000_{row:03d}.png" for row in range(4)}
    assert (
        {name for name in opened if name.startswith("S000_")} == wanted == set(hashed)
    )


@pytest.mark.usefixtures("settled")
def test_memory_is_spoilt(table, tmp_path, hashed):
    """Damaged stored digests cost reading, and nothing else."""
    first = read(table, tmp_path)
    (memory,) = (tmp_path / "cache").glob("files-*.npz")
    hashed.clear()
    for spoilt in (b"", b"nonsense", memory.read_bytes()[:-400]):
        memory.write_bytes(spoilt)
        assert read(table, tmp_path).digest == first.digest
    middle = memory.stat().st_size // 2
    spoilt = bytearray(memory.read_bytes())
    spoilt[middle] ^= 1
    memory.write_bytes(spoilt)
    assert read(table, tmp_path).digest == first.digest
    assert len(hashed) == 4 * ROWS
