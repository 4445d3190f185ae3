"""Laws of cutting faces for a trained model: as in its training."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.crop import DetectedFace, make_cropper
from data_pipeline.images.decode import decode_cropped
from data_pipeline.images.detector import Detector
from data_pipeline.media.face_crops import FOUND, NOT_FOUND, NOT_LOOKED_FOR, FaceCropper
from tests.factories.data.faces import astronaut

SIZE = 48


def face_cropper(crop, channels=1, detector=None):
    """Makes what cuts faces for a model trained with a crop."""
    message = make_cropper(crop).describe()
    return FaceCropper(message, size=SIZE, channels=channels, detector=detector)


@pytest.fixture(scope="module")
def detector():
    """One detector: its processes take seconds to start."""
    return Detector()


@pytest.fixture(scope="module")
def detecting(detector):
    """Cuts detected faces."""
    return face_cropper("detect", detector=detector)


def two_heads():
    """A large face at the right, a small one at the left, and a picture around."""
    head = astronaut().crop((130, 0, 310, 180))
    both = Image.new("RGB", (540, 360), (128, 128, 128))
    both.paste(head.resize((130, 130)), (20, 130))
    both.paste(head.resize((300, 300)), (200, 30))
    return both


@pytest.mark.parametrize("channels", [1, 3])
def test_without_a_crop_the_centre_square_is_used(tmp_path, channels):
    """A model without crops gets the pixels of decoding for training."""
    picture = astronaut().resize((90, 60))
    picture.save(tmp_path / "a.png")
    (crops,) = face_cropper("none", channels).crop(picture, every_face=True)
    trained, _ = decode_cropped(tmp_path / "a.png", size=SIZE, channels=channels)
    np.testing.assert_array_equal(crops.pixels, trained)
    assert (crops.face, crops.box, crops.confidence) == (
        NOT_LOOKED_FOR,
        (15, 0, 60, 60),
        None,
    )


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
def test_a_detected_face_is_cut_as_in_training(tmp_path, channels, detector):
    """The first face has exactly the pixels that training has."""
    two_heads().save(tmp_path / "a.png")
    trained, found = decode_cropped(
        tmp_path / "a.png",
        size=SIZE,
        channels=channels,
        cropper=DetectedFace(detector),
    )
    with Image.open(tmp_path / "a.png") as picture:
        (crops,) = face_cropper("detect", channels, detector).crop(picture)
    assert found
    np.testing.assert_array_equal(crops.pixels, trained)
    assert crops.face == FOUND


@pytest.mark.slow
def test_every_face_has_its_box(detecting):
    """All faces are cut on request, the main ones first, each with its box."""
    large, small = detecting.crop(two_heads(), every_face=True)
    (alone,) = detecting.crop(two_heads())
    np.testing.assert_array_equal(large.pixels, alone.pixels)
    assert large.box == alone.box
    for crop, (left, top, edge) in (
        (large, (200, 30, 300)),
        (small, (20, 130, 130)),
    ):
        x, y, width, height = crop.box
        assert left < x < x + width < left + edge
        assert top < y < y + height < top + edge
        assert crop.confidence > 0.9


@pytest.mark.slow
def test_without_a_face_the_centre_square_is_taken(detecting):
    """An image without a face is cropped as in training and marked."""
    flat = Image.new("RGB", (60, 40), (128, 128, 128))
    (crops,) = detecting.crop(flat)
    assert (crops.face, crops.box, crops.confidence) == (NOT_FOUND, None, None)
    assert (crops.pixels == 128).all()


@pytest.mark.slow
def test_landmarks_are_replaced_by_the_detector(detecting, detector):
    """A model trained by landmarks gets detected faces, with a note."""
    made = face_cropper("landmarks", detector=detector)
    np.testing.assert_array_equal(
        made.crop(two_heads())[0].pixels, detecting.crop(two_heads())[0].pixels
    )
    assert "landmarks" in made.note
    assert detecting.note == ""
