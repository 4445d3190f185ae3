"""Frames of a live view: JPEG pictures from a browser, or a video at its own pace."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from data_pipeline.images.decode import UnreadableError, open_with_pillow
from data_pipeline.media.video import VideoFrame, video_frames

LARGEST = 4096
"""Pixels of a frame's longest edge: more is no camera."""
_SHOWN = 800
_LATE = 0.05


def camera_picture(jpeg: bytes) -> Image.Image:
    """Decodes what the browser sent.

    Args:
        jpeg: one picture.

    Returns:
        The picture, RGB.

    Raises:
        UnreadableError: it is no JPEG, damaged, or too large.
    """
    try:
        with open_with_pillow(io.BytesIO(jpeg), ("JPEG",)) as image:
            if max(image.size) > LARGEST:
                raise UnreadableError(f"a frame of {image.size} pixels is no camera's")
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("a frame is no JPEG picture") from error


def paced(path: Path) -> Iterator[VideoFrame]:
    """Plays a video at its own pace; frames that come too late are left out.

    Args:
        path: the video.

    Yields:
        Frames, each when it is due.

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


def shown_picture(picture: Image.Image) -> bytes:
    """Encodes a frame for the page.

    Args:
        picture: RGB.

    Returns:
        JPEG, no wider or higher than a page shows it.
    """
    small = picture.copy()
    small.thumbnail((_SHOWN, _SHOWN), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=80)
    return file.getvalue()
