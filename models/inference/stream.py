"""Predicts the faces of a stream of images and frames; memory holds a few at a time."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from data_pipeline.media.face_crops import FaceCrop, FaceCropper
from data_pipeline.media.media import MediaFrame
from data_pipeline.system.workers import thread_pool, usable_cores
from models.inference.predictor import FacePrediction, Predictor, face_predictions
from models.inference.sidecar import Sidecar

Cropped = tuple[MediaFrame, FaceCrop | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameResult:
    """One face of one image; without crop and prediction if the image is unreadable."""

    frame: MediaFrame
    crop: FaceCrop | None
    prediction: FacePrediction | None


def predict_faces(  # noqa: PLR0913 - a stream, what it needs, and its memory
    frames: Iterable[MediaFrame],
    face_cropper: FaceCropper,
    model: Predictor,
    card: Sidecar,
    *,
    every_face: bool = False,
    held: int = 1,
    keep: int = 0,
) -> Iterator[FrameResult]:
    """Predicts every face, in order; at least one result for each frame.

    With ``every_face`` all faces of an image, not only the main one. ``held`` faces
    are gathered before they are predicted, rounded up to whole batches of the model;
    this does not change the results. ``keep`` is the longest edge, in pixels, of the
    images in the results; 0 leaves them out.

    Raises:
        RunError: the detector's process died.
    """
    faces = _crop_faces(frames, face_cropper, every_face=every_face, keep=keep)
    for chunk in _chunks(faces, -(-held // model.at_once) * model.at_once):
        yield from _predict(chunk, model, card)


def _chunks(faces: Iterable[Cropped], count: int) -> Iterator[list[Cropped]]:
    """Gathers so many faces, and the failures among them.

    The last digits of a prediction depend on the face's place in the batch; failures
    must not move it.
    """
    chunk: list[Cropped] = []
    gathered = 0
    for frame, crop in faces:
        chunk.append((frame, crop))
        gathered += crop is not None
        if gathered in {0, count}:
            yield chunk
            chunk, gathered = [], 0
    if chunk:
        yield chunk


def _crop_faces(
    frames: Iterable[MediaFrame],
    face_cropper: FaceCropper,
    *,
    every_face: bool,
    keep: int,
) -> Iterator[Cropped]:
    """Crops a few images at once, because the detector has several processes."""
    ahead: deque[tuple[MediaFrame, Future[tuple[FaceCrop, ...]] | None]] = deque()
    with thread_pool() as pool:
        for frame in frames:
            crops = None
            if frame.image is not None:
                crops = pool.submit(
                    face_cropper.crop, frame.image, every_face=every_face
                )
            # The whole image is freed as soon as its faces are cropped.
            ahead.append((frame.reduced(keep), crops))
            if len(ahead) > 2 * usable_cores():
                yield from _cropped(*ahead.popleft())
        while ahead:
            yield from _cropped(*ahead.popleft())


def _cropped(
    frame: MediaFrame, crops: Future[tuple[FaceCrop, ...]] | None
) -> Iterator[Cropped]:
    if crops is None:
        yield frame, None
    else:
        yield from ((frame, crop) for crop in crops.result())


def _predict(
    chunk: Sequence[Cropped], model: Predictor, card: Sidecar
) -> Iterator[FrameResult]:
    pixels = [crop.pixels for _, crop in chunk if crop is not None]
    predictions = iter(
        face_predictions(card, model.predict(np.stack(pixels))) if pixels else ()
    )
    for frame, crop in chunk:
        prediction = None if crop is None else next(predictions)
        yield FrameResult(frame=frame, crop=crop, prediction=prediction)
