import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.crop import (
    CROPS,
    TEMPLATE,
    cropper_from,
    five_points,
    make_cropper,
)
from data_pipeline.system.errors import DataError


def noise(width, height, mode="L"):
    """Makes a picture that has no symmetry."""
    shape = (height, width) if mode == "L" else (height, width, 3)
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, shape, np.uint8))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_no_crop_is_the_centre_square(mode):
    """Without a face wanted, a square in the picture's mode is cut at the centre."""
    picture = noise(60, 40, mode)
    cropped = make_cropper("none").crop(picture, size=40, landmarks=None)
    assert (cropped.image.mode, cropped.found) == (mode, True)
    np.testing.assert_array_equal(
        np.asarray(cropped.image), np.asarray(picture)[:, 10:50]
    )


def test_unknown_crop_is_refused():
    """A crop that does not exist is named with those that do."""
    with pytest.raises(DataError, match=r"one of none, cropped.*'face'"):
        make_cropper("face")


def test_landmarks_place_the_face():
    """The cut has the means of the eyes' landmarks where the template wants them."""
    landmarks = np.zeros((68, 2))
    landmarks[36:42], landmarks[42:48] = (60, 50), (90, 50)
    landmarks[[30, 48, 54]] = (75, 67.19), (62.58, 84.68), (87.42, 84.68)
    picture = noise(150, 150)
    cropped = make_cropper("landmarks").crop(picture, size=100, landmarks=landmarks)
    left, top = five_points(landmarks)[0] - np.array(TEMPLATE[0]) * 100
    box = (round(left), round(top), round(left) + 100, round(top) + 100)
    assert cropped.found
    np.testing.assert_allclose(
        np.asarray(cropped.image), np.asarray(picture.crop(box)), atol=1
    )


@pytest.mark.parametrize(
    "landmarks",
    [
        None,
        np.zeros((68, 2)),
        np.full((68, 2), 21.5),
        np.linspace((0, 0), (1e9, -1e9), 68),
        np.linspace((-90, -90), (-10, -10), 68),
    ],
)
def test_without_landmarks_the_centre_square_is_cut(landmarks):
    """An image without landmarks is kept, centre-cropped, and counted."""
    picture = noise(60, 40)
    cropped = make_cropper("landmarks").crop(picture, size=20, landmarks=landmarks)
    square = make_cropper("none").crop(picture, size=20, landmarks=None)
    assert not cropped.found
    np.testing.assert_array_equal(np.asarray(cropped.image), np.asarray(square.image))


@pytest.mark.parametrize("name", CROPS)
def test_a_description_rebuilds_its_cropper(name):
    """A cropper's description, through JSON and back, makes the same cropper."""
    made = make_cropper(name)
    again = cropper_from(json.loads(json.dumps(made.describe())))
    assert type(again) is type(made)
    assert again.name == made.name == made.describe()["name"]
    assert made.describe()["kind"] == name
    assert again.describe() == made.describe()


def test_names_tell_croppers_apart():
    """Crops share a name, and so a cache, only where they cut the same pixels."""
    names = {name: make_cropper(name).name for name in CROPS}
    assert names.pop("cropped") == names["none"]
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    ("key", "value"),
    [("detector", {"name": "mtcnn", "version": "0.1"}), ("template", []), ("looks", 1)],
)
def test_another_crop_than_the_models_is_refused(key, value):
    """What would be cut otherwise here than in training is named with both values."""
    description = {**make_cropper("detect").describe(), key: value}
    with pytest.raises(DataError, match=f"faces cut with {key} = .* here it is"):
        cropper_from(description)
