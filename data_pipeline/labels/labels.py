"""Emotions and action units: one spelling, one order, and each data set's codes."""

from enum import StrEnum


class Emotion(StrEnum):
    """The eight categories that CK+, FER+ and AffectNet share."""

    NEUTRAL = "neutral"
    ANGER = "anger"
    CONTEMPT = "contempt"
    DISGUST = "disgust"
    FEAR = "fear"
    HAPPINESS = "happiness"
    SADNESS = "sadness"
    SURPRISE = "surprise"


class HighLevelEmotion(StrEnum):
    """The three classes of the CK+ coursework table."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    SURPRISE = "surprise"


BASIC_EMOTIONS: tuple[Emotion, ...] = (
    Emotion.ANGER,
    Emotion.CONTEMPT,
    Emotion.DISGUST,
    Emotion.FEAR,
    Emotion.HAPPINESS,
    Emotion.SADNESS,
    Emotion.SURPRISE,
)
"""The seven emotions that CK+ labels; neutral never occurs in its files."""

CKPLUS_EMOTION_CODES: dict[int, Emotion] = {
    0: Emotion.NEUTRAL,
    1: Emotion.ANGER,
    2: Emotion.CONTEMPT,
    3: Emotion.DISGUST,
    4: Emotion.FEAR,
    5: Emotion.HAPPINESS,
    6: Emotion.SADNESS,
    7: Emotion.SURPRISE,
}
"""Codes in ``*_emotion.txt``. Source: the read-me of the CK+ distribution."""

HIGH_LEVEL_OF: dict[Emotion, HighLevelEmotion] = {
    Emotion.ANGER: HighLevelEmotion.NEGATIVE,
    Emotion.CONTEMPT: HighLevelEmotion.NEGATIVE,
    Emotion.DISGUST: HighLevelEmotion.NEGATIVE,
    Emotion.FEAR: HighLevelEmotion.NEGATIVE,
    Emotion.SADNESS: HighLevelEmotion.NEGATIVE,
    Emotion.HAPPINESS: HighLevelEmotion.POSITIVE,
    Emotion.SURPRISE: HighLevelEmotion.SURPRISE,
}
"""The coursework table's grouping; neutral has no high-level class."""

DIMENSIONS: tuple[str, ...] = ("valence", "arousal")
"""How pleasant and how excited a face looks; each in [-1, 1]."""

FER2013_EMOTIONS: tuple[Emotion, ...] = (
    Emotion.ANGER,
    Emotion.DISGUST,
    Emotion.FEAR,
    Emotion.HAPPINESS,
    Emotion.SADNESS,
    Emotion.SURPRISE,
    Emotion.NEUTRAL,
)
"""The emotions of ``fer2013.csv``: a row's code is the place here, from 0."""

FERPLUS_EMOTIONS: tuple[Emotion, ...] = (
    Emotion.NEUTRAL,
    Emotion.HAPPINESS,
    Emotion.SURPRISE,
    Emotion.SADNESS,
    Emotion.ANGER,
    Emotion.DISGUST,
    Emotion.FEAR,
    Emotion.CONTEMPT,
)
"""The emotions that FER+ taggers vote for, in the order of its files' columns."""

FERPLUS_VOTES: tuple[str, ...] = (*map(str, FERPLUS_EMOTIONS), "unknown", "NF")
"""All vote columns of FER+; NF says that there is no face."""

FERPLUS_PARTITIONS: dict[str, str] = {
    "Training": "train",
    "PublicTest": "validation",
    "PrivateTest": "test",
}
"""What FER2013 calls its parts in the column Usage -> the name used here."""

FERPLUS_FOLDERS: dict[str, str] = {
    "train": "FER2013Train",
    "validation": "FER2013Valid",
    "test": "FER2013Test",
}
"""Partition -> its folder in Microsoft's tree."""

AFFECTNET_EMOTIONS: tuple[Emotion, ...] = (
    Emotion.NEUTRAL,
    Emotion.HAPPINESS,
    Emotion.SADNESS,
    Emotion.SURPRISE,
    Emotion.FEAR,
    Emotion.DISGUST,
    Emotion.ANGER,
    Emotion.CONTEMPT,
)
"""The emotions of AffectNet: an expression's code is the place here, from 0."""

AFFECTNET_UNNAMED: tuple[int, ...] = (8, 9, 10)
"""Expressions that are no emotion: None, Uncertain, No-Face."""

AFFECTNET_UNSEEN: tuple[int, ...] = (9, 10)
"""Expressions that say that there is nothing to rate: Uncertain, No-Face."""

AFFECTNET_UNRATED = -2.0
"""What AffectNet writes for a valence or arousal that nobody could rate."""

COURSEWORK_ACTION_UNITS: tuple[int, ...] = (
    17, 1, 2, 25, 27, 4, 7, 23, 24, 6, 12, 15, 14, 11, 26,
)  # fmt: skip
"""AU columns of the coursework table, in its own order, which is not numeric."""

CKPLUS_ACTION_UNITS: tuple[int, ...] = (
    1, 2, 4, 5, 6, 7, 9, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 27,
)  # fmt: skip
"""Action units with at least 33 positives among CK+'s 593 coded sequences."""


def action_unit_name(number: int) -> str:
    """Spells an action unit the one way this project does.

    Args:
        number: the FACS number, 1 to 99.

    Returns:
        ``AU`` and the number without leading zeros.

    Example:
        >>> action_unit_name(12)
        'AU12'
    """
    return f"AU{number}"
