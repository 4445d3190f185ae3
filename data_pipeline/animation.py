"""Pictures that move, as GIF and WebP may: they are read like films."""

from collections.abc import Generator
from pathlib import Path

from data_pipeline.decode import UnreadableError, bombs_refused, eight_bits, opened
from data_pipeline.video import Frame

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
