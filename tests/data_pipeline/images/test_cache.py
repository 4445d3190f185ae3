"""Laws of the images: decoded once, named by content, faults named by file and row."""

import os
import shutil
import struct
import time
import zlib
from collections import namedtuple

import numpy as np
import pytest

from data_pipeline.images import decode_table
from data_pipeline.images.cache import read_images
from data_pipeline.images.crop import CentreSquare
from data_pipeline.images.decode_table import decode_all, decode_readable
from data_pipeline.system.errors import DataError, RunError
from tests.strategies.tables import sample, table_of, write_image


@pytest.fixture
def table(tmp_path):
    """Gives a table of six images."""
    rows = [sample(f"S{number:03d}", number) for number in range(6)]
    table = table_of(rows, tmp_path / "data")
    for number, image in enumerate(table.frame["image"]):
        write_image(table.root / image, number)
    return table


@pytest.fixture
def decoded(monkeypatch):
    """Counts the files that are decoded."""
    count = []
    real = decode_table.decode_cropped

    def counted(path, **options):
        count.append(path)
        return real(path, **options)

    monkeypatch.setattr(decode_table, "decode_cropped", counted)
    return count


def read(table, tmp_path, **options):
    """Reads images of 16 pixels into a cache."""
    return read_images(table, size=16, cache=tmp_path / "cache", **options)


def test_mapped(table, tmp_path):
    """The array is mapped read-only from the named file, in the table's order."""
    images = read(table, tmp_path)
    assert images.array.shape == (6, 16, 16, 1)
    assert images.array.dtype == np.uint8
    assert isinstance(images.array, np.memmap)
    assert not images.array.flags.writeable
    assert images.path.name == f"images-{images.digest[:16]}.npy"
    assert images.kept.tolist() == list(range(6))
    np.testing.assert_array_equal(np.load(images.path), images.array)
    np.testing.assert_array_equal(decode_all(table, size=16), images.array)


def test_same_bytes_are_found(table, tmp_path):
    """Two files with the same bytes have the same content, and no others."""
    images = [table.root / image for image in table.frame["image"]]
    shutil.copy(images[1], images[4])
    contents = read(table, tmp_path).contents
    assert contents[1] == contents[4]
    assert len(set(contents.tolist())) == 5


def test_once(table, tmp_path, decoded):
    """A second call with the same files decodes nothing."""
    first = read(table, tmp_path)
    assert len(decoded) == 6
    again = read(table, tmp_path)
    assert len(decoded) == 6
    assert again.path == first.path
    np.testing.assert_array_equal(again.array, first.array)


def test_named_by_content(table, tmp_path):
    """Other pixels, another size or another order have another name; a copy has not."""
    first = read(table, tmp_path)
    turned = read(table.take(np.arange(6)[::-1]), tmp_path)
    larger = read_images(table, size=17, cache=tmp_path / "cache")
    write_image(table.root / table.frame["image"].iloc[0], 99)
    changed = read(table, tmp_path)
    assert len({images.path for images in (first, turned, larger, changed)}) == 4
    write_image(table.root / table.frame["image"].iloc[0], 0)
    assert read(table, tmp_path).path == first.path


def test_rows_that_are_read(table, tmp_path):
    """Images of other rows may be missing: they are never looked at."""
    (table.root / table.frame["image"].iloc[5]).unlink()
    assert len(read(table.take(np.arange(5)), tmp_path).array) == 5


def test_progress(table, tmp_path, monkeypatch):
    """Progress counts each file hashed, and the images chunk by chunk; once."""
    monkeypatch.setattr(decode_table, "ROWS", 4)
    calls = []
    read(table, tmp_path, progress=lambda *step: calls.append(step))
    assert calls == [
        *[("hashing images", done, 6) for done in range(1, 7)],
        ("reading images", 4, 6),
        ("reading images", 6, 6),
    ]


