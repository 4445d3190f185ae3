"""The synthetic landmarks are on what they name, and move with it."""

import re
from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.population.subjects import sample_subject
from data_pipeline.synthetic.render.camera import render_frame
from data_pipeline.synthetic.render.landmarks import landmark_file, landmarks
from data_pipeline.synthetic.render.views import sample_view
from data_pipeline.synthetic.write import write_synthetic

SEED = 1
ROWS = plan(30, SEED)
BARE = [row for row in ROWS if sample_subject(SEED, row.subject).glasses == "none"]
LEFT_EYE, RIGHT_EYE, TIP, CHIN = slice(36, 42), slice(42, 48), 30, 8


def peak_of(**shown):
    """Places the landmarks of one person who shows these units at intensity E."""
    units = {int(name.removeprefix("AU")): 5 for name in shown}
    return landmarks(replace(ROWS[0], shown=units), ROWS[0].peak, SEED)


def test_landmarks_are_in_the_order_of_their_source():
    """Jaw, brows, nose, eyes and lips follow each other, each from left to right."""
    found = landmarks(ROWS[0], 1, SEED)
    x, y = found.T

    assert found.shape == (68, 2)
    assert (np.diff(x[:17]) > 0).all()
    assert (np.diff(x[17:27]) > 0).all()
    assert y.argmax() == CHIN
    assert y[17:27].max() < y[36:48].min() < y[27:31].max() < y[48:60].min()
    assert x[36] < x[39] < x[42] < x[45]
    assert x[48] < x[60] < x[62] < x[64] < x[54]
    assert y[51] < min(y[62], y[66])
    assert max(y[62], y[66]) < y[57]


@pytest.mark.parametrize("row", BARE[::9], ids=lambda row: row.name)
def test_landmarks_lie_on_the_pixels_they_name(row):
    """The middle of an eye is darker than the cheek below it, however posed."""
    pixels = np.asarray(render_frame(row, 1, SEED).convert("L"), float)
    found = landmarks(row, 1, SEED)
    for eye in (LEFT_EYE, RIGHT_EYE):
        x, y = found[eye].mean(axis=0).round().astype(int)
        down = round(0.5 * (found[TIP, 1] - y))
        cheek = pixels[y + down - 2 : y + down + 3, x - 2 : x + 3].mean()
        assert pixels[y - 2 : y + 3, x - 2 : x + 3].mean() < 0.8 * cheek


def test_a_rolled_head_rolls_its_landmarks():
    """The line between the eyes has the roll of the view."""
    for row in ROWS[:20]:
        found = landmarks(row, 1, SEED)
        across = found[RIGHT_EYE].mean(axis=0) - found[LEFT_EYE].mean(axis=0)
        roll = sample_view(SEED, row.subject, row.number).roll
        assert np.arctan2(across[1], across[0]) == pytest.approx(roll, abs=0.02)


def test_landmarks_move_with_the_units():
    """Brows rise by AU1 and AU2, lip corners rise and fall, the jaw drops."""
    rest = peak_of()

    assert (peak_of(AU1=5, AU2=5)[17:27, 1] < rest[17:27, 1]).all()
    assert peak_of(AU12=5)[48, 1] < rest[48, 1] < peak_of(AU15=5)[48, 1]
    opened = peak_of(AU27=5)
    assert opened[CHIN, 1] > rest[CHIN, 1] + 10
    assert opened[66, 1] - opened[62, 1] > 10 + rest[66, 1] - rest[62, 1]


def test_each_official_frame_has_its_landmarks(tmp_path):
    """Each image has a file of 68 lines in MATLAB's format."""
    write_synthetic(tmp_path / "synthetic", layout="official", subjects=1, seed=SEED)
    images = sorted((tmp_path / "synthetic/cohn-kanade-images").rglob("*.png"))
    rows = {row.number: row for row in plan(1, SEED)}

    assert images
    for image in images:
        subject, number, frame = image.stem.split("_")
        place = f"Landmarks/{subject}/{number}/{image.stem}_landmarks.txt"
        content = (tmp_path / "synthetic" / place).read_bytes()
        assert re.fullmatch(rb"(   \d\.\d{7}e\+\d\d   \d\.\d{7}e\+\d\d\n){68}", content)
        found = landmarks(rows[int(number)], int(frame), SEED)
        assert content == landmark_file(found)
