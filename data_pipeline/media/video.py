"""Frames of a video (the only use of PyAV) or an animation, one at a time."""

import importlib
import importlib.util
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from data_pipeline.files.safe_open import check_regular
from data_pipeline.images.decode import (
    UnreadableError,
    opened_image,
    refuse_bombs,
    to_eight_bits,
)
from data_pipeline.system.errors import InputError

SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4"}
    | {".mpeg", ".mpg", ".mts", ".ogv", ".vob", ".webm", ".wmv", ".y4m"}
)
"""Suffixes of video files, in lower case."""

FORMATS = (
    *("asf", "avi", "flv", "m4v", "matroska", "mjpeg", "mov", "mpeg", "mpegts"),
    *("mpegvideo", "ogg", "webm", "yuv4mpegpipe"),
)
"""FFmpeg's formats that may be read, whatever the file's name. Playlists are excluded:
they would make FFmpeg open other files, even over the network."""

WHOLE = 0.9
"""A video is truncated if less than this share of it can be read."""

_HEADER_DURATION = frozenset({"flv", "matroska,webm"})
"""Formats without a frame count whose header states the duration. For others FFmpeg
returns the duration of what is there."""

_BROKEN = (OSError, ValueError, RuntimeError, EOFError, MemoryError)
"""Raised for damaged files, besides FFmpeg's own errors."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoFrame:
    """One frame.

    Attributes:
        number: frame number, from 0.
        time: seconds from the start; ``None`` if the file does not state it.
        image: upright; RGB, or the mode of an animation's reader.
        done: share of the file read so far, 0..1; 0 if unknown.
    """

    number: int
    time: float | None
    image: Image.Image
    done: float


def check_video(alternative: str = "name images only") -> None:
    """Raises InputError if PyAV is missing; the message offers the alternative."""
    if importlib.util.find_spec("av") is None:
        raise InputError(
            "videos are read with PyAV, which is not installed; pip install -e "
            f"'.[video]', or {alternative}"
        )


def video_frames(path: Path, *, every: int = 1) -> Generator[VideoFrame]:
    """Decodes a video, holding one frame at a time.

    Args:
        path: a video file in one of ``FORMATS``.
        every: yield every n-th frame, at least 1.

    Yields:
        Frames in display order.

    Raises:
        UnreadableError: the file is missing, damaged or has no frames; frames before
            the damage have been yielded.
    """
    av = importlib.import_module("av")
    number, done = -1, 0.0
    try:
        with closing(_opened(av, path)) as file:
            stream, reach = _stream(file), _Reach(file)
            for number, frame in enumerate(reach.decoded(stream)):
                done = _done(frame, stream, file)
                if number % every == 0:
                    yield VideoFrame(
                        number=number,
                        time=frame.time,
                        image=_upright(frame),
                        done=done,
                    )
            _check_end(number + 1, done, announced=stream.frames)
            reach.check()
    except (av.FFmpegError, *_BROKEN) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreadableError(
            f"video {path} cannot be decoded after {number + 1} frames: {reason}"
        ) from error
    if number < 0:
        raise UnreadableError(f"video {path} has no frames")


def _opened(av: Any, path: Path) -> Any:
    """Opens a local file, never a URL or a file that it refers to."""
    check_regular(path)
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}
    return av.open(f"file:{path.absolute()}", container_options=options)


def _stream(file: Any) -> Any:
    if not file.streams.video:
        raise ValueError("it has no video stream")
    stream = file.streams.video[0]
    stream.thread_type = "AUTO"
    return stream


def _check_end(read: int, done: float, *, announced: int) -> None:
    """Raises ValueError for a truncated file, which FFmpeg does not report.

    Both counts must be short: a trimmed video announces frames that it does not show,
    and its sound may be longer than its video stream.
    """
    if read < WHOLE * announced and done < WHOLE:
        raise ValueError(f"the file announces {announced} of them")


class _Reach:
    """Tracks the end time over all packets of a file.

    Sound may go on after the last frame; a truncated file has neither.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._end = 0.0

    def decoded(self, stream: Any) -> Iterator[Any]:
        """Decodes one stream of the file."""
        for packet in self._file.demux():
            if packet.pts is not None:
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                self._end = max(self._end, float(end))
            if packet.stream.index == stream.index:
                yield from packet.decode()

    def check(self) -> None:
        """Raises ValueError for a file shorter than the duration in its header."""
        length = (self._file.duration or 0) / 1_000_000
        begin = (self._file.start_time or 0) / 1_000_000
        has_duration = self._file.format.name in _HEADER_DURATION
        if has_duration and self._end - begin < WHOLE * length:
            raise ValueError(
                f"the file announces {length:.1f} s and ends after "
                f"{self._end - begin:.1f} s"
            )


def _upright(frame: Any) -> Image.Image:
    """Applies the rotation that a phone records."""
    image: Image.Image = frame.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _done(frame: Any, stream: Any, file: Any) -> float:
    if frame.time is None or not file.duration:
        return 0.0
    begin = float((stream.start_time or 0) * stream.time_base)
    share = (frame.time - begin) / (file.duration / 1_000_000)
    return float(min(max(share, 0.0), 1.0))


ANIMATED = frozenset({"GIF", "PNG", "WEBP"})
"""Pillow's formats with frames in time, unlike the pages of a TIFF or the second image
in the JPEG of some phones."""


def is_animated(path: Path) -> bool:
    """Checks for several frames without decoding; False for unreadable files."""
    try:
        with refuse_bombs(), opened_image(path) as image:
            return image.format in ANIMATED and getattr(image, "n_frames", 1) > 1
    except UnreadableError:
        return False


def animation_frames(path: Path, mode: str, *, every: int = 1) -> Generator[VideoFrame]:
    """Decodes an animation in ``mode``, holding one frame at a time.

    The first frame is the image that training reads from the file. Frames before any
    damage are yielded before UnreadableError is raised.
    """
    time = 0.0
    with refuse_bombs(), opened_image(path) as image:
        count = int(getattr(image, "n_frames", 1))
        for number in range(count):
            image.seek(number)
            image.load()  # WebP has no duration before
            if number % every == 0:
                decoded = to_eight_bits(image, mode)
                done = (number + 1) / count
                yield VideoFrame(number=number, time=time, image=decoded, done=done)
            time += float(image.info.get("duration") or 0) / 1000
