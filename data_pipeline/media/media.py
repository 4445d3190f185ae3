"""Image and video files: found by path, read one frame at a time."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from data_pipeline.images.decode import UnreadableError, read_image, refuse_bombs
from data_pipeline.media.video import (
    SUFFIXES,
    VideoFrame,
    animation_frames,
    check_video,
    is_animated,
    video_frames,
)
from data_pipeline.system.errors import DataError

_UNSUPPORTED = frozenset({".avif", ".heic", ".heif", ".hif", ".jp2", ".jxl"})
PICTURES = _UNSUPPORTED | frozenset(
    {".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm"}
    | {".tif", ".tiff", ".webp"}
)
"""Suffixes of images that a folder is searched for; a file named itself may have any.

Unsupported formats are included, so that such a file is reported and not skipped.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MediaFrame:
    """A still image, or one frame of a video or animation, or why it is unreadable.

    Attributes:
        file: its file.
        number: frame number in the file, from 0; ``None`` for a still image.
        time: seconds from the start of the video, if known.
        image: 8 bits; ``None`` if unreadable.
        reason: why it is unreadable; empty otherwise.
        done: share of all files read so far, 0..1.
        scale: size of the image as a share of the file's.
    """

    file: Path
    number: int | None = None
    time: float | None = None
    image: Image.Image | None = None
    reason: str = ""
    done: float = 0.0
    scale: float = 1.0

    def reduced(self, longest: int) -> "MediaFrame":
        """Shrinks the image to a longest edge in pixels; 0 drops it."""
        if self.image is None or not longest:
            return replace(self, image=None)
        small = self.image.copy()
        small.thumbnail((longest, longest))
        return replace(self, image=small, scale=small.width / self.image.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFiles:
    """The files that paths stand for.

    Attributes:
        files: images and videos in the order of the paths, within a folder by name.
        others: number of files of other kinds in the folders.
        links: number of symlinked folders, which are not entered.
    """

    files: tuple[Path, ...]
    others: int = 0
    links: int = 0


def find_files(paths: Sequence[Path]) -> FoundFiles:
    """Lists the images and videos that paths stand for.

    Args:
        paths: files with any name; and folders, searched recursively by suffix, hidden
            names excluded.

    Returns:
        The files, and counts of what was skipped.

    Raises:
        DataError: a path does not exist, or a folder has no images or videos.
        InputError: there are videos, and PyAV is not installed.
    """
    parts = [_files(path) for path in paths]
    files = tuple(file for part in parts for file in part.files)
    if any(is_video(file) for file in files):
        check_video()
    return FoundFiles(
        files=files,
        others=sum(part.others for part in parts),
        links=sum(part.links for part in parts),
    )


def is_video(file: Path) -> bool:
    """Recognizes a video by its suffix."""
    return file.suffix.lower() in SUFFIXES


def read_media(
    files: Sequence[Path], *, mode: str, every: int = 1
) -> Iterator[MediaFrame]:
    """Reads images and videos, one frame at a time.

    Args:
        files: as from ``find_files``.
        mode: ``"L"`` for grey, ``"RGB"`` for colour, as in training.
        every: read every n-th frame of a video, at least 1.

    Yields:
        Frames in the order of the files; at least one for each file, with a ``reason``
        if it is unreadable.
    """
    for index, file in enumerate(files):
        for frame in _read(file, mode, every):
            yield replace(frame, done=(index + frame.done) / len(files))


def _read(file: Path, mode: str, every: int) -> Iterator[MediaFrame]:
    if is_video(file):
        return _moving(file, video_frames(file, every=every))
    if is_animated(file):
        return _moving(file, animation_frames(file, mode, every=every))
    return _still(file, mode)


def _still(file: Path, mode: str) -> Iterator[MediaFrame]:
    """Reads an image as training does."""
    try:
        with refuse_bombs():
            image = read_image(file, mode)
        yield MediaFrame(file=file, image=image, done=1.0)
    except UnreadableError as error:
        yield MediaFrame(file=file, reason=_unsupported(file) or str(error), done=1.0)


def _unsupported(file: Path) -> str:
    """Explains that a format is not supported; empty for other files."""
    kind = file.suffix.lower()
    if not file.is_file() or kind not in _UNSUPPORTED:
        return ""
    return (
        f"image {file} cannot be decoded: {kind} files are not supported; convert it "
        "to PNG or JPEG"
    )


def _moving(file: Path, frames: Iterator[VideoFrame]) -> Iterator[MediaFrame]:
    try:
        for frame in frames:
            yield MediaFrame(
                file=file,
                number=frame.number,
                time=frame.time,
                image=frame.image,
                done=frame.done,
            )
    except UnreadableError as error:
        yield MediaFrame(file=file, reason=str(error), done=1.0)


def _files(path: Path) -> FoundFiles:
    if path.is_dir():
        return _files_below(path)
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    return FoundFiles(files=(path,))


def _files_below(folder: Path) -> FoundFiles:
    files: list[Path] = []
    others = links = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = _visible(folders)
        links += sum(Path(parent, name).is_symlink() for name in folders)
        media = [Path(parent, name) for name in _visible(names) if _is_media(name)]
        files += media
        others += len(_visible(names)) - len(media)
    if not files:
        raise DataError(
            f"{folder}: no image or video in this folder or below it; name a file, or "
            "a folder that holds some"
        )
    return FoundFiles(files=tuple(files), others=others, links=links)


def _visible(names: Sequence[str]) -> list[str]:
    return sorted(name for name in names if not name.startswith("."))


def _is_media(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES | PICTURES
