"""Decodes into a pixel file what it lacks, and checks what it holds."""

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.images.cache_file import (
    Array,
    PixelFile,
    PixelWriter,
    discard,
    is_seen,
    is_whole,
    mark_seen,
    read_record,
    sound_chunks,
)
from data_pipeline.images.crop import Cropper
from data_pipeline.images.decode_table import (
    Chunk,
    decode_chunks,
    refuse_faults,
    refuse_none,
)
from data_pipeline.system.errors import DataError, RunError

FINE, UNREADABLE, LOST = 0, 1, 2
"""What came of a row: its pixels, none, or pixels without the face looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be decoded, how, and who watches."""

    table: SampleTable
    size: int
    unreadable: str
    cropper: Cropper
    progress: Callable[[str, int, int], None]


def make_whole(file: PixelFile, order: Order) -> None:
    """Checks a pixel file and decodes what is missing or damaged.

    Args:
        file: held by this process alone.
        order: what is in it.

    Raises:
        DataError: an image cannot be read and is not to be dropped, or none is left;
            nothing is left behind then.
        RunError: the disk cannot hold the array.
    """
    if is_seen(file):
        return
    total, whole = len(order.table), file.path.exists()
    source = file.path if whole else file.part
    sound = sound_chunks(
        file, source, lambda done: order.progress("checking images", done, total)
    )
    if not (sound.all() and is_whole(file)):
        # An array without a record is of an earlier version, which kept none.
        damaged = whole and file.record.exists()
        again = f"{file.path.name} is damaged, reading it again"
        _complete(file, order, sound, again if damaged else "reading images")
    mark_seen(file)


def _complete(file: PixelFile, order: Order, sound: Array, stage: str) -> None:
    _check_room(file)
    with closing(PixelWriter(file)) as writer:
        try:
            _write(file, order, sound, writer, stage)
            _, states = read_record(file)
            refuse_none(order.table, states != UNREADABLE)
        except DataError:
            discard(file)
            raise
        writer.finish()


def _write(
    file: PixelFile, order: Order, sound: Array, writer: PixelWriter, stage: str
) -> None:
    lacking = {file.chunks[index]: index for index in np.flatnonzero(~sound).tolist()}
    done = len(order.table) - sum(map(len, lacking))
    decoded = decode_chunks(
        order.table, lacking, size=order.size, cropper=order.cropper
    )
    with closing(decoded):
        for chunk in decoded:
            refuse_faults(order.table, chunk, order.unreadable)
            writer.write(lacking[chunk.rows], chunk.pixels, _states(chunk))
            done += len(chunk.rows)
            order.progress(stage, done, len(order.table))


def _states(chunk: Chunk) -> Array:
    states = np.full(len(chunk.rows), FINE, np.uint8)
    states[[row - chunk.rows.start for row in chunk.lost]] = LOST
    states[[row - chunk.rows.start for row in chunk.faults]] = UNREADABLE
    return states


def _check_room(file: PixelFile) -> None:
    """Counts the room left before anything is written."""
    needed = file.bytes - max(map(_blocks, (file.path, file.part)))
    free = shutil.disk_usage(file.path.parent).free
    if free < needed:
        raise RunError(
            f"{file.path.parent}: the decoded images need {needed / 1e6:,.1f} MB, and "
            f"the disk has {free / 1e6:,.1f} MB free; make room, choose another folder "
            "with --out, or lower [data] image_size"
        )


def _blocks(path: Path) -> int:
    """Counts the bytes that a file with holes takes already."""
    return path.stat().st_blocks * 512 if path.exists() else 0
