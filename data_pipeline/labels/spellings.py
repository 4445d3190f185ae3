"""How people spell emotions, action units and the names of picture files."""

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
"""Usual spelling, in small letters -> emotion: one table for all readers."""

IMAGE_SUFFIXES: tuple[str, ...] = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".tif", ".tiff"),
    *(".gif", ".pgm", ".ppm", ".pbm", ".pnm"),
)
"""How the names of pictures end that are read, in small letters; of two pictures of one
name the earlier ending is taken."""

LITTER = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
"""What systems leave in folders, beside hidden files; in small letters."""

_ACTION_UNIT = re.compile(r"au[ _-]?0{0,2}([1-9][0-9]?)(?:[ _-]?c)?")
_INTENSITY = re.compile(r"au[ _-]?0{0,2}[1-9][0-9]?[ _-]?r")


def emotion_of(name: str) -> Emotion | None:
    """Finds the emotion that a folder or a cell names.

    Args:
        name: in any case.

    Returns:
        The emotion; ``None`` where none is usually spelled so.

    Example:
        >>> emotion_of("Angry"), emotion_of("suprise")
        (<Emotion.ANGER: 'anger'>, None)
    """
    return EMOTION_SPELLINGS.get(name.strip().casefold())


def describe_respellings(names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Says what was understood although it is spelled in another way.

    Args:
        names: what was found, and what it is read as.

    Returns:
        A line for each that differs, once.

    Example:
        >>> describe_respellings(
        ...     [("fear", "fear"), ("angry", "anger"), ("angry", "anger")]
        ... )
        ('angry is read as anger',)
    """
    lines = (f"{found} is read as {meant}" for found, meant in names if found != meant)
    return tuple(dict.fromkeys(lines))


def unknown_emotion(name: str) -> str:
    """Says that a name is no emotion's, and which one may be meant.

    Example:
        >>> unknown_emotion("suprise")
        'no emotion is spelled so; did you mean surprise?'
    """
    near = get_close_matches(
        name.strip().casefold(), EMOTION_SPELLINGS, n=1, cutoff=0.7
    )
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"no emotion is spelled so{meant}"


def action_unit_of(column: str) -> int | None:
    """Finds the action unit whose presence a column holds.

    ``_c`` is how OpenFace ends such a column.

    Args:
        column: in any case: ``AU17``, ``au 17``, ``AU017``, ``AU17_c``.

    Returns:
        Its FACS number; ``None`` for every other column.

    Example:
        >>> [action_unit_of(name) for name in ("au 04", "AU04_c", "AU04_r", "AU")]
        [4, 4, None, None]
    """
    match = _ACTION_UNIT.fullmatch(column.strip().casefold())
    return None if match is None else int(match[1])


def is_intensity(column: str) -> bool:
    """Tells whether a column holds an intensity, as OpenFace names it.

    Example:
        >>> is_intensity(" AU04_r")
        True
    """
    return _INTENSITY.fullmatch(column.strip().casefold()) is not None


def is_image(name: str) -> bool:
    """Tells by its name whether a file is a picture that is read.

    Example:
        >>> is_image("im0.JPG"), is_image("im0.heic"), is_image("._im0.png")
        (True, False, False)
    """
    return not is_hidden(name) and PurePath(name).suffix.lower() in IMAGE_SUFFIXES


def is_hidden(name: str) -> bool:
    """Tells whether a system left a file or folder behind, or hides it.

    Example:
        >>> is_hidden(".DS_Store"), is_hidden("Thumbs.db"), is_hidden("fear")
        (True, True, False)
    """
    return name.startswith(".") or name.casefold() in LITTER
