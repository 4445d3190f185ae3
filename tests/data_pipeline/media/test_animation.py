"""Laws of pictures that move: read like films, their first frame as in training."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.decode import picture
from data_pipeline.media.media import shots

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
    found = list(shots([path], mode="L", every=every))
    wanted = range(0, len(GREYS), every)
    assert [shot.frame for shot in found] == list(wanted)
    assert [shot.time for shot in found] == [n / 4 for n in wanted]
    means = [np.asarray(shot.picture).mean() for shot in found]
    assert means == pytest.approx([GREYS[n] for n in wanted], abs=3)
    assert found[-1].done == 1
    np.testing.assert_array_equal(found[0].picture, picture(path, "L"))


@pytest.mark.parametrize("name", ["a.webp", "a.png"])
def test_every_frame_is_upright(tmp_path, name):
    """Each is turned as the file says, not the first alone and the others scrambled."""
    exif = Image.Exif()
    exif[274] = 6  # the orientation: a quarter turn
    path = moving(tmp_path / name, exif=exif)
    found = list(shots([path], mode="L"))

    assert [shot.picture.size for shot in found] == [(48, 64)] * len(GREYS)
    means = [np.asarray(shot.picture).mean() for shot in found]
    assert means == pytest.approx(GREYS, abs=3)


@pytest.mark.parametrize("form", ["tiff", "MPO"])
def test_pages_are_no_film(tmp_path, form):
    """Of a TIFF's pages, and of a telephone's second picture, the first is judged."""
    path = moving(tmp_path / "a.jpg", format=form)
    (shot,) = shots([path], mode="L")
    assert (shot.frame, shot.reason) == (None, "")


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
    *frames, last = shots([path], mode="L")
    assert [shot.frame for shot in frames] == [0, 1]
    assert "cannot be decoded" in last.reason
