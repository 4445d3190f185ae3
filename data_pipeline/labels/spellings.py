"""Accepted spellings of emotions, action units and image file names."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePath

from data_pipeline.labels.labels import Emotion

EMOTION_SPELLINGS: dict[str, Emotion] = {
    **{str(emotion): emotion for emotion in Emotion},
    "neutrality": Emotion.NEUTRAL,
    "angry": Emotion.ANGER,
    "contemptuous": Emotion.CONTEMPT,
    "disgusted": Emotion.DISGUST,
    "fearful": Emotion.FEAR,
    "afraid": Emotion.FEAR,
    "scared": Emotion.FEAR,
    "happy": Emotion.HAPPINESS,
    "joy": Emotion.HAPPINESS,
    "joyful": Emotion.HAPPINESS,
    "sad": Emotion.SADNESS,
    "surprised": Emotion.SURPRISE,
}
"""Lower-case spelling -> emotion, the same for all readers."""

IMAGE_SUFFIXES: tuple[str, ...] = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".tif", ".tiff"),
    *(".gif", ".pgm", ".ppm", ".pbm", ".pnm"),
)
"""Lower-case suffixes of images; of two images of one name the earlier is read."""

_SYSTEM_FILES = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
"""Lower-case names of files that operating systems leave in folders."""

_ACTION_UNIT = re.compile(r"au[ _-]?0{0,2}([1-9][0-9]?)(?:[ _-]?c)?")
_INTENSITY = re.compile(r"au[ _-]?0{0,2}[1-9][0-9]?[ _-]?r")


def emotion_of(name: str) -> Emotion | None:
    """Returns the emotion of a usual spelling, in any case, or ``None``.

    Example:
        >>> emotion_of("Angry"), emotion_of("suprise")
        (<Emotion.ANGER: 'anger'>, None)
    """
    return EMOTION_SPELLINGS.get(name.strip().casefold())


def describe_respellings(names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Describes each pair of (spelling, meaning) that differ, once.

    Example:
        >>> describe_respellings(
        ...     [("fear", "fear"), ("angry", "anger"), ("angry", "anger")]
        ... )
        ('angry is read as anger',)
    """
    lines = (f"{found} is read as {meant}" for found, meant in names if found != meant)
    return tuple(dict.fromkeys(lines))


def unknown_emotion(name: str) -> str:
    """Describes a name that is no emotion's, and suggests the nearest.

    Example:
        >>> unknown_emotion("suprise")
        'not the name of an emotion; did you mean surprise?'
    """
    near = get_close_matches(
        name.strip().casefold(), EMOTION_SPELLINGS, n=1, cutoff=0.7
    )
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"not the name of an emotion{meant}"


def action_unit_of(column: str) -> int | None:
    """Returns the FACS number of a column of an action unit's presence, or ``None``.

    Accepts ``AU17``, ``au 17``, ``AU017`` and, as in OpenFace, ``AU17_c``.

    Example:
        >>> [action_unit_of(name) for name in ("au 04", "AU04_c", "AU04_r", "AU")]
        [4, 4, None, None]
    """
    match = _ACTION_UNIT.fullmatch(column.strip().casefold())
    return None if match is None else int(match[1])


def is_intensity(column: str) -> bool:
    """Returns whether a column has the name of an intensity, as in OpenFace.

    Example:
        >>> is_intensity(" AU04_r")
        True
    """
    return _INTENSITY.fullmatch(column.strip().casefold()) is not None


def is_image(name: str) -> bool:
    """Returns whether a file name is that of a readable image.

    Example:
        >>> is_image("im0.JPG"), is_image("im0.heic"), is_image("._im0.png")
        (True, False, False)
    """
    return not is_hidden(name) and PurePath(name).suffix.lower() in IMAGE_SUFFIXES


PEOPLE = "demographics.csv"
"""A table of the subjects beside their images; it has no labels."""


def is_hidden(name: str) -> bool:
    """Returns whether a file or folder is hidden, or left by an operating system.

    So is the table of the subjects, which no reader of labels needs.

    Example:
        >>> is_hidden(".DS_Store"), is_hidden("Thumbs.db"), is_hidden("fear")
        (True, True, False)
    """
    return name.startswith(".") or name.casefold() in (*_SYSTEM_FILES, PEOPLE)
