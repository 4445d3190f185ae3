"""One viewer's stream of frames: track, crop, predict and smooth each of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from data_pipeline.images.detector import Box
from data_pipeline.media.face_crops import FaceCrop, FaceCropper
from data_pipeline.media.media import MediaFrame
from models.inference.predictor import FacePrediction, Predictor, face_predictions
from models.inference.sidecar import Sidecar
from models.inference.stream import FrameResult
from models.live.smoothing import Smoother
from models.live.tracker import FaceTracker, TrackedFaces

NO_FACE = "no face found: no prediction"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A predicted frame.

    Attributes:
        result: with the model's own numbers.
        shown: the smoothed ones; ``None`` without a face.
        others: boxes of the faces that are not predicted.
        behind: age of the faces' positions, in seconds before the frame.
        size: width and height of the frame.
    """

    result: FrameResult
    shown: FacePrediction | None
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
        """Starts a face tracker and a smoother."""
        self._pipeline = pipeline
        cropper = pipeline.face_cropper
        self._tracker = FaceTracker(cropper.detect, oldest=pipeline.oldest)
        self._smoother = Smoother(pipeline.smooth)
        self._begin = time.monotonic()

    def see(self, frame: MediaFrame) -> View:
        """Predicts the next frame, which has an image.

        Raises:
            RunError: the detector's process died.
        """
        if frame.image is None:
            raise ValueError("a frame without an image cannot be predicted")
        image = frame.image.convert(self._pipeline.face_cropper.mode)
        tracked = self._track(image)
        crop = self._crop(image, tracked)
        if crop is None:
            self._smoother.forget()
            without = replace(frame, image=None, reason=NO_FACE)
            result = FrameResult(frame=without, crop=None, prediction=None)
            return _view(image, tracked, result, None)
        (prediction,) = face_predictions(
            self._pipeline.card, self._pipeline.model.predict(crop.pixels[None])
        )
        shown = self._smoother.smooth(prediction, crop.box or (0, 0, 0, 0))
        result = FrameResult(frame=frame, crop=crop, prediction=prediction)
        return _view(image, tracked, result, shown)

    def close(self) -> None:
        """Ends the stream."""
        self._tracker.close()

    def _track(self, image: Image.Image) -> TrackedFaces:
        if not self._pipeline.face_cropper.detects_faces:
            return TrackedFaces(faces=(), behind=0.0)
        return self._tracker.track(image, time.monotonic() - self._begin)

    def _crop(self, image: Image.Image, tracked: TrackedFaces) -> FaceCrop | None:
        """Crops the main face, as ``models.predict`` does."""
        cropper = self._pipeline.face_cropper
        if not cropper.detects_faces:
            return cropper.crop(image)[0]
        return cropper.crop_face(image, tracked.faces[0]) if tracked.faces else None


def _view(
    image: Image.Image,
    tracked: TrackedFaces,
    result: FrameResult,
    shown: FacePrediction | None,
) -> View:
    return View(
        result=result,
        shown=shown,
        others=tuple(face.box for face in tracked.faces[1:]),
        behind=tracked.behind,
        size=image.size,
    )


def view_message(view: View, card: Sidecar) -> dict[str, Any]:
    """Converts a view to JSON for the page; coordinates are rounded."""
    message: dict[str, Any] = {
        "size": view.size,
        "behind": round(view.behind, 3),
        "face": None,
    }
    crop, shown = view.result.crop, view.shown
    if crop is None or shown is None:
        return message
    return message | {
        "face": crop.face,
        "box": _rounded(crop.box or ()),
        "others": [_rounded(box) for box in view.others],
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
