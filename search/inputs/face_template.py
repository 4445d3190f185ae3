"""The crop in a model's sidecar; for pictures that are faces, with the faces' place."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.images.crop import CroppedBefore, make_cropper
from data_pipeline.images.decode import UnreadableError, read_image
from data_pipeline.images.detector import DETECTOR, Detector, detector_version
from data_pipeline.images.face_template import measure_template, template_from
from data_pipeline.system.errors import HarnessError
from data_pipeline.system.workers import thread_pool
from search.inputs.run import Run
from search.run_folder import read_json, write_json

SAMPLE = 64
"""Development pictures that are looked at."""


def sidecar_crop(run: Run) -> dict[str, Any]:
    """Describes the crop of a study; measures a face's place once for the same data."""
    made = make_cropper(run.study.data.crop)
    described = made.describe()
    if not isinstance(made, CroppedBefore):
        return described
    kept = run.folder.cache / f"faces-{_key(run)}.json"
    return described | {"faces": _kept(kept) or _measured(run, kept)}


def _key(run: Run) -> str:
    words = [run.data.fingerprint, str(SAMPLE), DETECTOR, detector_version()]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]


def _kept(path: Path) -> dict[str, Any] | None:
    """Reads an earlier measurement; a damaged one is made again."""
    try:
        found = read_json(path)
        return None if found is None else template_from(found).describe()
    except HarnessError:
        return None


def _measured(run: Run, path: Path) -> dict[str, Any]:
    pictures = sample(run.data.split.development)
    run.print("looking for the faces in a sample of the training pictures")
    with thread_pool() as pool:
        described = measure_template(pictures, Detector(), pool).describe()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, described)
    return described


def sample(table: SampleTable) -> Iterator[Image.Image]:
    """Reads pictures that are spread over a table; unreadable ones are left out."""
    rows = np.unique(np.linspace(0, len(table) - 1, SAMPLE).astype(int))
    mode = "L" if table.channels == 1 else "RGB"
    for image in table.frame["image"].iloc[rows]:
        try:
            yield read_image(table.root / image, mode)
        except UnreadableError:
            continue
