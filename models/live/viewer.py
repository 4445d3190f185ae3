"""One frame after another is located, cut, judged and smoothed: what a viewer sees."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from data_pipeline.images.detector import Box
from data_pipeline.media.face_crops import FaceCrop, FaceCropper
from data_pipeline.media.media import MediaFrame
from models.inference.face_prediction import Reading, readings
from models.inference.model_card import Description
from models.inference.predictor import Inference
from models.inference.stream import Judged
from models.live.smoothing import Smoother
from models.live.tracker import Located, Locator

NO_FACE = "no face found: not judged"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A judged frame.

    Attributes:
        judged: with the model's own numbers.
        shown: the smoothed ones; ``None`` without a face.
        others: boxes of the faces that are not judged.
        behind: seconds that the faces' places lie behind the frame.
        size: width and height of the frame.
    """

    judged: Judged
    shown: Reading | None
    others: tuple[Box, ...]
    behind: float
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judge:
    """What all viewers share: the model, and what cuts faces for it."""

    description: Description
    face_cropper: FaceCropper
    model: Inference
    smooth: float
    oldest: float

    def viewer(self) -> "Viewer":
        """Begins a stream of frames."""
        return Viewer(self)


class Viewer:
    """One stream of frames; asked by one thread."""

    def __init__(self, judge: Judge) -> None:
        """Starts with nothing seen.

        Args:
            judge: what is shared.
        """
        self._judge = judge
        self._locator = Locator(judge.face_cropper.detect, oldest=judge.oldest)
        self._smoother = Smoother(judge.smooth)
        self._begin = time.monotonic()

    def see(self, frame: MediaFrame) -> View:
        """Judges the next frame.

        Args:
            frame: it has a picture.

        Returns:
            What to show.

        Raises:
            RunError: the detector's process died.
        """
        picture = frame.image
        if picture is None:
            raise ValueError("a frame to be judged has a picture")
        picture = picture.convert(self._judge.face_cropper.mode)
        found = self._located(picture)
        crop = self._cut(picture, found)
        if crop is None:
            self._smoother.forget()
            unseen = MediaFrame(
                file=frame.file, number=frame.number, time=frame.time, reason=NO_FACE
            )
            judged = Judged(frame=unseen, crop=None, reading=None)
            return _view(picture, found, judged, None)
        (reading,) = readings(
            self._judge.description, self._judge.model.predict(crop.pixels[None])
        )
        shown = self._smoother.smooth(reading, crop.box or (0, 0, 0, 0))
        judged = Judged(frame=frame, crop=crop, reading=reading)
        return _view(picture, found, judged, shown)

    def close(self) -> None:
        """Ends the stream."""
        self._locator.close()

    def _located(self, picture: Image.Image) -> Located:
        if not self._judge.face_cropper.detects_faces:
            return Located(faces=(), behind=0.0)
        return self._locator.locate(picture, time.monotonic() - self._begin)

    def _cut(self, picture: Image.Image, found: Located) -> FaceCrop | None:
        """Cuts the face that matters most, as ``models.predict`` does."""
        face_cropper = self._judge.face_cropper
        if not face_cropper.detects_faces:
            return face_cropper.crop(picture)[0]
        return face_cropper.crop_face(picture, found.faces[0]) if found.faces else None


def _view(
    picture: Image.Image, found: Located, judged: Judged, shown: Reading | None
) -> View:
    return View(
        judged=judged,
        shown=shown,
        others=tuple(face.box for face in found.faces[1:]),
        behind=found.behind,
        size=picture.size,
    )


def told(view: View, description: Description) -> dict[str, Any]:
    """Tells a view as the page wants it.

    Args:
        view: a judged frame.
        description: of the model.

    Returns:
        What JSON can hold; numbers rounded for the eye.
    """
    answer: dict[str, Any] = {
        "size": view.size,
        "behind": round(view.behind, 3),
        "face": None,
    }
    crop, shown = view.judged.crop, view.shown
    if crop is None or shown is None:
        return answer
    return answer | {
        "face": crop.face,
        "box": _rounded(crop.box or ()),
        "others": [_rounded(box) for box in view.others],
        "confidence": crop.confidence,
        "emotion": shown.emotion(),
        "emotions": shown.emotions,
        "units": shown.units,
        "present": shown.present(description.thresholds),
        "ratings": shown.ratings,
    }


def _rounded(box: Sequence[float]) -> list[float]:
    return [round(edge, 1) for edge in box]