def truncated(path):
    """Cuts a file in half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def claiming(edge):
    """Makes a fault that has a PNG's header claim so many pixels a side."""

    def spoil(path):
        content = bytearray(path.read_bytes())
        content[16:24] = struct.pack(">II", edge, edge)
        content[29:33] = struct.pack(">I", zlib.crc32(bytes(content[12:29])))
        path.write_bytes(bytes(content))

    return spoil


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:3b\nsize 4\n"
FAULTS = {
    "missing": (lambda path: path.unlink(), "does not exist"),
    "truncated": (truncated, "truncated"),
    "empty": (lambda path: path.write_bytes(b""), "no image file"),
    "page": (lambda path: path.write_bytes(b"<html></html>"), "no image file"),
    "pointer": (lambda path: path.write_bytes(POINTER), "git lfs pull"),
    "bomb": (claiming(60_000), "decompression bomb"),
    # Pillow only warns about this one.
    "large": (claiming(10_000), "decompression bomb"),
    "folder": (lambda path: (path.unlink(), path.mkdir()), "found a folder"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_error(table, tmp_path, fault):
    """An unreadable image is an error with file, row, reason and way out; no cache."""
    spoil, text = FAULTS[fault]
    image = table.root / table.frame["image"].iloc[3]
    spoil(image)
    with pytest.raises(DataError) as caught:
        read(table, tmp_path)
    message = str(caught.value)
    for part in ("data_labels.csv row 5", str(image), text, "quarantine"):
        assert part in message
    assert "\n" not in message
    assert not list((tmp_path / "cache").glob("images-*"))


@pytest.mark.parametrize("fault", FAULTS)
def test_quarantine(table, tmp_path, fault, decoded):
    """In quarantine the image is dropped and counted, also from the cache."""
    FAULTS[fault][0](table.root / table.frame["image"].iloc[3])
    images = read(table, tmp_path, unreadable="quarantine")
    assert images.kept.tolist() == [0, 1, 2, 4, 5]
    assert not images.array[3].any()
    held = decode_readable(table, size=16, unreadable="quarantine")
    array, kept = held.pixels, held.kept
    np.testing.assert_array_equal(array, images.array)
    assert kept.tolist() == images.kept.tolist()
    before = len(decoded)
    again = read(table, tmp_path, unreadable="quarantine")
    assert again.kept.tolist() == images.kept.tolist()
    assert len(decoded) == before
    with pytest.raises(DataError, match=r"row 5"):
        read(table, tmp_path)


def test_nothing_left(table, tmp_path):
    """Where no image can be read, quarantine does not help."""
    for image in table.frame["image"]:
        (table.root / image).unlink()
    with pytest.raises(DataError, match="none of 6 images"):
        read(table, tmp_path, unreadable="quarantine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "at least 1 pixel, found 0"),
        ({"size": 8, "unreadable": "skip"}, "found 'skip'"),
    ],
)
def test_options(table, tmp_path, options, message):
    """Options out of range are refused with the value found."""
    with pytest.raises(DataError, match=message):
        read_images(table, cache=tmp_path, **options)


def test_no_room(table, tmp_path, monkeypatch):
    """A disk or folder that cannot hold the array is refused before it is mapped."""
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(RunError, match=r"cache: .* written there \(File exists\)"):
        read(table, tmp_path)
    (tmp_path / "cache").unlink()
    usage = namedtuple("usage", "free")(1000)  # noqa: PYI024 (as shutil's own)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(RunError, match=r"need 0\.0 MB, and the disk has 0\.0 MB"):
        read(table, tmp_path)


@pytest.mark.parametrize("kind", ["npy", "rows", "verified"])
def test_a_pipe_in_the_cache(table, tmp_path, kind):
    """A pipe in place of a cache file is replaced or refused, never waited for."""
    whole = read(table, tmp_path).path
    whole.with_suffix(f".{kind}").unlink()
    os.mkfifo(whole.with_suffix(f".{kind}"))
    if kind == "verified":
        assert read(table, tmp_path).path == whole
        return
    with pytest.raises(RunError, match="found a pipe"):
        read(table, tmp_path)


def test_what_is_given_up_does_not_decode_on(table):
    """Closing the stream of chunks ends the chunk at hand at its next image."""
    decoded = []

    class Slow(CentreSquare):
        def crop(self, image, *, size, landmarks):
            """Takes its time, as a search for a face does."""
            decoded.append(image)
            time.sleep(0.1)
            return super().crop(image, size=size, landmarks=landmarks)

    chunks = decode_table.decode_chunks(
        table, [range(1), range(1, 6)], size=16, cropper=Slow()
    )
    next(chunks)
    chunks.close()
    assert len(decoded) < len(table)
