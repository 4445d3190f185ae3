"""A ``.tflite`` file of one image at a time, in floating point or in whole numbers.

Inputs and outputs are floating-point numbers in both. Ranges of 8-bit activations are
those seen on the images of the calibration.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from models.conversion.keras_source import export_with_keras

MEMBER = "model.json"
"""The sidecar at the end of the file, where LiteRT's tools put associated files."""


def write(source: Path, to: Path, calibration: np.ndarray | None) -> None:
    """Writes the file; ``calibration`` are the images of a quantized one."""
    lite = import_module("tensorflow").lite
    if calibration is None:
        builtins = [lite.OpsSet.TFLITE_BUILTINS]
        export_with_keras(
            source, to, "litert", rows=1, target_spec={"supported_ops": builtins}
        )
        return
    export_with_keras(
        source,
        to,
        "litert",
        rows=1,
        target_spec={"supported_ops": [lite.OpsSet.TFLITE_BUILTINS_INT8]},
        optimizations=[lite.Optimize.DEFAULT],
        representative_dataset=lambda: _one_by_one(calibration),
    )


def describe(path: Path, sidecar: Mapping[str, Any]) -> Mapping[str, Any]:
    """Appends the sidecar as a zip archive, which LiteRT skips; returns it.

    ``unzip -p FILE model.json`` prints it.
    """
    with zipfile.ZipFile(path, "a") as archive:
        # A fixed time: equal models give equal bytes.
        member = zipfile.ZipInfo(MEMBER, (1980, 1, 1, 0, 0, 0))
        archive.writestr(member, json.dumps(sidecar, indent=2) + "\n")
    return sidecar


def _one_by_one(images: np.ndarray) -> Iterator[list[np.ndarray]]:
    for image in images:
        yield [image[None].astype(np.float32)]
