"""Laws of cutting faces for a trained model: as in its training."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.crop import TEMPLATE, DetectedFace, make_cropper
from data_pipeline.images.decode import decode_cropped
from data_pipeline.images.detector import Detector
from data_pipeline.images.face_template import FaceTemplate
from data_pipeline.media.face_crops import (
    FOUND,
    NOT_FOUND,
    NOT_LOOKED_FOR,
    FaceCropper,
    crop_in_use,
)
from data_pipeline.system.errors import DataError
from tests.factories.data.faces import astronaut, drawn, drawn_rows
from tests.fakes.detector import SpotDetector

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


PLACE = np.array(TEMPLATE) * 0.9 + (0.05, 0.08)


def cropped_before(**numbers):
    """Describes the crop of a model that was trained on faces at ``PLACE``."""
    known = {"spread": 0.02, "found": 60, "looked": 64} | numbers
    template = FaceTemplate(points=tuple(map(tuple, PLACE.tolist())), **known)
    return make_cropper("cropped").describe() | {"faces": template.describe()}


def test_a_face_in_a_corner_is_cut_as_its_own_crop():
    """A face is put where the training pictures have it, wherever it is."""
    face = Image.fromarray(
        np.random.default_rng(2).integers(0, 256, (SIZE, SIZE), np.uint8)
    )
    wide = Image.new("L", (300, 200), 90)
    wide.paste(face, (250, 10))
    detector = SpotDetector(
        {(300, 200): [PLACE * SIZE + (250, 10)], (SIZE, SIZE): [PLACE * SIZE]}
    )
    cut = FaceCropper(cropped_before(), size=SIZE, channels=1, detector=detector)
    (corner,), (own,) = cut.crop(wide), cut.crop(face)
    np.testing.assert_allclose(corner.pixels.astype(int), own.pixels, atol=1)
    np.testing.assert_allclose(own.pixels[..., 0].astype(int), np.asarray(face), atol=1)
    assert corner.face == FOUND
    assert corner.box[0] > 250


def test_a_picture_without_a_face_is_taken_whole():
    """Where the detector finds nothing, the picture may be a face itself."""
    picture = astronaut().resize((90, 60)).convert("L")
    cut = FaceCropper(
        cropped_before(), size=SIZE, channels=1, detector=SpotDetector({})
    )
    (whole,) = cut.crop(picture)
    (square,) = face_cropper("none").crop(picture)
    np.testing.assert_array_equal(whole.pixels, square.pixels)
    assert whole.face == NOT_FOUND


def test_how_sure_the_place_is_is_said():
    """The note has the spread, or that too few faces were found."""
    sure = FaceCropper(cropped_before(), size=SIZE, channels=1)
    assert "60 of 64" in sure.note
    assert "2.0% of the edge" in sure.note
    unsure = FaceCropper(cropped_before(found=3), size=SIZE, channels=1)
    assert "only 3 of 64" in unsure.note
    with pytest.raises(DataError, match="template is damaged"):
        FaceCropper({"kind": "cropped", "name": "centre_square"}, size=9, channels=1)


@pytest.mark.parametrize(
    ("trained", "wanted", "kind"),
    [
        ("none", "trained", "none"),
        ("none", "none", "none"),
        ("none", "detect", "cropped"),
        ("detect", "none", "none"),
        ("detect", "detect", "detect"),
        ("landmarks", "detect", "landmarks"),
    ],
)
def test_the_crop_in_use_is_chosen(trained, wanted, kind):
    """``--crop`` switches looking for faces on or off, and keeps a trained crop."""
    used = crop_in_use(make_cropper(trained).describe(), wanted)
    assert used["kind"] == kind
    assert FaceCropper(used, size=SIZE, channels=1).detects_faces is (kind != "none")


def test_the_first_models_look_for_faces_on_request():
    """A card with a name alone is that of the centre square."""
    assert crop_in_use("centre_square", "trained") == "centre_square"
    assert crop_in_use("centre_square", "detect")["kind"] == "cropped"


@pytest.mark.slow
def test_a_drawn_face_in_a_corner_is_found(detector):
    """With the real detector a face in a corner has the pixels of its own crop."""
    portrait = drawn(drawn_rows(3)[1])[0].convert("L")
    head = portrait.crop((120, 20, 520, 420))
    points = detector.detect(head).points / head.width
    crop = cropped_before() | {
        "faces": FaceTemplate(
            points=tuple(map(tuple, points.tolist())), spread=0.02, found=60, looked=64
        ).describe()
    }
    wide = Image.new("L", (1000, 700), 128)
    wide.paste(head.resize((300, 300)), (690, 390))
    cut = FaceCropper(crop, size=SIZE, channels=1, detector=detector)
    (corner,), (own,) = cut.crop(wide), cut.crop(head)
    assert corner.face == own.face == FOUND
    assert np.abs(corner.pixels.astype(int) - own.pixels).mean() < 6
