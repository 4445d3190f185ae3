"""Laws of the cache of images: it resumes, checks itself, and builds once."""

import os
import threading
import time

import numpy as np
import pytest

from data_pipeline import readers
from data_pipeline.images import cache_file, decode_table
from data_pipeline.images.cache import read_images
from data_pipeline.images.crop import CentreSquare, Cropped
from data_pipeline.images.decode_table import decode_all
from data_pipeline.system.errors import RunError
from tests.strategies.tables import sample, table_of, write_image, write_official

ROWS = 10


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Gives a table of ten images, decoded in chunks of three."""
    monkeypatch.setattr(decode_table, "ROWS", 3)
    table = table_of([sample("S000", row) for row in range(ROWS)], tmp_path / "data")
    for number, image in enumerate(table.frame["image"]):
        write_image(table.root / image, number)
    return table


@pytest.fixture
def decoded(monkeypatch):
    """Names the images that are decoded, in no order."""
    names = []
    real = decode_table.decode_cropped

    def counted(path, **options):
        names.append(path.name)
        return real(path, **options)

    monkeypatch.setattr(decode_table, "decode_cropped", counted)
    return names


def read(table, tmp_path, **options):
    """Reads images of 16 pixels into a cache."""
    return read_images(table, size=16, cache=tmp_path / "cache", **options)


def images_of(table, rows):
    """Names the image files of some rows."""
    return sorted(table.frame["image"].iloc[row].rpartition("/")[2] for row in rows)


def stop_after(images):
    """Makes a progress that presses Ctrl-C."""

    def progress(stage, done, _total):
        if stage == "reading images" and done >= images:
            raise KeyboardInterrupt

    return progress


def flip(path, place):
    """Changes one bit, later than the file system's clock can miss."""
    time.sleep(0.02)
    spoilt = bytearray(path.read_bytes())
    spoilt[place] ^= 1
    path.write_bytes(spoilt)


def test_interrupted(table, tmp_path, decoded):
    """An interrupted decoding continues and gives the same pixels."""
    with pytest.raises(KeyboardInterrupt):
        read(table, tmp_path, progress=stop_after(6))
    assert not list((tmp_path / "cache").glob("*.npy"))
    decoded.clear()
    images = read(table, tmp_path)
    assert sorted(decoded) == images_of(table, range(6, ROWS))
    np.testing.assert_array_equal(images.array, decode_all(table, size=16))


def test_torn_part(table, tmp_path, decoded):
    """Only the chunk that a kill left incomplete is decoded again."""
    with pytest.raises(KeyboardInterrupt):
        read(table, tmp_path, progress=stop_after(9))
    (part,) = (tmp_path / "cache").glob("images-*.part")
    flip(part, 128 + 4 * 256)
    decoded.clear()
    images = read(table, tmp_path)
    assert sorted(decoded) == images_of(table, [3, 4, 5, 9])
    np.testing.assert_array_equal(images.array, decode_all(table, size=16))


