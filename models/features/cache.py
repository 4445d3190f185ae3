"""The cache of features: an array on disk beside the pixels, computed once.

It is named by the pixels' own name, the backbone's weights and what else features
depend on, and is written and verified as pixels are: by chunks with a checksum each.
So a killed worker, a flipped byte and two workers at once are no special cases.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.files.file_lock import file_lock
from data_pipeline.images.cache_file import (
    PixelFile,
    PixelWriter,
    check_room,
    is_verified,
    is_whole,
    mark_verified,
    valid_chunks,
)
from data_pipeline.images.decode_table import VALID
from data_pipeline.images.mapping import map_made
from data_pipeline.system.errors import RunError

VERSION = 1
"""Part of a name; raise it whenever other numbers come of the same pixels."""

CHUNK = 64
"""Images whose features are computed and written together."""

Compute = Callable[[range], np.ndarray]
"""Computes the features of some rows: (rows, versions, numbers), float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureKey:
    """What the features of a folder's pixels depend on.

    ``pixels`` is the name of their file without its ending; ``network`` identifies
    backbone, weights and input; ``augmentation`` is empty without copies.
    """

    pixels: str
    network: str
    copies: int
    augmentation: tuple[float, ...]

    def name(self) -> str:
        """Names the file of features."""
        words: list[Any] = [VERSION, self.pixels, self.network, self.copies]
        text = json.dumps([*words, self.augmentation])
        return f"features-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npy"


def cached_features(
    folder: Path, key: FeatureKey, *, shape: tuple[int, int, int], compute: Compute
) -> np.ndarray:
    """Maps features, computing those that no earlier call did.

    Args:
        folder: of the pixels.
        key: what the features depend on.
        shape: images, versions of each, and numbers of each version.
        compute: is called for the missing rows, a chunk at a time.

    Returns:
        The array of that shape, memory-mapped and read-only.

    Raises:
        RunError: the folder cannot hold the array.
    """
    starts = range(0, shape[0], CHUNK)
    file = PixelFile(
        path=folder / key.name(),
        shape=shape,
        chunks=tuple(range(at, min(at + CHUNK, shape[0])) for at in starts),
        dtype="<f4",
        content="features",
        smaller="lower finetune.copies",
    )
    try:
        return map_made(file.path, lambda: _make(file, compute))
    except OSError as error:
        raise RunError(
            f"{folder}: features cannot be written there ({error.strerror}); make "
            "room or make it writable, or choose another folder with --out"
        ) from error


def _make(file: PixelFile, compute: Compute) -> None:
    """Computes what no earlier call did."""
    if not is_verified(file):
        with file_lock(file.beside(".lock"), lambda: None):
            _complete(file, compute)


def _complete(file: PixelFile, compute: Compute) -> None:
    """Verifies a locked file and computes what is missing or damaged."""
    if is_verified(file):
        return
    valid = valid_chunks(file, lambda _: None)
    if not (valid.all() and is_whole(file)):
        check_room(file)
        with closing(PixelWriter(file)) as writer:
            for index in np.flatnonzero(~valid).tolist():
                rows = file.chunks[index]
                found = np.ascontiguousarray(compute(rows), "<f4")
                writer.write(index, found, np.full(len(rows), VALID, np.uint8))
            writer.finish()
    mark_verified(file)
