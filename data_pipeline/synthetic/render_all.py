"""Renders many images on all cores; the pixels do not depend on how many."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from concurrent.futures import as_completed as completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
from PIL import Image

from data_pipeline.synthetic.layouts.layout import ImageSpec
from data_pipeline.synthetic.render.camera import face_box, render_frame
from data_pipeline.synthetic.render.landmarks import landmark_file, landmarks
from data_pipeline.system.workers import process_pool, thread_pool, usable_cores

Progress = Callable[[int, int], None]
"""Called with (images rendered, images in all)."""

_BATCH = 8
# With fewer images, starting processes takes longer than they save.
_LEAST_FOR_PROCESSES = 100
# Sensor noise has no repeats to search for: Huffman codes alone are smaller, faster.
_HUFFMAN_ONLY = 2
_JPEG, _QUALITY = ".jpg", 90
_NPY = ".npy"


def render_all(
    folder: Path, specs: Sequence[ImageSpec], seed: int, progress: Progress | None
) -> None:
    """Renders images into a folder, which their relative paths start from."""
    count = usable_cores()
    if count > 1 and len(specs) >= _LEAST_FOR_PROCESSES and _may_start_processes():
        try:
            with process_pool(count) as pool:
                _run(pool, folder, specs, seed, progress)
        except BrokenProcessPool:
            # For example a script that starts without ``if __name__ == "__main__"``.
            pass
        else:
            return
    with thread_pool() as pool:
        _run(pool, folder, specs, seed, progress)


def render_batch(folder: Path, specs: Sequence[ImageSpec], seed: int) -> int:
    """Renders and writes some images and their landmarks; returns their number."""
    for spec in specs:
        path = folder / spec.path
        path.parent.mkdir(parents=True, exist_ok=True)
        image = render_frame(spec.sequence, spec.frame, seed)
        if path.suffix == _JPEG:
            _cut(image, spec, seed, "RGB").save(path, quality=_QUALITY)
        else:
            _cut(image, spec, seed, "L").save(
                path, format="PNG", compress_level=1, compress_type=_HUFFMAN_ONLY
            )
        if spec.landmarks is not None:
            _write_landmarks(folder / spec.landmarks, spec, seed)
    return len(specs)


def _cut(image: Image.Image, spec: ImageSpec, seed: int, mode: str) -> Image.Image:
    """Cuts the face out, if the layout has faces."""
    if spec.side is None:
        return image
    box = face_box(spec.sequence, seed, spec.jitter)
    size = spec.side, spec.side
    return image.convert(mode).resize(size, Image.Resampling.BILINEAR, box=box)


def _write_landmarks(path: Path, spec: ImageSpec, seed: int) -> None:
    """Writes where the face's points lie in the image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    marks = landmarks(spec.sequence, spec.frame, seed)
    if spec.side is not None:
        left, upper, right, _ = face_box(spec.sequence, seed, spec.jitter)
        marks = (marks - (left, upper)) * spec.side / (right - left)
    if path.suffix == _NPY:
        np.save(path, marks.ravel(), allow_pickle=False)
    else:
        path.write_bytes(landmark_file(marks))


def _run(
    pool: Executor,
    folder: Path,
    specs: Sequence[ImageSpec],
    seed: int,
    progress: Progress | None,
) -> None:
    """Runs batches in a pool and waits; the first error ends the work."""
    waiting = [
        pool.submit(render_batch, folder, specs[start : start + _BATCH], seed)
        for start in range(0, len(specs), _BATCH)
    ]
    done = 0
    try:
        for future in completed(waiting):
            done += future.result()
            if progress is not None:
                progress(done, len(specs))
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise


def _may_start_processes() -> bool:
    """Daemonic processes must not have children."""
    return not multiprocessing.current_process().daemon