DAMAGES = {
    "first pixel": (lambda path: flip(path, 128), 3),
    "last pixel": (lambda path: flip(path, -1), 1),
    "header": (lambda path: flip(path, 8), 0),
    "cut": (lambda path: os.truncate(path, 128 + 5 * 256), 7),
    "empty": (lambda path: path.write_bytes(b""), 10),
    "nonsense": (lambda path: path.write_bytes(b"nonsense"), 10),
    "longer": (lambda path: path.write_bytes(path.read_bytes() + b"more"), 0),
    "rows": (lambda path: flip(path.with_suffix(".rows"), -1), 1),
    "sums": (lambda path: flip(path.with_suffix(".rows"), 0), 3),
    "no rows": (lambda path: path.with_suffix(".rows").unlink(), 10),
    "gone": (lambda path: path.unlink(), 10),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage(table, tmp_path, decoded, damage):
    """A flipped bit or a lost part is reported once and repaired chunk by chunk."""
    path = read(table, tmp_path).path
    spoil, rows = DAMAGES[damage]
    spoil(path)
    decoded.clear()
    calls = []
    images = read(table, tmp_path, progress=lambda *step: calls.append(step[0]))
    assert len(decoded) == rows
    if rows and damage not in {"gone", "no rows"}:
        assert f"{path.name} is damaged, reading it again" in calls
    np.testing.assert_array_equal(images.array, decode_all(table, size=16))
    np.testing.assert_array_equal(np.load(path), images.array)


def test_silent_damage(table, tmp_path, monkeypatch, decoded):
    """What changes without its stat is found at the machine's next start."""
    path = read(table, tmp_path).path
    verified = path.with_suffix(".verified").read_text()
    flip(path, 200)
    monkeypatch.setattr(cache_file, "_stats", lambda _: verified)
    decoded.clear()
    read(table, tmp_path)
    assert not decoded
    monkeypatch.setattr(cache_file, "_stats", lambda _: "another boot")
    images = read(table, tmp_path)
    assert len(decoded) == 3
    np.testing.assert_array_equal(images.array, decode_all(table, size=16))


class Blind(CentreSquare):
    """Crops the centre, but finds no face in the first image."""

    name = "blind-1"

    def crop(self, image, *, size, landmarks):
        """Counts pixels: only the first image is that wide."""
        square = super().crop(image, size=size, landmarks=landmarks).image
        return Cropped(image=square, found=image.width < 65)


def test_crop(table, tmp_path, decoded):
    """Another crop has another cache, which keeps how many faces were not found."""
    write_image(table.root / table.frame["image"].iloc[0], size=(70, 49))
    plain = read(table, tmp_path)
    assert plain.without_face == 0
    images = read(table, tmp_path, cropper=Blind())
    assert images.path != plain.path
    decoded.clear()
    again = read(table, tmp_path, cropper=Blind())
    assert (images.without_face, again.without_face, decoded) == (1, 1, [])
    np.testing.assert_array_equal(images.array, plain.array)
    np.testing.assert_array_equal(decode_all(table, size=16), plain.array)


class Pointed(CentreSquare):
    """Crops as the centre square does, after a look at landmarks."""

    name = "pointed-1"
    uses_landmarks = True

    def crop(self, image, *, size, landmarks):
        """Counts an image without landmarks as one without a face."""
        square = super().crop(image, size=size, landmarks=landmarks).image
        return Cropped(image=square, found=landmarks is not None)


def test_landmarks(tmp_path, decoded):
    """Landmarks are read for croppers that look at them; other ones, another cache."""
    write_official(tmp_path / "data")
    table = readers.read(tmp_path / "data", "ckplus")
    file = tmp_path / "data/Landmarks/S005/001/S005_001_00000011_landmarks.txt"
    file.parent.mkdir(parents=True)
    file.write_text("   1.5000000e+01   2.5000000e+01\n" * 68)
    first = read(table, tmp_path, cropper=Pointed())
    assert first.without_face == len(table) - 1
    file.write_text("   1.5000000e+01   3.5000000e+01\n" * 68)
    assert read(table, tmp_path, cropper=Pointed()).path != first.path
    assert len(decoded) == 2 * len(table)
    file.write_text("no numbers")
    read(table, tmp_path)


def test_at_once(table, tmp_path, decoded):
    """Several calls at once decode once and leave no lock."""
    results = []
    workers = [
        threading.Thread(target=lambda: results.append(read(table, tmp_path)))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(decoded) == ROWS
    expected = decode_all(table, size=16)
    for images in results:
        np.testing.assert_array_equal(images.array, expected)
    names = sorted(path.suffix for path in (tmp_path / "cache").glob("images-*"))
    assert names == [".npy", ".rows", ".verified"]


def test_full_disk(table, tmp_path, monkeypatch):
    """A full disk gives one message, and the written chunks count."""
    real = cache_file.PixelWriter.write

    def full(self, index, pixels, states):
        if index == 2:
            raise OSError(28, "No space left on device")
        real(self, index, pixels, states)

    monkeypatch.setattr(cache_file.PixelWriter, "write", full)
    with pytest.raises(RunError, match=r"cache: .*No space left on device.*make room"):
        read(table, tmp_path)
    assert len(list((tmp_path / "cache").glob("images-*.part"))) == 1


@pytest.mark.timeout(60)
@pytest.mark.parametrize("ending", ["npy", "rows", "verified"])
def test_a_pipe_in_the_cache(table, tmp_path, ending):
    """A pipe in place of a cache file is refused or replaced, never waited for."""
    whole = np.array(read(table, tmp_path).array)
    (path,) = (tmp_path / "cache").glob(f"images-*.{ending}")
    path.unlink()
    os.mkfifo(path)
    if ending == "verified":
        assert (np.array(read(table, tmp_path).array) == whole).all()
        assert path.is_file()
    else:
        with pytest.raises(RunError, match="found a pipe"):
            read(table, tmp_path)
