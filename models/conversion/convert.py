"""Writes a model in another format, checked against Keras before it gets its name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from data_pipeline.files.atomic_write import staging_folder
from data_pipeline.files.safe_open import sha256
from data_pipeline.system.errors import RunError, first_line, shorten
from data_pipeline.system.keras_import import use_tensorflow
from data_pipeline.system.workers import usable_cores
from models.conversion.agreement import largest_difference
from models.conversion.formats import ModelFormat, sidecar_path
from models.conversion.saved_model import folder_digest
from models.inference.predictor import Predictor
from models.metrics.predictions import Predictions

TOLERANCE = 1e-4
"""Largest difference from the Keras model that is not a failure."""

CALIBRATED_ON = 200
"""Images that the ranges of 8-bit numbers are taken from, at most."""

Score = Callable[[Predictions], Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conversion:
    """What is written, and how it is checked.

    Attributes:
        source: the ``.keras`` file.
        sidecar: its sidecar, without the digest.
        form: the format.
        to: the new file or folder.
        pixels: images it is compared on, (N, S, S, C), raw pixels.
        images: what they are, in words.
        score: scores what a model predicts for them; a quantized model's loss is told.
    """

    source: Path
    sidecar: Mapping[str, Any]
    form: ModelFormat
    to: Path
    pixels: np.ndarray
    images: str
    score: Score | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A written model: its largest ``difference`` from the Keras model.

    ``scores`` are those of the Keras model and of the written one, where it is
    quantized.
    """

    difference: float
    scores: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def convert(work: Conversion) -> Converted:
    """Writes a model and its sidecar beside it; where that fails, nothing is left.

    Raises:
        RunError: the network has no place in the format, or the written model differs
            too much from the Keras model.
        ModelError: the Keras model cannot be loaded.
        InputError: a package is not installed, or Keras runs on another backend.
    """
    work.form.require()
    use_tensorflow()
    before = _predicted(work.source, work)
    writer = import_module(work.form.code)
    home = next(folder for folder in work.to.parents if folder.is_dir())
    with staging_folder(home / work.to.name) as folder:
        part = folder / work.to.name
        try:
            writer.write(work.source, part, _calibration(work))
            after = _predicted(part, work)
        except Exception as error:  # each converter has errors of its own
            raise RunError(
                f"{work.to}: this network cannot be written in this format: "
                f"{shorten(first_line(error), most=300)}; nothing was written; choose "
                "another --format"
            ) from error
        found = _compared(work, before, after)
        _describe(work, part, found, writer)
        work.to.parent.mkdir(parents=True, exist_ok=True)
        part.replace(work.to)
        sidecar_path(part).replace(sidecar_path(work.to))
    return found


def _predicted(path: Path, work: Conversion) -> Predictions:
    return Predictor(path, cpus=usable_cores()).predict(work.pixels)


def _calibration(work: Conversion) -> np.ndarray | None:
    """Takes images from all over the table, which is sorted by subject."""
    if not work.form.quantized:
        return None
    count = min(CALIBRATED_ON, len(work.pixels))
    chosen = np.linspace(0, len(work.pixels) - 1, count).astype(int)
    return np.take(work.pixels, chosen, axis=0)


def _compared(work: Conversion, before: Predictions, after: Predictions) -> Converted:
    """Refuses a model that differs too much; scores one that may differ."""
    difference = largest_difference(before, after)
    allowed = 1.0 if work.form.quantized else TOLERANCE
    if not difference <= allowed:
        raise RunError(
            f"{work.to}: differs from the Keras model by {difference:.2g} on "
            f"{len(work.pixels)} {work.images}, and at most {allowed:g} of an output's "
            "range is allowed; nothing was written. Choose another --format, or use "
            "model.keras"
        )
    if work.score is None or not work.form.quantized:
        return Converted(difference=difference)
    first, second = work.score(before), work.score(after)
    scores = {name: (first[name], second[name]) for name in first}
    return Converted(difference=difference, scores=scores)


def _describe(
    work: Conversion, part: Path, found: Converted, writer: ModuleType
) -> None:
    """Writes the sidecar into the model and beside it."""
    entry: dict[str, Any] = {
        "from_sha256": sha256(work.source),
        "images": len(work.pixels),
        "of": work.images,
        "largest_difference": found.difference,
    }
    if found.scores:
        entry["scores"] = {name: list(pair) for name, pair in found.scores.items()}
    sidecar = {**work.sidecar, "conversion": entry}
    sidecar["versions"] = {**work.sidecar["versions"], **work.form.versions()}
    written = writer.describe(part, sidecar)
    digest = folder_digest(part) if part.is_dir() else sha256(part)
    text = json.dumps({**written, "sha256": digest}, indent=2, allow_nan=False)
    sidecar_path(part).write_text(text + "\n", encoding="utf-8")
