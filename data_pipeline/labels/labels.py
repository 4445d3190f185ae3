"""Emotions and action units: their names, their order and each data set's codes."""

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


def high_level_of(emotion: Emotion) -> str | None:
    """Returns the name of an emotion's high-level class, if it has one."""
    group = HIGH_LEVEL_OF.get(emotion)
    return None if group is None else str(group)


DIMENSIONS: tuple[str, ...] = ("valence", "arousal")
"""Pleasantness and excitement of a face; each in [-1, 1]."""

FER2013_EMOTIONS: tuple[Emotion, ...] = (
    Emotion.ANGER,
    Emotion.DISGUST,
    Emotion.FEAR,
    Emotion.HAPPINESS,
    Emotion.SADNESS,
    Emotion.SURPRISE,
    Emotion.NEUTRAL,
)
"""The emotions of ``fer2013.csv`` in the order of their codes, from 0."""

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
"""All vote columns of FER+; NF means no face."""

FERPLUS_PARTITIONS: dict[str, str] = {
    "Training": "train",
    "PublicTest": "validation",
    "PrivateTest": "test",
}
"""The values of FER2013's column Usage -> the name used here."""

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
"""The emotions of AffectNet in the order of their codes, from 0."""

AFFECTNET_NO_EMOTION: tuple[int, ...] = (8, 9, 10)
"""Codes of expressions without an emotion: None, Uncertain, No-Face."""

AFFECTNET_NO_RATING: tuple[int, ...] = (9, 10)
"""Codes of expressions that cannot be rated: Uncertain, No-Face."""

AFFECTNET_UNRATED = -2.0
"""AffectNet's valence and arousal of a face that could not be rated."""

EMOTION_LEVELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "high_level": ("high_level_emotion", tuple(map(str, HighLevelEmotion))),
    "basic": ("emotion", tuple(map(str, BASIC_EMOTIONS))),
    "basic_neutral": ("emotion", tuple(map(str, Emotion))),
    "fer2013": (
        "emotion",
        tuple(str(emotion) for emotion in Emotion if emotion in FER2013_EMOTIONS),
    ),
    "affectnet": ("emotion", tuple(map(str, Emotion))),
    "affectnet7": (
        "emotion",
        tuple(str(emotion) for emotion in Emotion if emotion is not Emotion.CONTEMPT),
    ),
}
"""``[data] emotions`` -> the table's column and its classes, in order."""

VOTED = "ferplus"
"""The level of eight emotions whose labels come from votes, by a rule."""

OWN_WORDS = "own"
"""The level of a table's own words, in the table's order."""


def emotion_classes(level: str, words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Returns the column and the classes of a level; ``words`` are the table's own.

    Votes are counted by their most frequent category.

    Example:
        >>> emotion_classes("own", ("calm", "tense"))
        ('emotion', ('calm', 'tense'))
        >>> emotion_classes("high_level", ())[0]
        'high_level_emotion'
    """
    if level == OWN_WORDS:
        return "emotion", words
    return EMOTION_LEVELS.get(level, EMOTION_LEVELS["basic_neutral"])


COURSEWORK_ACTION_UNITS: tuple[int, ...] = (
    17, 1, 2, 25, 27, 4, 7, 23, 24, 6, 12, 15, 14, 11, 26,
)  # fmt: skip
"""AU columns of the coursework table, in its own, non-numeric order."""

CKPLUS_ACTION_UNITS: tuple[int, ...] = (
    1, 2, 4, 5, 6, 7, 9, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 27,
)  # fmt: skip
"""Action units with at least 33 positives among CK+'s 593 coded sequences."""


FACS_NAMES: dict[str, str] = {
    "AU1": "inner brow raiser",
    "AU2": "outer brow raiser",
    "AU4": "brow lowerer",
    "AU5": "upper lid raiser",
    "AU6": "cheek raiser",
    "AU7": "lid tightener",
    "AU9": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU11": "nasolabial deepener",
    "AU12": "lip corner puller",
    "AU13": "sharp lip puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU16": "lower lip depressor",
    "AU17": "chin raiser",
    "AU18": "lip puckerer",
    "AU20": "lip stretcher",
    "AU22": "lip funneler",
    "AU23": "lip tightener",
    "AU24": "lip pressor",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU27": "mouth stretch",
    "AU28": "lip suck",
    "AU38": "nostril dilator",
    "AU39": "nostril compressor",
    "AU43": "eyes closed",
    "AU45": "blink",
}
"""Descriptions of action units.

Source: Ekman, Friesen, Hager 2002, Facial Action Coding System.
"""


def action_unit_name(number: int) -> str:
    """Names the action unit of a FACS number.

    Example:
        >>> action_unit_name(12)
        'AU12'
    """
    return f"AU{number}"


def action_unit_title(unit: str) -> str:
    """Returns an action unit's name with its description, where it has one.

    Example:
        >>> action_unit_title("AU12"), action_unit_title("AU99")
        ('AU12 lip corner puller', 'AU99')
    """
    return f"{unit} {FACS_NAMES[unit]}" if unit in FACS_NAMES else unit
