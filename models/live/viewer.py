"""One viewer's stream of frames: track, number, crop, predict and smooth faces."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from data_pipeline.images.detector import Box
from data_pipeline.media.face_crops import FaceCrop, FaceCropper
from data_pipeline.media.media import MediaFrame
from models.inference.predictor import FacePrediction, Predictor, face_predictions
from models.inference.sidecar import Sidecar
from models.inference.stream import FrameResult
from models.live.identities import Identities
from models.live.smoothing import Smoother
from models.live.tracker import FaceTracker, TrackedFaces

NO_FACE = "no face found: no prediction"

MOST_FACES = 5
"""Faces of a frame that are predicted, the most prominent ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenFace:
    """A predicted face of a frame.

    Attributes:
        number: what the face is called from frame to frame.
        result: with the model's own numbers.
        shown: the smoothed ones.
    """

    number: int
    result: FrameResult
    shown: FacePrediction


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A predicted frame.

    Attributes:
        frame: without its image.
        faces: those that are predicted, the most prominent first.
        others: boxes of the faces that are not predicted.
        behind: age of the faces' positions, in seconds before the frame.
        size: width and height of the frame.
    """

    frame: MediaFrame
    faces: tuple[SeenFace, ...]
    others: tuple[Box, ...]
    behind: float
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FacePipeline:
    """What all viewers share: the model, and the cropper of its faces."""

    card: Sidecar
    face_cropper: FaceCropper
    model: Predictor
    smooth: float
    oldest: float

    def viewer(self) -> "Viewer":
        """Begins a stream of frames."""
        return Viewer(self)


class Viewer:
    """One stream of frames; used by one thread."""

    def __init__(self, pipeline: FacePipeline) -> None:
        """Starts a face tracker, and knows no face yet."""
        self._pipeline = pipeline
        cropper = pipeline.face_cropper
        self._tracker = FaceTracker(cropper.detect, oldest=pipeline.oldest)
        self._identities = Identities()
        self._smoothers: dict[int, Smoother] = {}
        self._begin = time.monotonic()

    def see(self, frame: MediaFrame) -> View:
        """Predicts the next frame, which has an image.

        Raises:
            RunError: the detector's process died.
        """
        if frame.image is None:
            raise ValueError("a frame without an image cannot be predicted")
        image = frame.image.convert(self._pipeline.face_cropper.mode)
        now = time.monotonic() - self._begin
        tracked = self._track(image, now)
        faces = self._faces(frame, self._crops(image, tracked), now)
        return View(
            frame=replace(frame, image=None, reason="" if faces else NO_FACE),
            faces=faces,
            others=tuple(face.box for face in tracked.faces[MOST_FACES:]),
            behind=tracked.behind,
            size=image.size,
        )

    def close(self) -> None:
        """Ends the stream."""
        self._tracker.close()

    def _track(self, image: Image.Image, now: float) -> TrackedFaces:
        if not self._pipeline.face_cropper.detects_faces:
            return TrackedFaces(faces=(), behind=0.0)
        return self._tracker.track(image, now)

    def _crops(self, image: Image.Image, tracked: TrackedFaces) -> list[FaceCrop]:
        """Crops faces as ``models.predict`` does."""
        cropper = self._pipeline.face_cropper
        if not cropper.detects_faces:
            return list(cropper.crop(image))
        return [cropper.crop_face(image, face) for face in tracked.faces[:MOST_FACES]]

    def _faces(
        self, frame: MediaFrame, crops: Sequence[FaceCrop], now: float
    ) -> tuple[SeenFace, ...]:
        """Predicts crops and smooths each face; forgets the faces that are gone."""
        boxes = [crop.box or (0.0, 0.0, 0.0, 0.0) for crop in crops]
        numbers = self._identities.number(boxes, now)
        self._smoothers = {
            number: self._smoothers.get(number) or Smoother(self._pipeline.smooth)
            for number in numbers
        }
        if not crops:
            return ()
        pixels = np.stack([crop.pixels for crop in crops])
        predictions = face_predictions(
            self._pipeline.card, self._pipeline.model.predict(pixels)
        )
        return tuple(
            SeenFace(
                number=number,
                result=FrameResult(frame=frame, crop=crop, prediction=prediction),
                shown=self._smoothers[number].smooth(prediction, box),
            )
            for number, crop, prediction, box in zip(
                numbers, crops, predictions, boxes, strict=True
            )
        )


def view_message(view: View, card: Sidecar) -> dict[str, Any]:
    """Converts a view to JSON for the page; coordinates are rounded."""
    return {
        "size": view.size,
        "behind": round(view.behind, 3),
        "faces": [_face_message(face, card) for face in view.faces],
        "others": [_rounded(box) for box in view.others],
    }


def _face_message(face: SeenFace, card: Sidecar) -> dict[str, Any]:
    crop, shown = face.result.crop, face.shown
    if crop is None:
        raise ValueError("a predicted face has a crop")
    return {
        "number": face.number,
        "face": crop.face,
        "box": _rounded(crop.box or ()),
        "confidence": crop.confidence,
        "emotion": shown.emotion(),
        "emotions": shown.emotions,
        "units": shown.units,
        "present": shown.present(card.thresholds),
        "intensities": shown.intensities,
        "ratings": shown.ratings,
    }


def _rounded(box: Sequence[float]) -> list[float]:
    return [round(edge, 1) for edge in box]
