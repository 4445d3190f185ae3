"""Laws of the synthetic pixels: every action unit moves the face, where it should."""

from itertools import pairwise

import numpy as np
import pytest

from data_pipeline.labels.labels import CKPLUS_ACTION_UNITS
from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.render.camera import render_frame
from data_pipeline.synthetic.render.views import sample_view
from tests.factories.data.synthetic_faces import change, portrait

WHO = "S034"
UPPER = (1, 2, 4, 5, 6, 7, 9)
LOWER = (11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 27)
# Rows of a face in the middle of the frame: under the eyes, and over the lips.
CHEEK_ROW, LIP_ROW = 265, 315


@pytest.mark.parametrize("unit", CKPLUS_ACTION_UNITS)
def test_every_unit_moves_the_face(unit):
    """At intensity E each unit changes many pixels by much."""
    moved = change(WHO, {unit: 5})

    assert np.count_nonzero(moved > 15) > 150


@pytest.mark.parametrize("unit", UPPER)
def test_upper_units_move_the_upper_face(unit):
    """Brows, lids and the nose's root move; most change is above the mouth."""
    moved = change(WHO, {unit: 5})

    assert moved[:LIP_ROW].sum() > 0.6 * moved.sum()


@pytest.mark.parametrize("unit", LOWER)
def test_lower_units_move_the_lower_face(unit):
    """Lips, cheeks, jaw and chin move; the brows stay."""
    moved = change(WHO, {unit: 5})

    assert moved[CHEEK_ROW:].sum() > 0.85 * moved.sum()


@pytest.mark.parametrize("unit", CKPLUS_ACTION_UNITS)
def test_a_stronger_unit_moves_the_face_further(unit):
    """From neutral to E each step changes more than the one before."""
    sums = [change(WHO, {unit: level}).sum() for level in (0, 1, 3, 5)]

    assert all(weak < strong for weak, strong in pairwise(sums))


@pytest.mark.parametrize(
    ("unit", "other"),
    [(1, 2), (4, 7), (12, 15), (14, 12), (23, 24), (25, 26), (26, 27)],
)
def test_units_look_different(unit, other):
    """Two units differ by more than their strength."""
    first = change(WHO, {unit: 5}) - change(WHO, {other: 5})

    assert np.count_nonzero(np.abs(first) > 15) > 150


def test_the_mouth_opens_in_steps():
    """AU25, AU26 and AU27 show more and more of the mouth's dark."""
    mouth = slice(280, 420), slice(270, 370)

    dark = [
        np.count_nonzero(portrait(WHO, {25: 5, unit: 5})[mouth] < 45)
        for unit in (25, 26, 27)
    ]

    assert dark[0] < dark[1] < dark[2]


def test_the_head_stands_in_the_middle_and_fills_two_thirds():
    """Face heights and positions stay in the range of CK+'s frames."""
    views = [sample_view(1, row.subject, row.number) for row in plan(123, 1)]

    assert all(0.6 <= view.face <= 0.71 for view in views)
    assert all(max(map(abs, view.shift)) <= 0.05 for view in views)


def test_frames_have_the_sizes_and_modes_of_ckplus():
    """Three sizes occur, 640x490 most; grey is the rule and RGB the exception."""
    views = [sample_view(1, row.subject, row.number) for row in plan(123, 1)]
    sizes = [view.size for view in views]

    assert set(sizes) == {(640, 490), (640, 480), (720, 480)}
    assert sizes.count((640, 490)) > 0.6 * len(sizes)
    assert 0 < sum(view.rgb for view in views) < 0.15 * len(views)


def test_a_time_code_is_burnt_into_the_bottom():
    """A time code is below the face, another one in each sequence."""
    rows = [row for row in plan(3, 1) if row.emotion is not None][:2]

    first, second = (
        np.asarray(render_frame(row, row.peak, 1).convert("L"), dtype=int)[-30:-2]
        for row in rows
    )

    assert np.count_nonzero(first == 0) > 500
    assert np.count_nonzero(first == 255) > 200
    assert np.abs(first - second).max() == 255


def test_the_first_frame_is_neutral():
    """A sequence starts with a face that shows nothing and ends with its peak."""
    row = max(plan(20, 1), key=lambda row: sum(row.shown.values()))

    frames = [
        np.asarray(render_frame(row, frame, 1).convert("L").resize((80, 60)), dtype=int)
        for frame in (1, 2, row.peak)
    ]

    start, end = (np.abs(frames[0] - other)[:48].mean() for other in frames[1:])
    assert end > 1.5 * start
