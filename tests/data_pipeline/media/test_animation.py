"""Laws of pictures that move: read like films, their first frame as in training."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.decode import read_image
from data_pipeline.media.media import read_media

GREYS = (20, 80, 140, 200, 240)


def moving(path, **options):
    """Writes frames of rising brightness, a quarter of a second each."""
    first, *others = (Image.new("RGB", (64, 48), (value,) * 3) for value in GREYS)
    options = {"save_all": True, "append_images": others, "duration": 250} | options
    first.save(path, **options)
    return path


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
@pytest.mark.parametrize("every", [1, 2])
def test_each_frame_is_read(tmp_path, name, every):
    """Frames have numbers and times like those of a video; each k-th is taken."""
    path = moving(tmp_path / name)
    found = list(read_media([path], mode="L", every=every))
    wanted = range(0, len(GREYS), every)
    assert [frame.number for frame in found] == list(wanted)
    assert [frame.time for frame in found] == [n / 4 for n in wanted]
    means = [np.asarray(frame.image).mean() for frame in found]
    assert means == pytest.approx([GREYS[n] for n in wanted], abs=3)
    assert found[-1].done == 1
    np.testing.assert_array_equal(found[0].image, read_image(path, "L"))


@pytest.mark.parametrize("name", ["a.webp", "a.png"])
def test_every_frame_is_upright(tmp_path, name):
    """Every frame is turned as the file's orientation has it."""
    exif = Image.Exif()
    exif[274] = 6  # the orientation: a quarter turn
    path = moving(tmp_path / name, exif=exif)
    found = list(read_media([path], mode="L"))

    assert [frame.image.size for frame in found] == [(48, 64)] * len(GREYS)
    means = [np.asarray(frame.image).mean() for frame in found]
    assert means == pytest.approx(GREYS, abs=3)


@pytest.mark.parametrize("form", ["tiff", "MPO"])
def test_pages_are_no_film(tmp_path, form):
    """Of a TIFF's pages, or a phone's second image, only the first is predicted."""
    path = moving(tmp_path / "a.jpg", format=form)
    (frame,) = read_media([path], mode="L")
    assert (frame.number, frame.reason) == (None, "")


def test_a_picture_that_breaks_off(tmp_path):
    """Frames before the damage are given, then the reason."""
    path = tmp_path / "a.webp"
    rng = np.random.default_rng(1)
    noise = [
        Image.fromarray(rng.integers(0, 255, (48, 64, 3), np.uint8)) for _ in "abc"
    ]
    noise[0].save(tmp_path / "a.gif", save_all=True, append_images=noise[1:])
    whole = (tmp_path / "a.gif").read_bytes()
    path.write_bytes(whole[: len(whole) * 5 // 6])
    *frames, last = read_media([path], mode="L")
    assert [frame.number for frame in frames] == [0, 1]
    assert "cannot be decoded" in last.reason
