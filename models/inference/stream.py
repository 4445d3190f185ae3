"""Pictures and frames flow past a model; memory holds a few at a time."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from data_pipeline.media.face_crops import FaceCrop, FaceCropper
from data_pipeline.media.media import MediaFrame
from data_pipeline.system.workers import thread_pool, usable_cores
from models.inference.face_prediction import Reading, readings
from models.inference.model_card import Description
from models.inference.predictor import Inference

Seen = tuple[MediaFrame, FaceCrop | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """One face of one picture; without crop and reading where it is unreadable."""

    frame: MediaFrame
    crop: FaceCrop | None
    reading: Reading | None


def judged(
    found: Iterable[MediaFrame],
    face_cropper: FaceCropper,
    model: Inference,
    description: Description,
    *,
    every_face: bool = False,
    held: int = 1,
) -> Iterator[Judged]:
    """Judges every face, in order.

    Args:
        found: pictures and frames; read as they are needed.
        face_cropper: cuts their faces.
        model: judges the faces.
        description: of the model.
        every_face: all faces of a picture, not only the one that matters most.
        held: faces that are gathered before they are judged: so many, or the next
            whole number of the model's batches. It changes no number.

    Yields:
        At least one for each frame.

    Raises:
        RunError: the detector's process died.
    """
    faces = _faces(found, face_cropper, every_face=every_face)
    for chunk in _chunks(faces, -(-held // model.at_once) * model.at_once):
        yield from _read(chunk, model, description)


def _chunks(faces: Iterable[Seen], count: int) -> Iterator[list[Seen]]:
    """Gathers so many faces, and the failures among them.

    What a network says of a face depends in its last digits on the face's place in the
    batch; failures must not move it.
    """
    chunk: list[Seen] = []
    gathered = 0
    for frame, crop in faces:
        chunk.append((frame, crop))
        gathered += crop is not None
        if gathered in {0, count}:
            yield chunk
            chunk, gathered = [], 0
    if chunk:
        yield chunk


def _faces(
    found: Iterable[MediaFrame], face_cropper: FaceCropper, *, every_face: bool
) -> Iterator[Seen]:
    """Cuts a few pictures at once, for the detector has several processes."""
    ahead: deque[tuple[MediaFrame, Future[tuple[FaceCrop, ...]] | None]] = deque()
    with thread_pool() as pool:
        for frame in found:
            cut = None
            if frame.image is not None:
                cut = pool.submit(face_cropper.crop, frame.image, every_face=every_face)
            # The whole picture is let go as soon as its faces are cut.
            ahead.append((replace(frame, image=None), cut))
            if len(ahead) > 2 * usable_cores():
                yield from _cut(*ahead.popleft())
        while ahead:
            yield from _cut(*ahead.popleft())


def _cut(frame: MediaFrame, cut: Future[tuple[FaceCrop, ...]] | None) -> Iterator[Seen]:
    if cut is None:
        yield frame, None
    else:
        yield from ((frame, crop) for crop in cut.result())


def _read(
    chunk: Sequence[Seen], model: Inference, description: Description
) -> Iterator[Judged]:
    pixels = [crop.pixels for _, crop in chunk if crop is not None]
    told = iter(
        readings(description, model.predict(np.stack(pixels))) if pixels else ()
    )
    for frame, crop in chunk:
        reading = None if crop is None else next(told)
        yield Judged(frame=frame, crop=crop, reading=reading)
