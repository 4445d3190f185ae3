"""Pictures and video frames to be judged, found by path and read one at a time."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from data_pipeline.images.decode import UnreadableError, bombs_refused, picture
from data_pipeline.media.video import (
    SUFFIXES,
    Frame,
    check_video,
    frames,
    is_moving,
    moving_frames,
)
from data_pipeline.system.errors import DataError

_NOT_READ = frozenset({".avif", ".heic", ".heif", ".hif", ".jp2", ".jxl"})
PICTURES = _NOT_READ | frozenset(
    {".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm"}
    | {".tif", ".tiff", ".webp"}
)
"""How the names of pictures end in a folder; a file that is named may have any name.

Some are of no format that is read: such a file is not lost without a word.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """A picture, or one frame of a video or of a picture that moves; or why not.

    Attributes:
        file: where it comes from.
        frame: number in its file, from 0; ``None`` for a picture that stands.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What paths stand for.

    Attributes:
        files: pictures and videos, in the order of the paths, those of a folder by
            name.
        others: files of other kinds that are passed over in folders.
        links: folders in them that are links, and are not entered.
    """

    files: tuple[Path, ...]
    others: int = 0
    links: int = 0


def find_files(paths: Sequence[Path]) -> Found:
    """Lists the files that paths stand for.

    Args:
        paths: files of any name; and folders, of which pictures and videos are taken
            by their names, those of folders in them too, hidden ones not.

    Returns:
        The files, and how many others there are.

    Raises:
        DataError: a path does not exist, or a folder has nothing to read.
        InputError: there are videos, and nothing to read them with.
    """
    parts = [_files(path) for path in paths]
    files = tuple(file for part in parts for file in part.files)
    if any(is_video(file) for file in files):
        check_video()
    return Found(
        files=files,
        others=sum(part.others for part in parts),
        links=sum(part.links for part in parts),
    )


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
        for shot in _read(file, mode, every):
            yield replace(shot, done=(index + shot.done) / len(files))


def _read(file: Path, mode: str, every: int) -> Iterator[Shot]:
    if is_video(file):
        return _film(file, frames(file, every=every))
    if is_moving(file):
        return _film(file, moving_frames(file, mode, every=every))
    return _picture(file, mode)


def _picture(file: Path, mode: str) -> Iterator[Shot]:
    """Reads a picture as training does."""
    try:
        with bombs_refused():
            whole = picture(file, mode)
        yield Shot(file=file, picture=whole, done=1.0)
    except UnreadableError as error:
        yield Shot(file=file, reason=_unopened(file) or str(error), done=1.0)


def _unopened(file: Path) -> str:
    """Tells of a kind of pictures that is not read."""
    kind = file.suffix.lower()
    if not file.is_file() or kind not in _NOT_READ:
        return ""
    return (
        f"image {file} cannot be decoded: {kind} files are not read; convert it to PNG "
        "or JPEG"
    )


def _film(file: Path, found: Iterator[Frame]) -> Iterator[Shot]:
    try:
        for frame in found:
            yield Shot(
                file=file,
                frame=frame.number,
                time=frame.time,
                picture=frame.picture,
                done=frame.done,
            )
    except UnreadableError as error:
        yield Shot(file=file, reason=str(error), done=1.0)


def _files(path: Path) -> Found:
    if path.is_dir():
        return _inside(path)
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    return Found(files=(path,))


def _inside(folder: Path) -> Found:
    files: list[Path] = []
    others = links = 0
    for place, folders, names in os.walk(folder):
        folders[:] = _seen(folders)
        links += sum(Path(place, name).is_symlink() for name in folders)
        known = [name for name in _seen(names) if _is_known(name)]
        files += [Path(place, name) for name in known]
        others += len(_seen(names)) - len(known)
    if not files:
        raise DataError(
            f"{folder}: there is no picture or video in it or in its folders; name "
            "one, or the folder that holds them"
        )
    return Found(files=tuple(files), others=others, links=links)


def _seen(names: Sequence[str]) -> list[str]:
    """Leaves hidden names out."""
    return sorted(name for name in names if not name.startswith("."))


def _is_known(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES | PICTURES
