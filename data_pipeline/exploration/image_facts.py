"""Size, mode, brightness and contrast of raw image files, before any crop."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.images.decode import (
    UnreadableError,
    opened_image,
    read_image,
    refuse_bombs,
)
from data_pipeline.system.seeds import child_seed, random_orders
from data_pipeline.system.workers import thread_pool

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

MOST = 4000
"""Images read; a larger set is sampled. Shares are then right within 1.6 percentage
points, 19 times in 20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One readable file; mean and standard deviation of its grey levels, 0 to 255."""

    size: tuple[int, int]
    mode: str
    kind: str
    brightness: float
    contrast: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """Readable files, unreadable ones with the reason, and numbers of files."""

    facts: tuple[Fact, ...]
    unreadable: tuple[tuple[str, str], ...]
    sampled: int
    total: int


def read_image_facts(table: SampleTable, progress: Progress) -> ImageFacts:
    """Reads the files of a table on all cores; memory holds numbers only."""
    images = table.frame["image"].iloc[_sample(len(table))].tolist()
    facts: list[Fact] = []
    unreadable: list[tuple[str, str]] = []
    with refuse_bombs(), thread_pool() as pool:
        results = pool.map(_read, [table.root / image for image in images])
        for image, result in zip(images, results, strict=True):
            if isinstance(result, Fact):
                facts.append(result)
            else:
                unreadable.append((image, result))
            progress(len(facts) + len(unreadable), len(images))
    return ImageFacts(
        facts=tuple(facts),
        unreadable=tuple(unreadable),
        sampled=len(images),
        total=len(table),
    )


def _sample(rows: int) -> Array:
    """Chooses the rows to read, ascending; the same ones each time."""
    if rows <= MOST:
        return np.arange(rows)
    return np.sort(random_orders(child_seed(1, "image facts"), rows)[:MOST])


def _read(path: Path) -> Fact | str:
    try:
        grey = read_image(path, "L")
    except UnreadableError as error:
        return str(error).removeprefix(f"image {path} ").rstrip(".")
    counts = np.array(grey.histogram(), np.float64)
    shares, tones = counts / counts.sum(), np.arange(256)
    mean = float(shares @ tones)
    with opened_image(path) as header:  # reads no pixel
        return Fact(
            size=header.size,
            mode=header.mode,
            kind=header.format or "?",
            brightness=mean,
            contrast=float(np.sqrt(shares @ (tones - mean) ** 2)),
        )
