"""Draws many pictures on all cores; the pixels do not depend on how many."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from concurrent.futures import as_completed as completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
from PIL import Image

from data_pipeline.synthetic.layouts.picture import Picture
from data_pipeline.synthetic.render.camera import draw_frame, face_box
from data_pipeline.synthetic.render.landmarks import landmark_file, landmarks
from data_pipeline.system.workers import process_pool

Progress = Callable[[int, int], None]
"""Called with (pictures rendered, pictures in all)."""

_BATCH = 8
# Below this many pictures, starting processes takes longer than they save.
_WORTH_PROCESSES = 100
# Sensor noise has no repeats to search for: Huffman codes alone are smaller, faster.
_HUFFMAN_ONLY = 2
_JPEG, _QUALITY = ".jpg", 90
_NPY = ".npy"


def draw_all(
    folder: Path, pictures: Sequence[Picture], seed: int, progress: Progress | None
) -> None:
    """Draws pictures into a folder.

    Args:
        folder: where their relative paths start.
        pictures: what to draw.
        seed: seed of the whole synthetic set.
        progress: told after each batch.
    """
    cores = _cores()
    if cores > 1 and len(pictures) >= _WORTH_PROCESSES and _may_start_processes():
        try:
            with process_pool(cores) as pool:
                _hand_out(pool, folder, pictures, seed, progress)
        except BrokenProcessPool:
            # For example a script that starts without ``if __name__ == "__main__"``.
            pass
        else:
            return
    with ThreadPoolExecutor(cores) as pool:
        _hand_out(pool, folder, pictures, seed, progress)


def draw_batch(folder: Path, pictures: Sequence[Picture], seed: int) -> int:
    """Draws and writes some pictures and their landmarks; returns how many."""
    for picture in pictures:
        path = folder / picture.path
        path.parent.mkdir(parents=True, exist_ok=True)
        image = draw_frame(picture.sequence, picture.frame, seed)
        if path.suffix == _JPEG:
            _cut(image, picture, seed, "RGB").save(path, quality=_QUALITY)
        else:
            _cut(image, picture, seed, "L").save(
                path, format="PNG", compress_level=1, compress_type=_HUFFMAN_ONLY
            )
        if picture.landmarks is not None:
            _write_landmarks(folder / picture.landmarks, picture, seed)
    return len(pictures)


def _cut(image: Image.Image, picture: Picture, seed: int, mode: str) -> Image.Image:
    """Cuts the face out, where that is wanted."""
    if picture.side is None:
        return image
    box = face_box(picture.sequence, seed, picture.loose)
    size = picture.side, picture.side
    return image.convert(mode).resize(size, Image.Resampling.BILINEAR, box=box)


def _write_landmarks(path: Path, picture: Picture, seed: int) -> None:
    """Writes where the face's points lie in the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = landmarks(picture.sequence, picture.frame, seed)
    if picture.side is not None:
        left, upper, right, _ = face_box(picture.sequence, seed, picture.loose)
        found = (found - (left, upper)) * picture.side / (right - left)
    if path.suffix == _NPY:
        np.save(path, found.ravel(), allow_pickle=False)
    else:
        path.write_bytes(landmark_file(found))


def _hand_out(
    pool: Executor,
    folder: Path,
    pictures: Sequence[Picture],
    seed: int,
    progress: Progress | None,
) -> None:
    """Gives batches to a pool and waits; the first error ends the work."""
    waiting = [
        pool.submit(draw_batch, folder, batch, seed) for batch in _batches(pictures)
    ]
    done = 0
    try:
        for future in completed(waiting):
            done += future.result()
            if progress is not None:
                progress(done, len(pictures))
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise


def _batches(pictures: Sequence[Picture]) -> Iterator[Sequence[Picture]]:
    """Cuts the work into pieces."""
    for start in range(0, len(pictures), _BATCH):
        yield pictures[start : start + _BATCH]


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _may_start_processes() -> bool:
    """Daemonic processes must not have children."""
    return not multiprocessing.current_process().daemon
