"""Laws of the place of faces in pictures that are crops."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from data_pipeline.images.crop import TEMPLATE, align_face, place_face
from data_pipeline.images.face_template import (
    LEAST_FACES,
    FaceTemplate,
    measure_template,
    template_from,
)
from data_pipeline.system.errors import DataError
from tests.fakes.detector import SpotDetector

EDGE = 60
PLACES = np.array(TEMPLATE) * 0.8 + 0.15
"""Of a face in a training picture, in shares of its edge."""


def measured(places, pictures):
    """Measures pictures in which a detector finds faces at these places."""
    with ThreadPoolExecutor(2) as pool:
        return measure_template(pictures, SpotDetector(places), pool)


def sizes(count):
    """Makes pictures, each of another size and wider than high."""
    return [Image.new("L", (EDGE + at + 9, EDGE + at)) for at in range(count)]


def test_the_median_place_is_measured():
    """Points are medians in shares of the centre square, whatever its size."""
    pictures = sizes(LEAST_FACES + 1)
    off = np.linspace(-0.04, 0.04, len(pictures))
    places = {
        (p.height, p.height): [(PLACES + by) * p.height]
        for p, by in zip(pictures, off, strict=True)
    }
    found = measured(places, pictures)
    np.testing.assert_allclose(found.points, PLACES, atol=1e-4)
    assert found.spread == pytest.approx(np.median(np.abs(off)) * 2**0.5, abs=1e-4)
    assert (found.found, found.looked, found.is_measured) == (9, 9, True)


def test_few_faces_give_the_projects_own_place():
    """With fewer faces than needed the place is the template of aligned faces."""
    pictures = sizes(20)
    places = {(p.height, p.height): [PLACES * p.height] for p in pictures[:7]}
    found = measured(places, pictures)
    assert (found.points, found.found, found.looked) == (TEMPLATE, 7, 20)
    assert not found.is_measured


def test_a_description_is_read_back():
    """A template goes through JSON and back unchanged."""
    template = FaceTemplate(points=TEMPLATE, spread=0.02, found=60, looked=64)
    assert template_from(json.loads(json.dumps(template.describe()))) == template


GOOD = FaceTemplate(points=TEMPLATE, spread=0.02, found=60, looked=64).describe()


@pytest.mark.parametrize(
    "damage",
    [
        {"points": None},
        {"points": [[0, 0]] * 4},
        {"points": [[0.5, 0.5]] * 5},
        {"points": [[float("nan"), 0]] * 5},
        {"points": [[1e9, 0], *GOOD["points"][1:]]},
        {"spread": "wide"},
        {"found": None},
    ],
)
def test_a_damaged_description_is_refused(damage):
    """A description that no measurement gives is refused, with the way out."""
    with pytest.raises(DataError, match=r"face template is damaged .*copy its model"):
        template_from(GOOD | damage)


@given(
    scale=st.floats(0.5, 3),
    x=st.floats(20, 60),
    y=st.floats(20, 60),
    size=st.integers(16, 64),
)
def test_an_upright_face_is_cut_as_an_aligned_one(scale, x, y, size):
    """For a face that is not turned, its own template cuts what alignment cuts."""
    picture = Image.fromarray(
        np.random.default_rng(1).integers(0, 256, (200, 200), np.uint8)
    )
    points = np.array(TEMPLATE) * 30 * scale + (x, y)
    placed = place_face(picture, points, np.array(TEMPLATE), size=size)
    aligned = align_face(picture, points, size=size)
    np.testing.assert_allclose(np.asarray(placed, int), np.asarray(aligned), atol=2)


@pytest.mark.parametrize("turn", [-0.4, 0.0, 0.4])
def test_a_turned_face_stays_turned(turn):
    """The cut has the face's middle and size in place and its turn unchanged."""
    centre = PLACES.mean(axis=0)
    rotation = [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    shares = (PLACES - centre) @ np.array(rotation) + centre
    ramp = np.add.outer(np.arange(120) * 0.5, np.arange(120)).astype(np.uint8)
    own = place_face(Image.fromarray(ramp), shares * 120, PLACES, size=120)
    inner = slice(20, 100)
    # The weights' middle turns about the points' mean by a pixel or two.
    difference = np.asarray(own, int)[inner, inner] - ramp[inner, inner].astype(int)
    assert abs(difference - difference.mean()).max() <= 2
    assert abs(difference.mean()) <= 4
