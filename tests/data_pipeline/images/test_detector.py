"""Laws of the face detector, on a real face and on synthetic ones."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps

from data_pipeline.images.crop import (
    TEMPLATE,
    DetectedFace,
    five_points,
    make_cropper,
    similarity,
)
from data_pipeline.images.detector import Detector
from tests.factories.data.faces import astronaut, drawn, drawn_rows

pytestmark = pytest.mark.slow
SIZE = 96
MIRRORED = [1, 0, 2, 4, 3]
SYNTHETIC = 40


@pytest.fixture(scope="module")
def detector():
    """One detector: its processes take seconds to start."""
    return Detector()


@pytest.fixture(scope="module")
def cut(detector):
    """Cuts a picture by detection; returns pixels and whether a face was found."""
    detected = DetectedFace(detector)

    def cut(picture):
        cropped = detected.crop(picture, size=SIZE, landmarks=None)
        return np.asarray(cropped.image, float), cropped.found

    return cut


@pytest.fixture(scope="module")
def looked_at(detector):
    """Synthetic faces: images, true five points, and detected ones."""
    pairs = [drawn(row) for row in drawn_rows(SYNTHETIC)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(detector.detect, [picture for picture, _ in pairs]))
    return [
        (picture, five_points(landmarks), face)
        for (picture, landmarks), face in zip(pairs, found, strict=True)
    ]


def test_a_real_face_is_found_and_aligned(detector):
    """The astronaut is found surely, and her eyes come to the template's places."""
    face = detector.detect(astronaut())
    assert face.confidence > 0.9
    factor, shift = similarity(face.points, np.array(TEMPLATE) * SIZE)
    placed = factor * (face.points @ [1, 1j]) + shift
    eyes = np.stack([placed.real, placed.imag], axis=1)[:2]
    np.testing.assert_allclose(eyes, np.array(TEMPLATE[:2]) * SIZE, atol=2)


def test_a_mirrored_picture_gives_the_mirrored_crop(cut, detector):
    """Detection and crop are mirror-symmetric within some pixels."""
    picture = astronaut()
    face, mirrored = detector.detect(picture), detector.detect(ImageOps.mirror(picture))
    expected = (face.points * [-1, 1] + [picture.width, 0])[MIRRORED]
    np.testing.assert_allclose(mirrored.points, expected, atol=4)
    pixels, other = cut(picture)[0], cut(ImageOps.mirror(picture))[0]
    assert np.abs(pixels - other[:, ::-1]).mean() < 15
    assert np.abs(pixels - other).mean() > 25


def test_a_picture_is_cut_alike_alone_and_among_others(cut):
    """The same picture gives the same pixels, in whichever process, beside others."""
    pictures = [astronaut(), *(drawn(row)[0] for row in drawn_rows(3))]
    alone = [cut(picture)[0] for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        among = list(pool.map(cut, pictures[::-1] * 2))
    for (pixels, found), expected in zip(among, alone[::-1] * 2, strict=True):
        assert found
        np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("edge", [48, 96, 1500])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_faces_of_all_sizes_are_found(cut, edge, mode):
    """Tiny, large, grey and coloured pictures of a face are cut."""
    head = astronaut().crop((130, 0, 310, 180)).resize((edge, edge)).convert(mode)
    pixels, found = cut(head)
    assert found
    assert pixels.shape[:2] == (SIZE, SIZE)


@pytest.mark.parametrize("size", [(1, 1), (300, 3), (3, 300), (10, 10), (320, 240)])
def test_where_no_face_is_the_centre_square_is_cut(cut, size):
    """Noise of any shape has no face: it is kept, centre-cropped and counted."""
    shape = size[::-1]
    noise = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    picture = Image.fromarray(noise)
    pixels, found = cut(picture)
    square = make_cropper("none").crop(picture, size=SIZE, landmarks=None)
    assert not found
    np.testing.assert_array_equal(pixels, np.asarray(square.image))


def test_the_largest_face_is_taken(detector):
    """Of two faces the one that fills more of the picture is cut."""
    head = astronaut().crop((130, 0, 310, 180))
    both = Image.new("RGB", (540, 360), (128, 128, 128))
    both.paste(head.resize((100, 100)), (20, 130))
    both.paste(head.resize((300, 300)), (200, 30))
    assert (detector.detect(both).points[:, 0] > 200).all()


def test_drawn_faces_are_found(looked_at):
    """The detector finds at least 95 % of the synthetic faces: they are true enough."""
    found = [face is not None for _, _, face in looked_at]
    assert sum(found) >= 0.95 * SYNTHETIC


def test_detection_and_landmarks_cut_alike(looked_at):
    """The crop by detection equals that by landmarks within a few hundredths.

    Compared where the corners of the crop are in the image, in shares of its edge.
    """
    corners = np.array([0, 1, 1j, 1 + 1j])
    apart = []
    for _, points, face in looked_at:
        if face is not None:
            turn, shift = similarity(np.array(TEMPLATE), points)
            other, moved = similarity(np.array(TEMPLATE), face.points)
            difference = (turn - other) * corners + shift - moved
            apart.append(np.abs(difference).mean() / abs(turn))
    assert np.median(apart) < 0.04
    assert np.quantile(apart, 0.9) < 0.08
