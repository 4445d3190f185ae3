"""The one door to PyAV: the frames of a video file, one at a time."""

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
    bombs_refused,
    eight_bits,
    opened,
)
from data_pipeline.system.errors import InputError

SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4"}
    | {".mpeg", ".mpg", ".mts", ".ogv", ".vob", ".webm", ".wmv", ".y4m"}
)
"""How the names of video files end, in small letters."""

FORMATS = (
    *("asf", "avi", "flv", "m4v", "matroska", "mjpeg", "mov", "mpeg", "mpegts"),
    *("mpegvideo", "ogg", "webm", "yuv4mpegpipe"),
)
"""FFmpeg's formats that are read, whatever a file is called: no playlist, which would
make FFmpeg open what it names, in the network too."""

WHOLE = 0.9
"""A film of which less than this share can be read was cut off."""

_TELL_LENGTH = frozenset({"flv", "matroska,webm"})
"""Formats that count no frames, and whose beginning says how long they are; of others
FFmpeg tells the length of what is there."""

_BROKEN = (OSError, ValueError, RuntimeError, EOFError, MemoryError)
"""What damaged files raise beside the errors of FFmpeg."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One frame.

    Attributes:
        number: its place in the video, from 0.
        time: seconds from the beginning; ``None`` where the file does not tell.
        picture: RGB, upright.
        done: how much of the file lies behind it, 0..1; 0 where that is not known.
    """

    number: int
    time: float | None
    picture: Image.Image
    done: float


def check_video(otherwise: str = "name pictures only") -> None:
    """Makes sure that videos can be read.

    Args:
        otherwise: what can be done without; told where they cannot.

    Raises:
        InputError: the package is missing.
    """
    if importlib.util.find_spec("av") is None:
        raise InputError(
            "videos are read with PyAV, which is not installed; pip install -e "
            f"'.[video]', or {otherwise}"
        )


def frames(path: Path, *, every: int = 1) -> Generator[Frame]:
    """Decodes a video; one frame is held at a time.

    Args:
        path: a video file in one of ``FORMATS``.
        every: takes each so many-th frame only, at least 1.

    Yields:
        Frames in the order in which they are shown.

    Raises:
        UnreadableError: the file is missing, damaged, or has no picture; frames
            before the damage were given.
    """
    av = importlib.import_module("av")
    number, done = -1, 0.0
    try:
        with closing(_opened(av, path)) as file:
            stream, reach = _stream(file), _Reach(file)
            for number, frame in enumerate(reach.decoded(stream)):
                done = _done(frame, stream, file)
                if number % every == 0:
                    yield Frame(
                        number=number,
                        time=frame.time,
                        picture=_upright(frame),
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
    """Opens the file itself: its name is no URL, and it names no other file to read."""
    check_regular(path)
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}
    return av.open(f"file:{path.absolute()}", container_options=options)


def _stream(file: Any) -> Any:
    if not file.streams.video:
        raise ValueError("it holds no pictures")
    stream = file.streams.video[0]
    stream.thread_type = "AUTO"
    return stream


def _check_end(read: int, done: float, *, announced: int) -> None:
    """Refuses a file that was not copied to its end; FFmpeg does not tell.

    Both have to be short: a film that was trimmed announces frames it does not show,
    and its sound may be longer than its pictures.
    """
    if read < WHOLE * announced and done < WHOLE:
        raise ValueError(f"the file announces {announced} of them")


class _Reach:
    """How far a file reaches, by its packets of any kind.

    Sound may go on after the last picture: a file that was cut off has neither.
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
        """Refuses a file that ends before the length that it announces."""
        length = (self._file.duration or 0) / 1_000_000
        begin = (self._file.start_time or 0) / 1_000_000
        tells = self._file.format.name in _TELL_LENGTH
        if tells and self._end - begin < WHOLE * length:
            raise ValueError(
                f"the file announces {length:.1f} s and ends after "
                f"{self._end - begin:.1f} s"
            )


def _upright(frame: Any) -> Image.Image:
    """Turns what a telephone held sideways has filmed."""
    picture: Image.Image = frame.to_image()
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture


def _done(frame: Any, stream: Any, file: Any) -> float:
    if frame.time is None or not file.duration:
        return 0.0
    begin = float((stream.start_time or 0) * stream.time_base)
    share = (frame.time - begin) / (file.duration / 1_000_000)
    return float(min(max(share, 0.0), 1.0))


MOVING = frozenset({"GIF", "PNG", "WEBP"})
"""Pillow's formats whose pictures follow one another in time.

The pages of a TIFF, and the second picture of some telephones' JPEG, do not.
"""


def is_moving(path: Path) -> bool:
    """Tells whether a picture has several frames; no pixel is read.

    Args:
        path: a file of any kind.

    Returns:
        False also for what cannot be read.
    """
    try:
        with bombs_refused(), opened(path) as image:
            return image.format in MOVING and getattr(image, "n_frames", 1) > 1
    except UnreadableError:
        return False


def moving_frames(path: Path, mode: str, *, every: int = 1) -> Generator[Frame]:
    """Decodes a picture that moves; one frame is held at a time.

    Args:
        path: of which ``is_moving`` is true.
        mode: ``"L"`` for grey, ``"RGB"`` for colours, as in training.
        every: takes each so many-th frame only, at least 1.

    Yields:
        Frames in their order; the first is what training sees of the file.

    Raises:
        UnreadableError: the file is damaged; frames before the damage were given.
    """
    passed = 0.0
    with bombs_refused(), opened(path) as image:
        count = int(getattr(image, "n_frames", 1))
        for number in range(count):
            image.seek(number)
            image.load()  # before it WebP does not know how long the frame is shown
            if number % every == 0:
                whole = eight_bits(image, mode)
                done = (number + 1) / count
                yield Frame(number=number, time=passed, picture=whole, done=done)
            passed += float(image.info.get("duration") or 0) / 1000
