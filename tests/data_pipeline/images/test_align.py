import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps
from skimage.transform import SimilarityTransform

from data_pipeline.images.crop import (
    TEMPLATE,
    WEIGHTS,
    align_face,
    five_points,
    similarity,
)

SIZE = 96
PLACES = np.array(TEMPLATE)
MIRRORED = [1, 0, 2, 4, 3]
"""Where each point of the template is in the mirror."""


def posed(scale, turn, shift):
    """Places the template's points in a picture, turned and scaled."""
    factor = scale * np.exp(1j * turn)
    placed = factor * ((PLACES - 0.5) @ [1, 1j]) + complex(*shift)
    return np.stack([placed.real, placed.imag], axis=1)


def spotted(points, *, size=(640, 490), radius=9.0):
    """Draws a white spot at each point."""
    picture = Image.new("L", size, 40)
    pen = ImageDraw.Draw(picture)
    for x, y in points:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return picture


def brightest(picture, near, reach=7):
    """Finds the middle of the light around a place, in pixels."""
    pixels = np.asarray(picture, float) - 40
    left, top = (np.asarray(near) - reach).round().astype(int)
    part = pixels[top : top + 2 * reach, left : left + 2 * reach].clip(0)
    rows, columns = np.mgrid[: 2 * reach, : 2 * reach] + 0.5
    middle = np.array([(part * columns).sum(), (part * rows).sum()]) / part.sum()
    return np.add(middle, [left, top])


@given(
    scale=st.floats(0.01, 100),
    turn=st.floats(-3, 3),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    seed=st.integers(0, 2**16),
)
def test_the_fit_is_that_of_another_library(scale, turn, shift, seed):
    """Factor and summand are scikit-image's, to which a weight is a point repeated."""
    noise = np.random.default_rng(seed).normal(0, 0.05 * scale, (5, 2))
    target = posed(scale, turn, shift) + noise
    counts = np.array(WEIGHTS).astype(int)
    other = SimilarityTransform.from_estimate(
        PLACES.repeat(counts, axis=0), target.repeat(counts, axis=0)
    )
    factor, summand = similarity(PLACES, target)
    assert factor == pytest.approx(other.scale * np.exp(1j * other.rotation), rel=1e-6)
    mapped = factor * (PLACES @ [1, 1j]) + summand
    np.testing.assert_allclose(mapped, other(PLACES) @ [1, 1j], atol=1e-6 * scale)


@pytest.mark.parametrize("scale", [60, 120, 300, 450])
@pytest.mark.parametrize("turn", [-0.5, 0.0, 0.3])
def test_points_come_to_the_places_of_the_template(scale, turn):
    """A turned, scaled and shifted face gets its points at the template's places."""
    points = posed(scale, turn, (310, 250))
    face = align_face(spotted(points, radius=scale / 25), points, size=SIZE)
    assert face.size == (SIZE, SIZE)
    for place in PLACES * SIZE:
        np.testing.assert_allclose(brightest(face, place), place, atol=1)


def test_a_huge_picture_is_cut_like_a_small_one():
    """A picture with fifteen times as many pixels a side gives nearly the same."""
    points = posed(300, 0.2, (310, 250))
    small = align_face(spotted(points), points, size=SIZE)
    huge = spotted(15 * points, size=(9600, 7350), radius=135)
    large = align_face(huge, 15 * points, size=SIZE)
    assert np.abs(np.asarray(small, float) - np.asarray(large, float)).mean() < 1


@pytest.mark.parametrize("scale", [400, 1500])
def test_shrinking_does_not_alias(scale):
    """A chessboard of single pixels becomes even grey."""
    chess = (np.indices((1600, 1600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    points = posed(scale, 0.1, (800, 800))
    face = np.asarray(align_face(Image.fromarray(chess), points, size=SIZE), float)
    assert np.abs(face - 127.5).max() < 12


@pytest.mark.parametrize(("mode", "colour"), [("L", 90), ("RGB", (90, 20, 200))])
def test_the_mean_colour_fills_what_lies_outside(mode, colour):
    """A face at the edge is framed by the picture's mean, in its mode."""
    face = align_face(
        Image.new(mode, (50, 50), colour), posed(60, 0.0, (0, 0)), size=SIZE
    )
    assert face.mode == mode
    assert face.getcolors() == [(SIZE * SIZE, colour)]


def test_a_mirrored_face_is_cut_mirrored():
    """Mirroring before or after cutting gives the same pixels, but for rounding."""
    noise = np.random.default_rng(0).integers(0, 256, (490, 640), np.uint8)
    picture, points = Image.fromarray(noise), posed(300, 0.2, (310, 250))
    other = (np.array([640, 0]) + points * [-1, 1])[MIRRORED]
    face = align_face(ImageOps.mirror(picture), other, size=SIZE)
    wanted = ImageOps.mirror(align_face(picture, points, size=SIZE))
    difference = np.asarray(face, float) - np.asarray(wanted, float)
    assert np.abs(difference).max() <= 2


def test_five_of_sixty_eight():
    """Eye centres are means of six points each; nose and mouth are single points."""
    landmarks = np.arange(136, dtype=np.float32).reshape(68, 2)
    expected = [[77, 78], [89, 90], [60, 61], [96, 97], [108, 109]]
    np.testing.assert_array_equal(five_points(landmarks), expected)
