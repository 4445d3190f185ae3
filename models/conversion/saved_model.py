"""A SavedModel of TensorFlow: a folder, whose function ``serve`` takes pixels."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.files.safe_open import sha256
from models.conversion.keras_source import export_with_keras

CARD = "assets.extra/model.json"
"""Where TensorFlow keeps files of others."""


def write(source: Path, to: Path, _calibration: np.ndarray | None) -> None:
    """Writes the folder."""
    export_with_keras(source, to, "tf_saved_model", rows=None)


def describe(path: Path, sidecar: Mapping[str, Any]) -> Mapping[str, Any]:
    """Writes the sidecar into the folder; returns it."""
    file = path / CARD
    file.parent.mkdir()
    file.write_text(json.dumps(sidecar, indent=2) + "\n", encoding="utf-8")
    return sidecar


def folder_digest(folder: Path) -> str:
    """Returns the SHA-256 of a listing: a line of digest and path for each file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{sha256(file)}  {file.relative_to(folder).as_posix()}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
