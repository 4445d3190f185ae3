"""Pictures and video frames to be judged, found by path and read one at a time."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from data_pipeline.decode import UnreadableError, bombs_refused, picture
from data_pipeline.errors import DataError
from data_pipeline.video import SUFFIXES, check_video, frames

PICTURES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpeg", ".jpg", ".pbm", ".pgm"}
    | {".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
"""How the names of pictures end in a folder; a file that is named may have any name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """A picture, or one frame of a video; or why there is none.

    Attributes:
        file: where it comes from.
        frame: number in its video, from 0; ``None`` for a picture.
        time: seconds from the video's beginning, where known.
        picture: eight bits; ``None`` where it cannot be read.
        reason: why it cannot be read; empty otherwise.
        done: how much of all files lies behind it, 0..1.
    """

    file: Path
    frame: int | None = None
    time: float | None = None
    picture: Image.Image | None = None
    reason: str = ""
    done: float = 0.0


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Lists the files that paths stand for.

    Args:
        paths: files of any name; and folders, of which pictures and videos are taken
            by their names, those of folders in them too, hidden ones not.

    Returns:
        Files in the order of the paths, those of a folder by name.

    Raises:
        DataError: a path does not exist, or a folder has nothing to read.
        InputError: there are videos, and nothing to read them with.
    """
    files = [file for path in paths for file in _files(path)]
    if any(is_video(file) for file in files):
        check_video()
    return files


def is_video(file: Path) -> bool:
    """Tells a video by its name."""
    return file.suffix.lower() in SUFFIXES


def shots(files: Sequence[Path], *, mode: str, every: int = 1) -> Iterator[Shot]:
    """Reads pictures and videos, one frame at a time.

    Args:
        files: what ``find_files`` found.
        mode: ``"L"`` for grey, ``"RGB"`` for colours, as in training.
        every: of a video each so many-th frame only, at least 1.

    Yields:
        In the order of the files, each at least once: what cannot be read has its
        reason.
    """
    for index, file in enumerate(files):
        found = _video(file, every) if is_video(file) else _picture(file, mode)
        for shot in found:
            yield replace(shot, done=(index + shot.done) / len(files))


def _picture(file: Path, mode: str) -> Iterator[Shot]:
    """Reads a picture as training does."""
    try:
        with bombs_refused():
            whole = picture(file, mode)
        yield Shot(file=file, picture=whole, done=1.0)
    except UnreadableError as error:
        yield Shot(file=file, reason=str(error), done=1.0)


def _video(file: Path, every: int) -> Iterator[Shot]:
    try:
        for frame in frames(file, every=every):
            yield Shot(
                file=file,
                frame=frame.number,
                time=frame.time,
                picture=frame.picture,
                done=frame.done,
            )
    except UnreadableError as error:
        yield Shot(file=file, reason=str(error), done=1.0)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return _inside(path)
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    return [path]


def _inside(folder: Path) -> list[Path]:
    known = SUFFIXES | PICTURES
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(place, name)
            for name in sorted(names)
            if Path(name).suffix.lower() in known and not name.startswith(".")
        ]
    if not found:
        raise DataError(
            f"{folder}: there is no picture or video in it or in its folders; name "
            "one, or the folder that holds them"
        )
    return found
