"""Faces are gathered into batches before a model predicts them."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from data_pipeline.media.face_crops import NOT_LOOKED_FOR, FaceCrop
from data_pipeline.media.media import MediaFrame
from models.inference.stream import predict_faces
from models.metrics.predictions import Predictions

AT_ONCE = 4
KNOWN = SimpleNamespace(
    emotions=("a", "b"), action_units=(), intensities=(), dimensions=()
)


class Cutting:
    """Cuts as many faces as the image's width; each has its own pixel value."""

    def crop(self, picture, *, every_face):
        """Cuts them."""
        assert every_face
        width, height = picture.size
        pixels = [np.full((1, 1, 1), 10 * height + i, np.uint8) for i in range(width)]
        return tuple(
            FaceCrop(pixels=one, face=NOT_LOOKED_FOR, box=None, confidence=None)
            for one in pixels
        )


class Batches:
    """A model that records its batches and returns their pixels."""

    at_once = AT_ONCE

    def __init__(self):
        """Starts without batches."""
        self.given = []

    def predict(self, pixels):
        """Returns each face's pixel value."""
        found = pixels.reshape(-1)
        self.given.append(found.tolist())
        emotion = np.stack([found, found], axis=1).astype(float)
        return Predictions(emotion=emotion, action_units=None)


def read_media(counts):
    """Makes images with so many faces; ``None`` is an unreadable one."""
    return [
        MediaFrame(
            file=Path(str(place)),
            image=None if faces is None else Image.new("L", (faces, place + 1)),
            reason="broken" if faces is None else "",
        )
        for place, faces in enumerate(counts)
    ]


PICTURES = st.lists(st.none() | st.integers(1, 3), max_size=12)


@given(PICTURES, st.integers(1, 20))
def test_failures_move_no_face(counts, held):
    """Faces come in order and in full batches, despite failures between them."""
    model, found = Batches(), read_media(counts)
    rows = list(
        predict_faces(found, Cutting(), model, KNOWN, every_face=True, held=held)
    )
    faces = [
        10 * (place + 1) + face
        for place, count in enumerate(counts)
        for face in range(count or 0)
    ]
    size = -(-held // AT_ONCE) * AT_ONCE

    assert model.given == [faces[at : at + size] for at in range(0, len(faces), size)]
    assert [
        int(row.prediction.emotions["a"]) for row in rows if row.prediction
    ] == faces
    assert [row.frame.file.name for row in rows] == [
        str(place) for place, count in enumerate(counts) for _ in range(count or 1)
    ]
    assert all((row.prediction is None) == bool(row.frame.reason) for row in rows)
