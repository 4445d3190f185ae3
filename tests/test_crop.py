import numpy as np
import pytest
from PIL import Image

from data_pipeline.crop import cropper
from data_pipeline.errors import DataError


def noise(width, height, mode="L"):
    """Makes a picture that has no symmetry."""
    shape = (height, width) if mode == "L" else (height, width, 3)
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, shape, np.uint8))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_no_crop_is_the_centre_square(mode):
    """Without a face wanted, a square in the picture's mode is cut at the centre."""
    picture = noise(60, 40, mode)
    cropped = cropper("none").crop(picture, size=40, landmarks=None)
    assert (cropped.picture.mode, cropped.found) == (mode, True)
    np.testing.assert_array_equal(
        np.asarray(cropped.picture), np.asarray(picture)[:, 10:50]
    )


def test_unknown_crop_is_refused():
    """A crop that does not exist is named with those that do."""
    with pytest.raises(DataError, match=r"none, detect, landmarks, found 'face'"):
        cropper("face")
