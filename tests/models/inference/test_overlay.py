"""Pictures with what a model said: a frame around each face, and its labels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_pipeline.media.face_crops import FOUND, NOT_FOUND, FaceCrop
from data_pipeline.media.media import MediaFrame
from models.inference.overlay import LONGEST, drawn, overlay, picture_name, said_of
from models.inference.predictor import FacePrediction
from models.inference.sidecar import read_sidecar
from models.inference.stream import FrameResult
from tests.factories.exported_model import exported
from tests.factories.models import EMOTIONS

SIZE = (400, 300)


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """The sidecar of a tiny model."""
    return read_sidecar(exported(tmp_path_factory.mktemp("model")))


def grey(name="a.png", size=SIZE):
    """A frame of one grey."""
    return MediaFrame(file=Path(name), image=Image.new("L", size, 90))


def predicted(frame, box, face=FOUND):
    """A result for a face in a box."""
    crop = FaceCrop(pixels=np.zeros(1), face=face, box=box, confidence=0.9)
    emotions = dict.fromkeys(EMOTIONS, 0.1) | {EMOTIONS[1]: 0.8}
    prediction = FacePrediction(
        emotions=emotions, units={"AU1": 0.2, "AU12": 0.9}, ratings={}
    )
    return FrameResult(frame=frame, crop=crop, prediction=prediction)


def test_the_frame_lies_on_the_faces_box(card):
    """Its edges are coloured where the box is, in the reduced picture's scale."""
    frame = grey(size=(4 * LONGEST, 3 * LONGEST)).reduced(LONGEST)
    assert frame.scale == pytest.approx(0.25)
    box = (1600.0, 1200.0, 800.0, 800.0)
    picture = np.asarray(overlay(frame, [predicted(frame, box)], card)).astype(int)
    coloured = np.ptp(picture, axis=2) > 60
    columns = np.flatnonzero(coloured[320:480].mean(axis=0) > 0.9)
    assert abs(columns.min() - 400) <= 8
    assert abs(columns.max() - 600) <= 8


def test_the_label_says_emotion_and_present_units(card):
    """Only units at their threshold are named; a missing face is told."""
    frame = grey()
    assert said_of(predicted(frame, None), card) == [f"{EMOTIONS[1]} 80 %", "AU12"]
    missing = said_of(predicted(frame, None, NOT_FOUND), card)
    assert missing[0] == "no face found; of the centre:"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("=cmd|x\n<b>.png", "cmd_x_b"),
        ("größe 顔 😀.png", "größe_顔"),
        ("cafe\u0301.png", "caf\xe9"),
        ("\udcff\u202e.png", ""),
        ("𠀀" * 80 + ".png", "𠀀" * 50),
    ],
)
def test_pictures_are_named_after_their_files(name, found):
    """Letters of any script are kept, all else is not; the name is not too long."""
    assert picture_name(grey(name)) == found


def test_faces_of_one_frame_share_a_picture(card, tmp_path):
    """One picture a frame, none for what cannot be read, and results pass in order."""
    first, second = grey(), grey("<b>.png")
    broken = MediaFrame(file=Path("c.png"), reason="broken")
    results = [
        predicted(first, (10.0, 10.0, 60.0, 60.0)),
        predicted(first, (200.0, 10.0, 60.0, 60.0)),
        FrameResult(frame=broken, crop=None, prediction=None),
        predicted(second, None, NOT_FOUND),
    ]
    assert list(drawn(results, card, tmp_path)) == results
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["0001_a.jpg", "0002_b.jpg"]
    assert list(drawn(results, card, None)) == results
