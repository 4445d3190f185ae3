"""A ``.keras`` file: the run's own, copied with the sidecar that is inside it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def write(source: Path, to: Path, _calibration: np.ndarray | None) -> None:
    """Copies the file."""
    shutil.copyfile(source, to)


def describe(_path: Path, sidecar: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the sidecar that the file has: it is the source's."""
    return {key: value for key, value in sidecar.items() if key != "conversion"}
