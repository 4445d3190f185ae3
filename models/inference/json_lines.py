"""The output of ``models.predict`` as JSON lines: an object a face or failure."""

import json
from collections.abc import Iterable
from typing import Any, TextIO

from data_pipeline.media.face_crops import NOT_FOUND
from models.inference.csv_table import NO_FACE, LineCounts, utf8
from models.inference.predictor import FacePrediction
from models.inference.sidecar import Sidecar
from models.inference.stream import FrameResult

DIGITS = 6


def write_json(
    file: TextIO, card: Sidecar, results: Iterable[FrameResult]
) -> LineCounts:
    """Writes an object for each result, each on a line of its own."""
    counts = LineCounts()
    for result in results:
        counts.add(result)
        file.write(f"{json.dumps(entry(card, result))}\n")
    return counts


def entry(card: Sidecar, result: FrameResult) -> dict[str, Any]:
    """Returns one face or failure as JSON values; ``null`` for what is missing.

    Unit and range:
        ``box`` is left, top, width and height in pixels of the image; confidence and
        probabilities in [0, 1], intensities in [0, 5], valence and arousal in [-1, 1].
    """
    frame, crop, prediction = result.frame, result.crop, result.prediction
    place = {
        "file": utf8(str(frame.file)),
        "frame": frame.number,
        "time": None if frame.time is None else round(frame.time, 3),
    }
    if crop is None or prediction is None:
        return {**place, "face": None, "reason": utf8(frame.reason)}
    return {
        **place,
        "face": crop.face,
        "box": None if crop.box is None else [round(edge, 1) for edge in crop.box],
        "confidence": _rounded(crop.confidence),
        **_numbers(card, prediction),
        "reason": NO_FACE if crop.face == NOT_FOUND else None,
    }


def _numbers(card: Sidecar, prediction: FacePrediction) -> dict[str, Any]:
    """Returns the outputs of the heads that the model has."""
    present = prediction.present(card.thresholds)
    numbers: dict[str, Any] = {}
    if prediction.emotions:
        numbers["emotion"] = prediction.emotion()
        numbers["emotions"] = _all_rounded(prediction.emotions)
    if prediction.units:
        numbers["action_units"] = {
            unit: {"probability": _rounded(value), "present": present[unit]}
            for unit, value in prediction.units.items()
        }
    if prediction.intensities:
        numbers["intensities"] = _all_rounded(prediction.intensities)
    return numbers | _all_rounded(prediction.ratings)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)


def _all_rounded(values: Any) -> dict[str, float | None]:
    return {name: _rounded(value) for name, value in values.items()}
