"""Out-of-fold predictions of completed trials: a file for each, in half precision.

They are the pooled predictions of the validation rows of all folds, at the epoch of the
trial's value. A worker returns them with the trial's outcome; the driver writes them
before the trial is stored as completed, and the trial has their digest.
"""

import hashlib
import io
import zlib
from collections.abc import Iterable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from data_pipeline.files.atomic_write import atomic_write
from models.metrics.predictions import HEADS, Predictions

ENDING = ".npz"


def halved(predictions: Predictions) -> Predictions:
    """Rounds predictions to half precision: 16 kB a trial for CK+."""
    return Predictions(
        **{
            head: None if values is None else values.astype(np.float16)
            for head, values in zip(HEADS, predictions.heads(), strict=True)
        }
    )


def digest_of(predictions: Predictions) -> str:
    """Digests predictions: equal ones, and no others, have the same digest."""
    digest = hashlib.sha256()
    for head, values in zip(HEADS, predictions.heads(), strict=True):
        if values is not None:
            digest.update(f"{head} {values.dtype.str} {values.shape}".encode())
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def write_predictions(folder: Path, number: int, predictions: Predictions) -> None:
    """Writes the predictions of a trial to a folder."""
    folder.mkdir(exist_ok=True)
    content = io.BytesIO()
    heads = zip(HEADS, predictions.heads(), strict=True)
    given = {head: values for head, values in heads if values is not None}
    np.savez_compressed(content, **given)  # type: ignore[arg-type]
    with atomic_write(_path(folder, number)) as part:
        part.write_bytes(content.getvalue())


def read_predictions(folder: Path, number: int, digest: str) -> Predictions | None:
    """Reads the predictions of a trial; ``None`` if they are lost or not its own."""
    try:
        content = io.BytesIO(_path(folder, number).read_bytes())
        with np.load(content, allow_pickle=False) as file:
            found = Predictions.of({head: file[head] for head in file.files})
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
        return None
    return found if digest_of(found) == digest else None


def delete_other_predictions(folder: Path, kept: Iterable[int]) -> None:
    """Deletes the files of all trials but these."""
    wanted = {_path(folder, number) for number in kept}
    for path in folder.glob(f"trial-*{ENDING}"):
        if path not in wanted:
            path.unlink(missing_ok=True)


def _path(folder: Path, number: int) -> Path:
    return folder / f"trial-{number:04}{ENDING}"
