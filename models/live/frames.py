"""Frames of a live view: JPEG images from a browser, or a video in real time."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from data_pipeline.images.decode import UnreadableError, open_with_pillow
from data_pipeline.media.video import VideoFrame, video_frames

LARGEST = 4096
"""Longest edge of a frame in pixels; no camera sends more."""
_SHOWN = 800
_LATE = 0.05


def camera_image(jpeg: bytes) -> Image.Image:
    """Decodes a JPEG that the browser sent to RGB.

    Raises:
        UnreadableError: it is no JPEG, damaged, or too large.
    """
    try:
        with open_with_pillow(io.BytesIO(jpeg), ("JPEG",)) as image:
            if max(image.size) > LARGEST:
                raise UnreadableError(f"a frame of {image.size} pixels is too large")
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("a frame is no JPEG image") from error


def paced(path: Path) -> Iterator[VideoFrame]:
    """Yields the frames of a video in real time; late frames are dropped.

    Raises:
        UnreadableError: the video is damaged.
    """
    begin = time.monotonic()
    for frame in video_frames(path):
        late = time.monotonic() - begin - (frame.time or 0.0)
        if frame.time is not None and late > _LATE:
            continue
        time.sleep(max(0.0, -late) if frame.time is not None else 0.0)
        yield frame


def page_image(image: Image.Image) -> bytes:
    """Encodes an RGB frame as JPEG, no larger than the page shows it."""
    small = image.copy()
    small.thumbnail((_SHOWN, _SHOWN), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=80)
    return file.getvalue()
